import type { PoolOptions } from '../../src/balance/pool-options.ts'

export type { BreakerOptions } from '../../src/balance/breaker.ts'
export type { DiscoverOptions } from '../../src/balance/discovery/discover-options.ts'
export type { HashKey } from '../../src/balance/hash-key.ts'
export type { ExpectOptions, HealthOptions } from '../../src/balance/health/options.ts'
export type { UpstreamOptions } from '../../src/balance/options.ts'
export type { OutlierOptions } from '../../src/balance/outlier-options.ts'
export type { PolicyName } from '../../src/balance/policy/policies.ts'
export type { LivePool } from '../../src/balance/pool.ts'
export type { MemberReport, PoolEvents } from '../../src/balance/pool-events.ts'
export type { QueueOptions } from '../../src/balance/pool-options.ts'
export type { RetryOptions } from '../../src/balance/retry/options.ts'
export type { MirrorOptions } from '../../src/balance/shape/mirror-options.ts'
export type { SlowStartOptions } from '../../src/balance/slow-start.ts'
export type { StickyOptions } from '../../src/balance/sticky-options.ts'
export type { PoolOptions }

export interface BalanceOptions {
  /** Each pool by its name. */
  readonly pools: Readonly<Record<string, PoolOptions>>
}
