import type { RetryBudget } from '../../contract/pool.ts'

export interface RetryBudgetSettings {
  /** Share of the exchanges in flight that may be retries: 0.2 is one in five. */
  readonly ratio: number
  /** So many may run at a time however few exchanges there are. */
  readonly minimum: number
}

/**
 * Envoy's retry budget: `max(minimum, ratio * active)` retries at a time. In an outage retries cannot become the load.
 * @param active exchanges of the pool in flight, those in its queue included
 */
export function createRetryBudget(settings: RetryBudgetSettings, active: () => number): RetryBudget {
  const { ratio, minimum } = settings
  let running = 0
  return {
    take() {
      if (running >= minimum && running >= ratio * active()) return false
      running++
      return true
    },
    release() {
      running--
    },
  }
}
