import { percentages } from './priority-load.ts'

/** A place with its members, and those of them that are believed to be well. */
export interface Locality {
  /** As configured; 0 takes nothing. */
  readonly weight: number
  readonly healthy: number
  readonly total: number
}

/**
 * Percent of the traffic of one priority level for each locality (Envoy, "Locality weighted load balancing"): its weight
 * times `min(100, overprovisioning * 100 * healthy / total)`. The sum is 100, or 0 when nothing can be chosen.
 * When nobody is well anywhere, the weights alone count: a level that panics uses everybody.
 */
export function localityLoads(localities: readonly Locality[], overprovisioning = 1.4): number[] {
  const anyWell = localities.some(({ weight, healthy }) => weight > 0 && healthy > 0)
  return percentages(
    localities.map(({ weight, healthy, total }) => {
      if (total === 0) return 0
      return anyWell ? weight * availability(overprovisioning, healthy, total) : weight
    }),
  )
}

/** In whole percents, as Envoy's table has it (69 % of 1:2 is 32, not 33); who has one that is well has at least 1. */
function availability(overprovisioning: number, healthy: number, total: number): number {
  if (healthy === 0) return 0
  return Math.max(1, Math.min(100, Math.floor((overprovisioning * 100 * healthy) / total)))
}
