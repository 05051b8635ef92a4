import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { markdownTable, plainTable, type Table } from '../balance/tables.ts'
import { describeMachine } from '../peers/machine.ts'
import { measureStore, type StoreCost } from './measure-store.ts'
import { writePart } from './memory-page.ts'

const options = new Command('store-cost')
  .description('What the memory store costs from ten thousand entries to a million. Needs 6 GB of memory.')
  .option('--entries <list>', 'numbers of entries', '10000,100000,1000000')
  .option('--one <n>', 'measure in this process and print JSON; needs --expose-gc')
  .option('--write', 'write docs/cache-memory.md too')
  .parse()
  .opts<{ entries: string; one?: string; write?: true }>()

if (options.one !== undefined) console.log(JSON.stringify(await measureStore(Number(options.one))))
else {
  const costs = options.entries.split(',').map(inItsOwnProcess)
  console.log(plainTable(table(costs)))
  console.log(`
${flatness(costs)}`)
  if (options.write) writePart('store-cost', part(costs))
}

/** A heap that others have used before would cost more. */
function inItsOwnProcess(entries: string): StoreCost {
  const program = fileURLToPath(import.meta.url)
  const flags = ['--expose-gc', '--max-old-space-size=12000']
  return JSON.parse(execFileSync(process.execPath, [...flags, program, '--one', entries], { encoding: 'utf8' }))
}

function table(costs: readonly StoreCost[]): Table {
  const row = (name: string, read: (cost: StoreCost) => number): string[] => [
    name,
    ...costs.map((cost) => Math.round(read(cost)).toLocaleString('en')),
  ]
  return [
    ['entries', ...costs.map(({ entries }) => entries.toLocaleString('en'))],
    row('bytes an entry, content not counted', ({ overhead }) => overhead),
    row('what the store reckons with', ({ believed }) => believed),
    row('find and read, of 10,000 popular ones, ns', ({ hot }) => hot),
    row('find and read, drawn evenly, ns', ({ find }) => find),
    row('find what is not there, ns', ({ miss }) => miss),
    row('a bare Map with these URLs, ns', ({ map }) => map),
    row('store, ns', ({ insert }) => insert),
    row('store where one must leave, ns', ({ exchange }) => exchange),
    row('longest turn while a tag is purged, ms', ({ longestTurn }) => longestTurn),
  ]
}

function flatness(costs: readonly StoreCost[]): string {
  const growth = (read: (cost: StoreCost) => number): string =>
    (read(costs.at(-1) as StoreCost) / read(costs[0] as StoreCost)).toFixed(1)
  return `From the least to the most entries: finding one of 10,000 popular entries costs ${growth(({ hot }) => hot)} times as much; one drawn evenly from all ${growth(({ find }) => find)} times (a bare Map ${growth(({ map }) => map)} times); storing ${growth(
    ({ insert }) => insert,
  )} times, storing where one must leave ${growth(({ exchange }) => exchange)} times.`
}

function part(costs: readonly StoreCost[]): string {
  return `## What an entry costs

Entries of 1 KB with seven fields (${costs[0]?.text} characters of text in a head). Processor time of the thread, the collection of
garbage that it waits for included; medians. Bytes are those of the heap and of buffers after a collection.

${markdownTable(table(costs))}

${flatness(costs)}

Drawn evenly is the worst case: nothing that a look-up touches is in the processor's caches.

${describeMachine()
  .map((line) => `- ${line}`)
  .join('\n')}`
}
