import type { Sample } from './measure.ts'

/** A proxy's medians over the rounds of one scenario. */
export interface Row {
  readonly contender: string
  readonly cpuMicros: number
  /** CPU a request divided by that of the bare server in the same round; median of the rounds. */
  readonly toBare: number | undefined
  readonly toFastifyHttpProxy: number | undefined
  readonly requestsPerSecond: number
  readonly p50: number
  readonly p99: number
  readonly rssBytes: number
  /** Lowest and highest CPU a request of the rounds. */
  readonly spread: readonly [number, number]
  readonly errors: readonly string[]
}

/** Rows of one scenario, cheapest first. */
export function rowsOf(samples: readonly Sample[]): Row[] {
  const byContender = Map.groupBy(samples, (sample) => sample.contender)
  const bare = byContender.get('bare')
  const fastify = byContender.get('fastify-http-proxy')
  return [...byContender]
    .map(([contender, all]) => {
      const own = all.filter(({ requestsPerSecond }) => requestsPerSecond > 0)
      return {
        contender,
        cpuMicros: median(own.map((s) => s.cpuMicros)),
        toBare: ratio(own, bare),
        toFastifyHttpProxy: ratio(own, fastify),
        requestsPerSecond: median(own.map((s) => s.requestsPerSecond)),
        p50: median(own.map((s) => s.p50)),
        p99: median(own.map((s) => s.p99)),
        rssBytes: median(own.map((s) => s.rssBytes)),
        spread: [Math.min(...own.map((s) => s.cpuMicros)), Math.max(...own.map((s) => s.cpuMicros))] as const,
        errors: all.flatMap(({ round, errors }) => errors.map((error) => `round ${round + 1}: ${error}`)),
      }
    })
    .sort((a, b) => a.cpuMicros - b.cpuMicros)
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  if (sorted.length === 0) return Number.NaN
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Of rounds, not of medians: two neighbours in time shared the same machine. */
function ratio(own: readonly Sample[], base: readonly Sample[] | undefined): number | undefined {
  const ratios = own.flatMap((sample) => {
    const beside = base?.find(({ round, requestsPerSecond }) => round === sample.round && requestsPerSecond > 0)
    return beside === undefined ? [] : [sample.cpuMicros / beside.cpuMicros]
  })
  return ratios.length === 0 ? undefined : median(ratios)
}
