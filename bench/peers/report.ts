import { mkdirSync, writeFileSync } from 'node:fs'
import { barChart } from './chart.ts'
import { contenders } from './contenders.ts'
import type { Measurement } from './measure.ts'
import { median, type Row, rowsOf } from './results.ts'
import { type ScenarioId, scenarios } from './scenarios.ts'
import { cells, markdownTable } from './table.ts'

/** All that a run of the bench leaves. */
export interface Run {
  readonly measurement: Measurement
  readonly rounds: number
  readonly seconds: number
  readonly connections: number
  /** The machine in sentences. */
  readonly machine: readonly string[]
  /** Programs that were not there. */
  readonly missing: readonly string[]
}

/** Writes docs/performance.md and its chart. */
export function writeReport(run: Run): void {
  const docs = new URL('../../docs/', import.meta.url)
  mkdirSync(new URL('img/', docs), { recursive: true })
  writeFileSync(new URL('performance.md', docs), page(run))
  writeFileSync(
    new URL('img/performance.svg', docs),
    barChart(
      'CPU a request at 1 KB, microseconds (less is better)',
      rowsIn(run, '1k').map((row) => ({
        label: labelOf(row.contender),
        value: row.cpuMicros,
        ours: row.contender.startsWith('sallyport'),
      })),
    ),
  )
}

function page(run: Run): string {
  const { measurement, rounds, seconds, connections, machine, missing } = run
  return `# Performance

Written by \`npm run bench -- --write\`; do not edit by hand. What each proxy costs, in processor time a request, between the
same load and the same origin in one run. A ratio below 1 is cheaper than the column's proxy.

![CPU a request at 1 KB](img/performance.svg)
${targets(rowsIn(run, '1k'))}${caution(measurement)}
## How to reproduce

    npm ci
    npm run bench -- --write

nginx, HAProxy, wrk and h2load (\`apt-get install nginx haproxy wrk nghttp2-client\`) are used where they are installed.
${missing.length === 0 ? '' : `In this run there was no ${missing.join(', ')}.\n`}
## The machine

${machine.map((line) => `- ${line}`).join('\n')}

## How it is measured

- The origin (bare sockets, answers made beforehand) and the load generator (wrk, one thread; h2load for HTTP/2 with four
  streams a connection) are on one core. All proxies are alive on another one; one at a time gets load.
- ${connections} requests in flight, ${rounds} rounds of ${seconds} s, interleaved, each round in another order, after a warm-up. Medians of the
  rounds. A ratio is the median of the ratios within each round.
- A round in which other programs took more than a twentieth of the proxies' core is repeated, twice at most, and the least
  disturbed one counts. What disturbance was left: ${disturbance(measurement)}.
- CPU is user and system time of the proxy's own processes, from the operating system, divided by the answers that the load
  generator counted. RSS is read right after a round.
- Every answer is checked once before the load, and counted in it: a proxy with an error is marked with \`!\`.
- Each is configured as its documentation recommends, with keep-alive to the origin in every one:

${configurations(run)}

## Results
${scenarios.map(({ id, title }) => section(run, id, title)).join('')}${failures(measurement)}
## How far to trust it

The load generator, the origin and whatever else ran on the machine share caches, memory bandwidth and a hypervisor with
the proxies, so a microsecond here is not a microsecond elsewhere. The last column shows how far the rounds lay apart. Take
a ratio that differs from another by less than a tenth as equal, and latencies as an order of magnitude: a proxy that fills
its core has a queue before it, whose length the number of connections decides. Requests a second follow the CPU a request
only where the proxy, not the load's core, is the limit; for nginx and HAProxy it is often the latter. The bare server forwards
hop-by-hop fields, adds nothing and survives nothing; it is a yardstick, not a proxy. Node's RSS includes a heap that grows
while memory is free; the Node proxies here share one version of Node and are started the same way.
`
}

/** The project's own targets, said with their outcome. */
function targets(rows: readonly Row[]): string {
  const own = rows.find(({ contender }) => contender === 'sallyport')
  if (own?.toBare === undefined || own.toFastifyHttpProxy === undefined) return ''
  const verdict = (value: number, goal: number) =>
    `${value.toFixed(2)} (goal: at most ${goal}, ${value <= goal ? 'met' : 'not met'})`
  return `
At 1 KB sallyport costs ${verdict(own.toFastifyHttpProxy, 0.6)} of what @fastify/http-proxy costs, and ${verdict(own.toBare, 1.15)} of a bare
\`node:http\` server that dispatches with undici and does nothing else.
`
}

function configurations(run: Run): string {
  const present = new Set(run.measurement.samples.map((sample) => sample.contender))
  return contenders
    .filter(({ id }) => present.has(id))
    .map(({ label, note, version }) => `  - ${label} ${version()}: ${note}`)
    .join('\n')
}

function section(run: Run, id: ScenarioId, title: string): string {
  const rows = rowsIn(run, id)
  if (rows.length === 0) return ''
  const errors = rows.flatMap((row) => row.errors.map((error) => `- \`!\` ${labelOf(row.contender)}, ${error}\n`))
  const table = markdownTable(rows.map((row) => cells(row, labelOf(row.contender))))
  return `\n### ${title}\n\n${table}\n${errors.length === 0 ? '' : `\n${errors.join('')}`}`
}

/** A run on a busy machine is worth little, and says so at its top. */
function caution({ samples }: Measurement): string {
  if (median(samples.map(({ disturbed }) => disturbed)) <= 0.1) return ''
  return `
**This run was disturbed**: other programs took more than a tenth of the proxies' core in most of its rounds. Neither the
numbers nor the verdicts are to be relied on; run it again on a quiet machine.
`
}

function disturbance({ samples }: Measurement): string {
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`
  const shares = samples.map(({ disturbed }) => disturbed)
  return `${percent(median(shares))} of a round in the median, ${percent(Math.max(0, ...shares))} in the worst`
}

function failures({ failures }: Measurement): string {
  if (failures.length === 0) return ''
  const lines = failures.map(({ contender, scenario, why }) => `- ${labelOf(contender)} at ${scenario}: ${why}`)
  return `\n### Not measured\n\n${lines.join('\n')}\n`
}

function rowsIn({ measurement }: Run, id: ScenarioId): Row[] {
  return rowsOf(measurement.samples.filter(({ scenario }) => scenario === id))
}

function labelOf(id: string): string {
  return contenders.find((contender) => contender.id === id)?.label ?? id
}
