import type { PolicyName } from '../../src/balance/policy/policies.ts'
import { LivePool } from '../../src/balance/pool.ts'
import { type PoolOptions, readPool } from '../../src/balance/pool-options.ts'
import type { Clock } from '../../src/contract/clock.ts'
import type { Upstream } from '../../src/contract/pool.ts'
import { createUpstream } from '../../src/upstream/origin.ts'

export interface SimulatedPool {
  readonly pool: LivePool
  /** Place of an upstream in the pool: the server that stands for it. */
  readonly placeOf: (upstream: Upstream) => number
}

/** The real pool with its defaults, over so many upstreams that are never dialled. */
export function simulatedPool(
  policy: PolicyName,
  count: number,
  clock: Clock,
  random: () => number,
  options: Partial<PoolOptions> = {},
): SimulatedPool {
  const upstreams = Array.from({ length: count }, (_, i) => `http://10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:80`)
  const pool = new LivePool('simulated', readPool('pool', { upstreams, policy, ...options }), {
    clock,
    random,
    createUpstream,
    forget() {},
    dispatch: never,
    connect: never,
  })
  const places = new Map(pool.upstreams.map((upstream, i) => [upstream, i]))
  return { pool, placeOf: (upstream) => places.get(upstream) as number }
}

function never(): never {
  throw new Error('nothing is dialled in a simulation')
}
