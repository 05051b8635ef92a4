import { themes } from './cases/all.ts'
import { type Case, NotApplicable } from './harness/case.ts'
import { runCase } from './harness/context.ts'
import { proxies } from './proxies/all.ts'
import { RemoteProxy } from './proxies/remote.ts'
import { writeReport } from './report.ts'

/** What became of one case with one proxy. */
export interface Outcome {
  readonly kept: boolean | undefined
  readonly reason: string
}

// node test/conformance/peers.ts [--only TEXT] [--proxy NAME]: with either, prints and writes nothing.
const only = argument('--only')
const oneProxy = argument('--proxy')
const names = Object.keys(proxies).filter((name) => oneProxy === undefined || name === oneProxy)
const results = new Map<string, Map<string, Outcome>>()

for (const name of names) {
  const remote = new RemoteProxy(name)
  const outcomes = new Map<string, Outcome>()
  for (const one of Object.values(themes).flat()) {
    if (only !== undefined && !`${one.id} ${one.source}`.includes(only)) continue
    outcomes.set(one.id, await judge(one, remote))
    progress(name, outcomes)
  }
  remote.stop()
  results.set(name, outcomes)
  process.stdout.write('\n')
  if (only !== undefined || oneProxy !== undefined) print(outcomes)
}
if (only === undefined && oneProxy === undefined) await writeReport(results)

async function judge(one: Case, remote: RemoteProxy): Promise<Outcome> {
  remote.forget()
  let outcome: Outcome = { kept: true, reason: '' }
  try {
    await runCase(one, remote)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    outcome = { kept: error instanceof NotApplicable ? undefined : false, reason }
  }
  await remote.check()
  return remote.crashed === undefined ? outcome : { kept: false, reason: `crashed (${remote.crashed})` }
}

function progress(name: string, outcomes: ReadonlyMap<string, Outcome>): void {
  const all = [...outcomes.values()]
  const failed = all.filter(({ kept }) => kept === false).length
  process.stdout.write(`\r${name}: ${all.length} cases, ${failed} failed `)
}

function print(outcomes: ReadonlyMap<string, Outcome>): void {
  for (const [id, { kept, reason }] of outcomes) {
    if (kept !== true) process.stdout.write(`  ${kept === false ? '✘' : '–'} ${id}: ${reason}\n`)
  }
}

function argument(name: string): string | undefined {
  const at = process.argv.indexOf(name)
  return at < 0 ? undefined : process.argv[at + 1]
}
