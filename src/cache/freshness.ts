import type { ResponseDirectives } from './response-directives.ts'

export interface FreshnessOptions {
  /** Milliseconds that stand in for whatever the response says; undefined: as it says. */
  readonly ttl: number | undefined
  /** For a response that says nothing and has no heuristic. */
  readonly defaultTtl: number | undefined
  /** For 404, 405, 410, 414, 501 that say nothing; undefined: heuristics as for others. 0: not stored. */
  readonly negativeTtl: number | undefined
  /** Share of the time since Last-Modified, RFC 9111 4.2.2. 0 is off. */
  readonly heuristicShare: number
  readonly heuristicMax: number
}

/** Milliseconds. */
export interface Freshness {
  /** At most 2^31 seconds. Below 0: not to be stored. */
  readonly lifetime: number
  /** corrected_initial_age, RFC 9111 4.2.3; never negative. 2^31 seconds when Age cannot be believed. */
  readonly initialAge: number
  /** The lifetime is what the response says, or `ttl`. */
  readonly explicit: boolean
  /** The lifetime is a share of the time since Last-Modified. */
  readonly heuristic: boolean
  /** Since the epoch: Date, or when the response came where Date is missing, no date or ahead of us. */
  readonly date: number
}

export function readFreshness(
  _status: number,
  _fields: readonly string[],
  _directives: ResponseDirectives,
  _requestTime: number,
  _responseTime: number,
  _options: FreshnessOptions,
): Freshness {
  throw new Error('not there yet')
}
