import type { Verdict } from '../soak/soak.ts'

/** Prints a line for each, and leaves exit code 1 when one was not met. */
export function tell(verdicts: readonly Verdict[]): void {
  for (const { claim, measured, met } of verdicts) {
    console.log(`${met ? 'PASS' : 'FAIL'}  ${claim}: ${measured}`)
    if (!met) process.exitCode = 1
  }
}

/** No answer was missing or wrong. */
export function allRight(faults: readonly string[], requests: number): Verdict {
  const first = faults.length === 0 ? '' : `, the first: ${faults[0]}`
  return {
    claim: 'no request fails, and every answer has the bytes of the origin',
    measured: `${faults.length} of ${requests.toLocaleString('en')} did not${first}`,
    met: faults.length === 0 && requests > 0,
  }
}
