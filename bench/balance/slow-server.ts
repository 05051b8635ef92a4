import type { PolicyName } from '../../src/balance/policy/policies.ts'
import type { Lease } from '../../src/contract/pool.ts'
import { exponential, normal, seededRandom } from './random.ts'
import { simulatedPool } from './simulated-pool.ts'
import { Timeline } from './timeline.ts'

/**
 * Buoyant's "Beyond Round Robin" (2016): one of eleven servers becomes slow for half of the time. The share of the requests
 * that are answered within a second is read from the latencies: nobody gives up, and what is slow stays a load for its
 * two seconds. With `givesUp` the proxy gives up after that second, as real ones do.
 */
export const slowServer = {
  servers: 11,
  /** Milliseconds: median, standard deviation, and what the slow one takes. */
  median: 167,
  deviation: 5,
  slow: 2000,
  slowFrom: 15_000,
  slowUntil: 45_000,
  duration: 60_000,
  perSecond: 1000,
  /** An answer that takes longer counts as none. */
  timeout: 1000,
} as const

export interface SlowServerCase {
  readonly policy: PolicyName
  /** With ejection of outliers, by its defaults. */
  readonly outlier: boolean
  /** After `timeout` the place at the server is given back, with an error. */
  readonly givesUp: boolean
}

export interface SlowServerRow extends SlowServerCase {
  /** Percent of the requests answered in time, one for each seed. */
  readonly success: readonly number[]
}

export function runSlowServer(one: SlowServerCase, seeds: readonly number[]): SlowServerRow {
  return { ...one, success: seeds.map((seed) => successOf(one, seed)) }
}

function successOf({ policy, outlier, givesUp }: SlowServerCase, seed: number): number {
  const { servers, median, deviation, slow, slowFrom, slowUntil, duration, perSecond, timeout } = slowServer
  const timeline = new Timeline()
  // The load is the same for every policy.
  const load = seededRandom(seed)
  const { pool, placeOf } = simulatedPool(policy, servers, timeline, seededRandom(seed + 1000), { outlier })
  const ask = { exchange: undefined, tried: [] }
  let sent = 0
  let answered = 0

  function arrive(): void {
    timeline.setTimer(arrive, exponential(load, 1000 / perSecond))
    const now = timeline.now()
    const usual = normal(load, median, deviation)
    sent++
    const lease = pool.pick(ask) as Lease
    const slows = placeOf(lease.upstream) === 0 && now >= slowFrom && now < slowUntil
    const takes = slows ? slow : usual
    if (takes <= timeout) answered++
    if (takes > timeout && givesUp) {
      timeline.setTimer(() => lease.release('SP_UPSTREAM_TIMEOUT'), timeout)
      return
    }
    timeline.setTimer(() => {
      lease.answered(200)
      lease.release()
    }, takes)
  }

  timeline.setTimer(arrive, 0)
  timeline.run(duration)
  return (100 * answered) / sent
}
