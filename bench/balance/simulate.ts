import { Command, InvalidArgumentError } from 'commander'
import { goalsOf } from './goals.ts'
import { writeReport } from './report.ts'
import { runAll } from './runs.ts'
import { churnTable, overloadTable, pickTable, plainTable, slowServerTable, type Table } from './tables.ts'

const options = new Command('bench:balance')
  .description(
    'Runs the real pools and policies against simulated servers. Ends with code 1 when a promise is not kept.',
  )
  .option('--seeds <n>', 'runs of each scenario with other chances, 1 to 20', readSeeds, 3)
  .option('--write', 'write docs/balancing-simulation.md and its charts')
  .parse()
  .opts<{ seeds: number; write?: true }>()

const results = runAll(options.seeds, progress)
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
print('A server becomes slow: percent answered within a second', slowServerTable(results))
print('Ten servers, one with a neighbour: p50 / p99 / p99.9 ms by load', overloadTable(results.small))
print('A hundred servers, ten with a neighbour: p50 / p99 / p99.9 ms by load', overloadTable(results.large))
print('Upstreams come and go', churnTable(results))
print('A pick: nanoseconds of the policy / of all that the pool does', pickTable(results))

console.log('\nPromises')
for (const { promise, found, met } of goalsOf(results)) {
  console.log(`  ${met ? 'met    ' : 'NOT MET'}  ${promise}: ${found}`)
  if (!met) process.exitCode = 1
}
if (options.write) writeReport(results)

function print(title: string, table: Table): void {
  console.log(`\n${title}\n${plainTable(table)}`)
}

function progress(what: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${what}` : `${what}\n`)
}

function readSeeds(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > 20) throw new InvalidArgumentError('a whole number from 1 to 20')
  return count
}
