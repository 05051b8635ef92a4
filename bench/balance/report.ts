import { mkdirSync, writeFileSync } from 'node:fs'
import { barChart } from '../peers/chart.ts'
import { describeMachine } from '../peers/machine.ts'
import { goalsOf } from './goals.ts'
import { lineChart } from './line-chart.ts'
import { testBed } from './overload.ts'
import { byDefault, largeBed, loads, type Results, rivals, smallBed } from './runs.ts'
import { slowServer } from './slow-server.ts'
import { churnTable, markdownTable, meanOf, overloadTable, pickTable, slowServerTable } from './tables.ts'

/** Writes docs/balancing-simulation.md and its charts. */
export function writeReport(results: Results): void {
  const docs = new URL('../../docs/', import.meta.url)
  mkdirSync(new URL('img/', docs), { recursive: true })
  writeFileSync(new URL('balancing-simulation.md', docs), page(results))
  writeFileSync(new URL('img/balancing-overload.svg', docs), overloadChart(results))
  writeFileSync(new URL('img/balancing-slow-server.svg', docs), slowServerChart(results))
}

function overloadChart({ small }: Results): string {
  return lineChart(
    'One of ten servers loses half of its processors: p99, milliseconds',
    'load, in parts of what the servers can count on',
    loads.map((load) => load.toFixed(2)),
    rivals.map((policy) => ({
      label: policy,
      values: small.filter((row) => row.policy === policy).map(({ p99 }) => p99),
      ours: policy === byDefault,
    })),
  )
}

function slowServerChart(results: Results): string {
  const rows = results.slowServer.filter(({ outlier, givesUp }) => !outlier && !givesUp)
  return barChart(
    'One of eleven servers slow: requests of 10,000 without an answer within 1 s',
    rows.map((row) => ({
      label: row.policy,
      value: 100 * (100 - meanOf(row)),
      ours: row.policy === byDefault,
    })),
  )
}

function page(results: Results): string {
  const { servers, median, deviation, slow, perSecond } = slowServer
  const { cores, idleCores, work, deadline } = testBed
  return `# Balancing, simulated

Written by \`npm run bench:balance -- --write\`; do not edit by hand. A simulator moves the clock from event to event and asks
the real pools, with their real policies and defaults, where each request goes. Only the servers and the clients are made up.
${results.seeds} seeds each.

## Promises

${markdownTable([
  ['promise', 'found', ''],
  ...goalsOf(results).map(({ promise, found, met }) => [promise, found, met ? 'met' : '**not met**']),
])}

## A server becomes slow

![Requests without an answer within a second](img/balancing-slow-server.svg)

${servers} servers answer in ${median} ms (standard deviation ${deviation}), ${perSecond.toLocaleString('en')} requests come a second, for a minute; for half of it one
server takes ${slow / 1000} s. Percent of the requests that are answered within a second. The scenario is Buoyant's *Beyond Round Robin*
(2016), which published 95, 99 and 99.9 % for round-robin, least loaded and peak EWMA.

${markdownTable(slowServerTable(results))}

In the published reading nobody gives up: the second is read from the latencies, and a slow request stays where it is for its two
seconds. A proxy that gives up after one second frees the place, and a policy that counts requests fills it again: so the
policies alone do worse there, however good they are. Ejection of outliers, which is on by default, then sees timeouts.

## More load than was planned

![p99 by load](img/balancing-overload.svg)

In the manner of Prequal's test bed (NSDI 2024): each server can count on ${cores} processors, and has ${idleCores} while nobody else on its
machine wants them; a neighbour takes the rest of one server's. Requests need ${work} ms of one processor in the mean (a normal
distribution with deviation = mean, cut at 0), share the processors evenly, and are given up after ${deadline / 1000} s. The load is in parts of
what all servers can count on. Ejection of outliers is off. p50 / p99 / p99.9 in milliseconds.

${smallBed.servers} servers, one with a neighbour; all are compared at each pick:

${markdownTable(overloadTable(results.small))}

${largeBed.servers} servers, ${largeBed.antagonists} with a neighbour, every ${largeBed.antagonistsMove / 1000} s others; two are drawn and compared at each pick:

${markdownTable(overloadTable(results.large))}

The weights are equal, as the servers are: round-robin here is the weighted one.

## Upstreams come and go

200,000 keys. Some upstreams leave, and come back.

${markdownTable(churnTable(results))}

## What a pick costs

Nanoseconds of processor time: the policy alone / all that a pool does for an exchange (pick, answer, release, detection of
outliers, events). 64 exchanges are under way. Medians of nine rounds, on a machine that may have had other things to do:

${describeMachine()
  .map((line) => `- ${line}`)
  .join('\n')}

${markdownTable(pickTable(results))}

Rendezvous looks at every upstream, as its definition says: Maglev gives nearly the same for large pools.

## How far to trust it

The servers are models: no network, no connections, no garbage collection. One process sends all of the traffic; of several, each
knows only of its own. The numbers tell policies apart; they foretell no latency of yours. The same seed gives the same run, the
costs of a pick apart.

## How to reproduce

    npm ci
    npm run bench:balance -- --write
`
}
