import type { Member } from '../member.ts'
import { leastCost } from './least-cost.ts'
import type { Policy, PolicySettings } from './policy.ts'

/**
 * Milliseconds. Differences below it are noise of the network and of the event loop, no sign of load: without a floor, the
 * quickest of many quick origins would get all of a light traffic.
 */
export const latencyFloor = 5

/**
 * The one with the least `latency * (1 + active / w)`: of latencies the average that believes a rise at once and a fall slowly
 * (Finagle). An origin that slows down loses its traffic before its requests pile up, and is asked again as the memory fades.
 * One that fails quickly looks quick: it needs ejection of outliers beside it.
 */
export function peakEwma(settings: PolicySettings): Policy {
  return leastCost(settings, latencyOf)
}

function latencyOf({ latency }: Member, now: number): number {
  return latency.known ? Math.max(latencyFloor, latency.at(now)) : Number.NaN
}
