import { Command } from 'commander'
import { markdownTable, plainTable, type Table } from '../balance/tables.ts'
import { writePart } from './memory-page.ts'
import { contenders, footprintOf, type HitRatio, replay } from './replay.ts'
import { syntheticTraces, type Trace, traceFromFile } from './traces.ts'

/** The policy of the memory store. */
const ours = 's3-fifo'

interface Row {
  readonly trace: Trace
  readonly share: number
  /** In the order of `contenders`. */
  readonly ratios: readonly HitRatio[]
}

const options = new Command('hit-ratio')
  .description('Eviction policies beside lru-cache. Ends with code 1 when the one of the memory store is below it.')
  .option('--requests <n>', 'requests of each synthetic trace', Number, 1_000_000)
  .option('--seed <n>', 'another one makes other traces', Number, 1)
  .option('--trace <file>', 'a trace of your own instead: a line for each request, `object bytes`')
  .option('--write', 'write docs/cache-memory.md too')
  .parse()
  .opts<{ requests: number; seed: number; trace?: string; write?: true }>()

const traces =
  options.trace === undefined ? syntheticTraces(options.requests, options.seed) : [traceFromFile(options.trace)]
const rows = traces.flatMap(measure)
const below = rows.filter((row) => !holds(row))
console.log(plainTable(table(rows, 'requests')))
console.log(`\nBy bytes\n${plainTable(table(rows, 'bytes'))}`)
console.log(`\n${verdict()}`)
if (below.length > 0) process.exitCode = 1
if (options.write) writePart('hit-ratio', part())

function measure(trace: Trace): Row[] {
  const footprint = footprintOf(trace)
  return trace.shares.map((share) => ({
    trace,
    share,
    ratios: contenders.map((contender) => replay(trace, contender, footprint * share)),
  }))
}

/** Never below lru-cache, by requests and by bytes; above it where there are scans. */
function holds({ trace, ratios }: Row): boolean {
  const own = ratios[contenders.indexOf(ours)]!
  const lru = ratios[contenders.indexOf('lru-cache')]!
  if (own.requests < lru.requests || own.bytes < lru.bytes) return false
  return !trace.scans || own.requests > lru.requests
}

function table(rows: readonly Row[], unit: keyof HitRatio): Table {
  return [
    ['trace', 'cache, % of all bytes', ...contenders],
    ...rows.map(({ trace, share, ratios }) => [
      trace.name,
      (share * 100).toFixed(0),
      ...ratios.map((ratio) => ratio[unit].toFixed(2)),
    ]),
  ]
}

function verdict(): string {
  const failed = below.map(({ trace, share }) => `${trace.name} at ${(share * 100).toFixed(0)} %`)
  return failed.length === 0
    ? `${ours} is never below lru-cache, by requests and by bytes, and above it wherever there are scans.`
    : `${ours} does not hold its promise on: ${failed.join('; ')}.`
}

function part(): string {
  const varied = rows.filter(({ trace }) => trace.name.endsWith('sizes vary'))
  const about = traces
    .filter(({ name }) => !name.endsWith('sizes vary'))
    .map(({ name, about }) => `- **${name}**: ${about}`)
  return `## Hit ratio

Percent of requests that are answered from the cache: S3-FIFO, which the memory store uses, beside SIEVE, W-TinyLFU and the
package \`lru-cache\`. All are bound by bytes. ${verdict()}

${markdownTable(table(rows, 'requests'))}

Percent of bytes, where objects are not all of one size:

${markdownTable(table(varied, 'bytes'))}

Each trace has ${options.requests.toLocaleString('en')} requests, of which the first tenth is not counted:

${about.join('\n')}

Where sizes vary, they are log-normal: the median is 8 KB, the mean 25 KB. The traces are made up: they are what a cache may
meet, and no promise of what yours will. \`--trace FILE\` takes one of your own.

### Why S3-FIFO

- It is the best or near it on every trace but the loop, and the only one of the three that is nowhere below LRU. SIEVE is below it on
  small caches where popularity fades; W-TinyLFU as well, and on large ones by much, until its window has grown.
- A use is one counter in the entry. The lists change only when something is stored, so a hit writes nothing else.
- It needs no sketch that must know beforehand how many entries there will be.

Uses are counted up to two, where the paper counts to three: with three, it falls below LRU where popularity fades fast.`
}
