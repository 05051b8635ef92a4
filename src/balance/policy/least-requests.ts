import { leastCost } from './least-cost.ts'
import type { Policy, PolicySettings } from './policy.ts'

/** The one with the fewest exchanges for its weight. */
export function leastRequests(settings: PolicySettings): Policy {
  return leastCost(settings, () => 1)
}
