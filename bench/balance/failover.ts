import { Command, InvalidArgumentError } from 'commander'
import { crash, outage } from './failover-crash.ts'
import { idleRace } from './failover-idle.ts'
import { operator } from './failover-operator.ts'
import { writeReport } from './failover-report.ts'
import type { Outcome, Run } from './failover-scenario.ts'
import { halfFails, slows } from './failover-sick.ts'

type Scenario = (run: Run) => Promise<Outcome>

const scenarios: Readonly<Record<string, readonly Scenario[]>> = {
  a: [crash],
  b: [(run) => halfFails(run, false), (run) => halfFails(run, true)],
  c: [(run) => slows(run, { delay: 2 }), (run) => slows(run, { delay: 20 })],
  d: [operator],
  e: [(run) => outage(run, true), (run) => outage(run, false)],
  f: [() => idleRace(1000)],
}

const options = new Command('bench:failover')
  .description(
    `Three origins, a proxy and an open loop of requests, each in a process of its own; origins die, fail, slow down, are
drained. Ends with code 1 when a promise is not kept. Scenarios: a kill -9 and restart, b 503 to half, c a hundred times
slower, d drain, remove and add, e all down, f connections closed while idle.`,
  )
  .option('--seconds <n>', 'length of a scenario, 10 to 120', readNumber(10, 120), 15)
  .option('--rate <n>', 'requests a second, 50 to 5000', readNumber(50, 5000), 1000)
  .option('--only <letters>', 'these scenarios alone, such as a,c', readLetters, Object.keys(scenarios))
  .option('--write', 'write docs/balancing-failover.md')
  .parse()
  .opts<{ seconds: number; rate: number; only: readonly string[]; write?: true }>()

const outcomes: Outcome[] = []
for (const letter of options.only) {
  for (const scenario of scenarios[letter] ?? []) {
    const outcome = await scenario(options)
    outcomes.push(outcome)
    console.log(`\n${letter}. ${outcome.title}`)
    for (const { claim, found, met } of outcome.findings) {
      console.log(`  ${met ? 'PASS' : 'FAIL'}  ${claim}: ${found}`)
      if (!met) process.exitCode = 1
    }
    for (const note of outcome.notes) console.log(`        ${note}`)
  }
}
if (options.write) writeReport(options, outcomes)

function readNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`a whole number from ${least} to ${most}`)
  }
}

function readLetters(text: string): readonly string[] {
  const letters = text.split(',')
  for (const letter of letters) {
    if (!(letter in scenarios)) throw new InvalidArgumentError(`some of ${Object.keys(scenarios).join(', ')}`)
  }
  return letters
}
