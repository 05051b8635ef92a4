import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { progress, readCount, readList } from '../peers/command.ts'
import { onPath } from '../peers/launch.ts'
import { describeMachine } from '../peers/machine.ts'
import { cacheContenders } from './peers/contenders.ts'
import { goalsOf } from './peers/goals.ts'
import { type CacheMeasurement, measure } from './peers/measure.ts'
import { writePage } from './peers/page.ts'
import { plainTable, rowsOf } from './peers/rows.ts'
import { type CacheScenario, cacheScenarioOf, cacheScenarios } from './peers/scenarios.ts'

interface Options {
  readonly only?: string[]
  readonly scenarios: CacheScenario[]
  readonly rounds?: number
  readonly seconds: number
  readonly connections: number
  readonly json?: string
  readonly write?: true
  readonly quick?: true
}

const program = new Command('bench:cache')
  .description('Puts caches between one load generator and one origin, and says what a hit costs in each.')
  .option('--only <names>', `of ${cacheContenders.map(({ id }) => id).join(', ')}`, (text) => text.split(','))
  .option(
    '--scenarios <list>',
    `of ${cacheScenarios.map(({ id }) => id).join(', ')} (all)`,
    readList(cacheScenarioOf),
    cacheScenarios as CacheScenario[],
  )
  .option('--rounds <n>', 'rounds, interleaved (5)', readCount)
  .option('--seconds <n>', 'seconds of load a round', readCount, 1)
  .option('--connections <n>', 'requests in flight', readCount, 32)
  .option('--json <file>', 'write every sample there')
  .option('--write', 'write docs/cache-performance.md')
  .option('--quick', 'one round: a glance, not a measurement')
  .parse()

const options = program.opts<Options>()
for (const name of options.only ?? []) {
  if (!cacheContenders.some(({ id }) => id === name)) program.error(`no cache '${name}'; see --help`)
}
if (!onPath('wrk')) program.error('wrk makes the load and is not installed: apt-get install wrk')
const chosen = cacheContenders.filter(({ id }) => options.only?.includes(id) ?? true)
const present = chosen.filter((contender) => contender.version() !== undefined)
const missing = chosen.filter((contender) => !present.includes(contender)).map(({ label }) => label)
for (const label of missing) console.error(`${label} is not installed: left out`)

const rounds = options.rounds ?? (options.quick ? 1 : 5)
const { scenarios, seconds, connections } = options
const directory = mkdtempSync(join(tmpdir(), 'sallyport-bench-'))
const measurement = await measure({
  contenders: present,
  scenarios,
  rounds,
  seconds,
  connections,
  loadCore: 0,
  proxyCore: Math.min(1, availableParallelism() - 1),
  directory,
  progress,
}).finally(() => rmSync(directory, { recursive: true, force: true }))

print(measurement)
const run = { measurement, rounds, seconds, connections, machine: describeMachine(), missing }
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(run, null, 2))
if (options.write) writePage(run)

function print({ failures }: CacheMeasurement): void {
  for (const { id, title, status } of scenarios) {
    const rows = rowsOf(measurement, id)
    if (rows.length === 0) continue
    console.log(`\n${title}\n${plainTable(rows)}`)
    for (const row of rows) for (const error of row.errors) console.log(`  ! ${row.label}, ${error}`)
    for (const { promise, found, met } of status === 200 ? goalsOf(title, rows) : []) {
      console.log(`${met ? 'met    ' : 'not met'}  ${promise}: ${found}`)
      if (!met) process.exitCode = 1
    }
  }
  for (const { contender, scenario, why } of failures) console.log(`\n${contender} failed at ${scenario}: ${why}`)
}
