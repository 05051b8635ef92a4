import type { CacheRow } from './rows.ts'

export interface CacheGoal {
  readonly promise: string
  readonly found: string
  readonly met: boolean
}

const TO_UNDICI = 0.45

/** What the project promises of a plain hit, and whether this run holds to it. `title` says which. */
export function goalsOf(title: string, rows: readonly CacheRow[]): CacheGoal[] {
  const own = rows.find(({ contender }) => contender === 'sallyport')
  if (own === undefined) return []
  const right = own.errors.length === 0
  return [
    ...goal(own.toUndici, `at most ${TO_UNDICI} of the CPU of a proxy on undici's cache`, (of) => of <= TO_UNDICI),
    ...goal(own.toSquid, 'less CPU than Squid', (of) => of < 1),
  ]

  function goal(of: number | undefined, promise: string, holds: (of: number) => boolean): CacheGoal[] {
    if (of === undefined) return []
    return [{ promise: `${title}: ${promise}`, found: of.toFixed(2), met: right && holds(of) }]
  }
}
