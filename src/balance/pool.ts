import { OptionError } from '../contract/options.ts'
import type { Ask, Lease, Pool, Upstream } from '../contract/pool.ts'
import { smoothWeightedRoundRobin } from './smooth-wrr.ts'

export interface PoolSettings {
  /** 0 to 1, for the offset at which the turn begins. @default Math.random */
  readonly random?: () => number
}

const given = (): void => {}

/**
 * A pool of fixed upstreams, taken by smooth weighted round-robin.
 * @throws OptionError when there is none, or one stands twice
 */
export function createPool(name: string, upstreams: readonly Upstream[], settings: PoolSettings = {}): Pool {
  if (upstreams.length === 0) throw new OptionError('upstream', '', 'give at least one URL')
  const names = new Set<string>()
  for (const { name: one, basePath } of upstreams) {
    if (names.has(one + basePath))
      throw new OptionError('upstream', one + basePath, 'it stands twice; give it a weight instead')
    names.add(one + basePath)
  }
  const choose = smoothWeightedRoundRobin(upstreams, settings.random ?? Math.random)

  return {
    name,
    upstreams,
    pick(ask: Ask): Lease | undefined {
      const upstream = choose(ask.tried)
      return upstream === undefined ? undefined : { upstream, release: given }
    },
  }
}
