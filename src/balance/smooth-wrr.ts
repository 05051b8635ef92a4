import type { Upstream } from '../contract/pool.ts'

/** Chooses among the upstreams that are not tried yet; undefined when none is left. */
export type Policy = (tried: readonly Upstream[]) => Upstream | undefined

/**
 * Smooth weighted round-robin (nginx, commit 52327e06): weights 5, 1, 1 give a a b a c a a.
 * Begins after a random number of picks, so that many processes do not march in step.
 */
export function smoothWeightedRoundRobin(upstreams: readonly Upstream[], random: () => number): Policy {
  const only = upstreams.length === 1 ? upstreams[0] : undefined
  const current = upstreams.map(() => 0)

  function pick(tried: readonly Upstream[]): Upstream | undefined {
    if (only !== undefined) return tried.length === 0 ? only : undefined
    let best = -1
    let total = 0
    for (let i = 0; i < upstreams.length; i++) {
      const upstream = upstreams[i] as Upstream
      if (tried.length > 0 && tried.includes(upstream)) continue
      total += upstream.weight
      current[i] = (current[i] as number) + upstream.weight
      if (best === -1 || (current[i] as number) > (current[best] as number)) best = i
    }
    if (best === -1) return undefined
    current[best] = (current[best] as number) - total
    return upstreams[best]
  }

  const cycle = upstreams.reduce((sum, upstream) => sum + upstream.weight, 0)
  const skip = Math.floor(random() * Math.min(cycle, 10_000))
  for (let i = 0; i < skip; i++) pick([])
  return pick
}
