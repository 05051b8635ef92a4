import type { Exchange } from '../contract/exchange.ts'
import type { FreshnessOptions } from './freshness.ts'
import type { KeyPlan } from './key.ts'

/** How responses of one route are cached: options, read once. Durations are milliseconds. */
export interface CachePlan {
  readonly key: KeyPlan
  readonly freshness: FreshnessOptions
  readonly storeSetCookie: boolean
  /** Lower-case names of targeted fields (RFC 9213), the first that is there counts. */
  readonly targets: readonly string[]
  /** Our device token of Surrogate-Capability; undefined: Surrogate-Control is left alone. */
  readonly surrogate: string | undefined
  /** For a response that says nothing of its own. */
  readonly staleWhileRevalidate: number
  readonly staleIfError: number
  readonly grace: number
  /** How long past all of these a response with a validator is worth keeping. */
  readonly keep: number
  readonly maxEntryBytes: number
  /** How long a request waits for another that asks for the same; 0 is not at all. */
  readonly collapse: number
  /** Cache-Status on answers. */
  readonly status: boolean
  /** Cache-Control of requests is obeyed. */
  readonly obeysRequests: boolean
  /** Requests that the cache has nothing to do with. */
  readonly bypass: ((exchange: Exchange) => boolean) | undefined
}
