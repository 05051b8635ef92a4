import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { progress, readCount, readList } from './command.ts'
import { contenders } from './contenders.ts'
import { onPath } from './launch.ts'
import { autocannon } from './load/autocannon.ts'
import { h2load } from './load/h2load.ts'
import { wrk } from './load/wrk.ts'
import { describeMachine } from './machine.ts'
import { type Measurement, measure } from './measure.ts'
import { writeReport } from './report.ts'
import { rowsOf } from './results.ts'
import { type Scenario, scenarioOf, scenarios } from './scenarios.ts'
import { cells, plainTable } from './table.ts'

interface Options {
  readonly only?: string[]
  readonly scenarios?: Scenario[]
  readonly rounds?: number
  readonly seconds?: number
  readonly connections: number
  readonly json?: string
  readonly write?: true
  readonly quick?: true
}

const program = new Command('bench')
  .description('Puts proxies between one load generator and one origin, and says what each costs a request.')
  .option('--only <names>', `of ${contenders.map(({ id }) => id).join(', ')}`, (text) => text.split(','))
  .option('--scenarios <list>', `of ${scenarios.map(({ id }) => id).join(', ')}`, readList(scenarioOf))
  .option('--rounds <n>', 'rounds, interleaved (5)', readCount)
  .option('--seconds <n>', 'seconds of load a round (2)', readCount)
  .option('--connections <n>', 'requests in flight', readCount, 32)
  .option('--json <file>', 'write every sample there')
  .option('--write', 'write docs/performance.md and its chart')
  .option('--quick', '1k, post16k and h2-1k, one round of one second: a glance, not a measurement')
  .parse()

const options = program.opts<Options>()
const rounds = options.rounds ?? (options.quick ? 1 : 5)
const seconds = options.seconds ?? (options.quick ? 1 : 2)
const wanted = options.scenarios ?? (options.quick ? ['1k', 'post16k', 'h2-1k'].map(scenarioOf) : scenarios)
const chosen = contenders.filter(({ id }) => options.only?.includes(id) ?? true)
for (const name of options.only ?? []) {
  if (!contenders.some(({ id }) => id === name)) program.error(`no proxy '${name}'; see --help`)
}
const missing = ['taskset', 'wrk', 'h2load'].filter((name) => !onPath(name))
const present = chosen.filter((contender) => contender.version() !== undefined)
for (const name of [...missing, ...chosen.filter((c) => !present.includes(c)).map(({ id }) => id)]) {
  console.error(`${name} is not installed: ${consequence(name)}`)
}

const directory = mkdtempSync(join(tmpdir(), 'sallyport-bench-'))
const cores = availableParallelism()
const measurement = await measure({
  contenders: present,
  scenarios: wanted.filter(({ protocol }) => protocol === 'h1' || !missing.includes('h2load')),
  rounds,
  seconds,
  warmUp: options.quick ? [1, 1] : [3, 1],
  connections: options.connections,
  loads: { h1: missing.includes('wrk') ? autocannon : wrk, h2: h2load },
  loadCore: 0,
  proxyCore: Math.min(1, cores - 1),
  directory,
  progress,
}).finally(() => rmSync(directory, { recursive: true, force: true }))

print(measurement)
const run = { measurement, rounds, seconds, connections: options.connections, machine: describeMachine(), missing }
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(run, null, 2))
if (options.write) writeReport(run)

function print({ samples, failures }: Measurement): void {
  for (const scenario of wanted) {
    const rows = rowsOf(samples.filter((sample) => sample.scenario === scenario.id))
    if (rows.length === 0) continue
    const labelled = rows.map((row) => cells(row, contenders.find(({ id }) => id === row.contender)!.label))
    console.log(`\n${scenario.title}\n${plainTable(labelled)}`)
    for (const row of rows) for (const error of row.errors) console.log(`  ! ${row.contender}, ${error}`)
  }
  for (const { contender, scenario, why } of failures) console.log(`\n${contender} failed at ${scenario}: ${why}`)
}

function consequence(name: string): string {
  if (name === 'wrk') return 'autocannon makes the load instead'
  if (name === 'taskset') return 'nothing is pinned to a core, so the numbers are rough'
  return name === 'h2load' ? 'HTTP/2 is left out' : 'left out'
}
