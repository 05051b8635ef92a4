import { writeFileSync } from 'node:fs'
import { median } from '../../peers/results.ts'
import { cacheContenders } from './contenders.ts'
import { goalsOf } from './goals.ts'
import type { CacheMeasurement } from './measure.ts'
import { markdownTable, rowsOf } from './rows.ts'
import { cacheScenarios } from './scenarios.ts'

/** All that a run leaves. */
export interface CacheRun {
  readonly measurement: CacheMeasurement
  readonly rounds: number
  readonly seconds: number
  readonly connections: number
  /** The machine in sentences. */
  readonly machine: readonly string[]
  /** Caches that were not there. */
  readonly missing: readonly string[]
}

/** Writes docs/cache-performance.md. */
export function writePage(run: CacheRun): void {
  writeFileSync(new URL('../../../docs/cache-performance.md', import.meta.url), page(run))
}

function page(run: CacheRun): string {
  const { measurement, rounds, seconds, connections, machine, missing } = run
  return `# Performance of the cache

Written by \`npm run bench:cache -- --write\`; do not edit by hand. What an answer from the cache costs, in processor time a
request, beside other caches between the same load and the same origin in one run. A ratio below 1 is cheaper than the
column's cache.

${goals(run)}${caution(measurement)}
## How to reproduce

    npm ci
    npm run bench:cache -- --write

It needs wrk; nginx, Varnish and Squid (\`apt-get install wrk nginx varnish squid\`) take part where they are installed.
${missing.length === 0 ? '' : `In this run there was no ${missing.join(', ')}.\n`}
## The machine

${machine.map((line) => `- ${line}`).join('\n')}

## How it is measured

- The origin (bare sockets, answers made beforehand) and the load generator (wrk, one thread) are on one core. All caches are
  alive on another one; one at a time gets load.
- One object is asked for again and again, by ${connections} connections. Its answer has an ETag, a Last-Modified,
  \`Cache-Control: public, max-age=86400\` and \`Vary: Accept-Encoding\`.
- ${rounds} rounds of ${seconds} s, interleaved, each round in another order, after a warm-up. Medians of the rounds. A ratio is the median
  of the ratios within each round.
- A round in which other programs took more than a twentieth of the caches' core is repeated once, and the less disturbed one
  counts. What disturbance was left: ${disturbance(measurement)}.
- CPU is user and system time of all processes and threads of a cache, from the operating system, divided by the answers that
  the load generator counted. RSS is read right after a round.
- That a hit is one is known from the origin, which counts its requests: before the load, when the content is compared too, and
  in each round. A cache whose hits reached the origin is not measured, or marked with \`!\`. The last column says what is
  answered. The proxies on undici's cache send conditional requests on to the origin.
- Each keeps the object in memory:

${configurations(run)}

## Results
${cacheScenarios.map(({ id, title }) => section(measurement, id, title)).join('')}${failures(measurement)}
## How far to trust it

The load generator, the origin and whatever else ran on the machine share caches, memory bandwidth and a hypervisor with
what is measured, so a microsecond here is not a microsecond elsewhere. The last but one column shows how far the rounds lay
apart. Take a ratio that differs from another by less than a tenth as equal. One object is the best case of every cache: how
many of its requests a cache can answer at all is another question, and so is what a full one does.
`
}

function goals({ measurement }: CacheRun): string {
  const all = cacheScenarios
    .filter(({ status }) => status === 200)
    .flatMap(({ id, title }) => goalsOf(title, rowsOf(measurement, id)))
  if (all.length === 0) return ''
  const lines = all.map(({ promise, found, met }) => `| ${promise} | ${found} | ${met ? 'yes' : '**no**'} |`)
  return `| A hit costs | found | kept |\n| --- | ---: | --- |\n${lines.join('\n')}\n`
}

function configurations({ measurement }: CacheRun): string {
  const present = new Set(measurement.samples.map(({ contender }) => contender))
  return cacheContenders
    .filter(({ id }) => present.has(id))
    .map(({ label, note, version }) => `  - ${label} (${version()}): ${note}`)
    .join('\n')
}

function section(measurement: CacheMeasurement, id: string, title: string): string {
  const rows = rowsOf(measurement, id)
  if (rows.length === 0) return ''
  const errors = rows.flatMap((row) => row.errors.map((error) => `- \`!\` ${row.label}, ${error}\n`))
  return `\n### ${title}\n\n${markdownTable(rows)}\n${errors.length === 0 ? '' : `\n${errors.join('')}`}`
}

/** A run on a busy machine is worth little, and says so at its top. */
function caution({ samples }: CacheMeasurement): string {
  if (median(samples.map(({ disturbed }) => disturbed)) <= 0.1) return ''
  return `
**This run was disturbed**: other programs took more than a tenth of the caches' core in most of its rounds. Neither the
numbers nor the verdicts are to be relied on; run it again on a quiet machine.
`
}

function disturbance({ samples }: CacheMeasurement): string {
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`
  const shares = samples.map(({ disturbed }) => disturbed)
  return `${percent(median(shares))} of a round in the median, ${percent(Math.max(0, ...shares))} in the worst`
}

function failures({ failures }: CacheMeasurement): string {
  if (failures.length === 0) return ''
  const lines = failures.map(({ contender, scenario, why }) => `- ${contender} at ${scenario}: ${why}`)
  return `\n### Not measured\n\n${lines.join('\n')}\n`
}
