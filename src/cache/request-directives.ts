/** Cache-Control of a request, RFC 9111 5.2.1. Durations are seconds, at most 2^31. */
export interface RequestDirectives {
  readonly noStore: boolean
  /** Also for `Pragma: no-cache` without Cache-Control (RFC 9111 5.4). */
  readonly noCache: boolean
  readonly onlyIfCached: boolean
  readonly maxAge: number | undefined
  readonly minFresh: number | undefined
  /** Infinity for `max-stale` without a value. */
  readonly maxStale: number | undefined
}

export function readRequestDirectives(_cacheControl: string | undefined, _pragma: string | undefined): RequestDirectives {
  throw new Error('not there yet')
}
