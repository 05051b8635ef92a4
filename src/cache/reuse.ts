import { alwaysValidate, type Head, immutable, mustRevalidate } from './head.ts'
import type { RequestDirectives } from './request-directives.ts'

/** What a stored response is good for, without asking. */
export type Reuse =
  /** It answers. */
  | 'fresh'
  /** The client takes it stale (`max-stale`). */
  | 'stale'
  /** It answers, and is validated meanwhile (RFC 5861 3). */
  | 'while-revalidating'
  /** It must be validated first: its time is up. */
  | 'validate-stale'
  /** It must be validated first: the request wants it. */
  | 'validate-request'

/** Milliseconds that the clocks of two machines, and one clock over time, may differ. */
const skew = 5_000

/** Age in milliseconds, RFC 9111 4.2.3; never below 0. */
export function ageOf(head: Head, now: number): number {
  return Math.max(0, now - head.bornAt)
}

/** A clock that was put back would keep a response alive for as long as it went back. */
export function isFresh(head: Head, now: number): boolean {
  return now - head.bornAt < head.lifetime && now >= head.storedAt - skew && (head.rules & alwaysValidate) === 0
}

/** RFC 8246 2.1: a client that reloads (`max-age=0`) is no reason to ask for what does not change while it is fresh. */
function isSettled(head: Head, now: number): boolean {
  return (head.rules & immutable) !== 0 && isFresh(head, now)
}

/** RFC 9111 4.2.4 and 5.2.1. Times in milliseconds since the epoch. */
export function reuse(head: Head, directives: RequestDirectives, now: number): Reuse {
  const { noCache, maxAge, minFresh, maxStale } = directives
  const age = ageOf(head, now)
  if (noCache) return 'validate-request'
  if (maxAge !== undefined && age > maxAge * 1000 && !isSettled(head, now)) {
    // RFC 9111 5.2.1.2 lets max-stale extend what is stale, not what max-age excludes.
    return 'validate-request'
  }
  const left = head.lifetime - age
  if (isFresh(head, now)) {
    return minFresh !== undefined && left < minFresh * 1000 ? 'validate-request' : 'fresh'
  }
  if (minFresh !== undefined) return 'validate-request'
  if ((head.rules & (mustRevalidate | alwaysValidate)) !== 0 || now < head.storedAt - skew) return 'validate-stale'
  if (maxStale !== undefined && -left <= maxStale * 1000) return 'stale'
  return -left < head.staleWhileRevalidate ? 'while-revalidating' : 'validate-stale'
}

/**
 * May those that waited for another's answer have it too? RFC 9111 4: only when it may be used for them. What must be
 * validated for each use is for the one that asked.
 */
export function isForCrowd(head: Head, now: number): boolean {
  return isFresh(head, now) || (head.rules & (mustRevalidate | alwaysValidate)) === 0
}

/** May it stand in when the upstream has answered with a server error? RFC 5861 4. */
export function mayReplaceError(head: Head, now: number): boolean {
  return mayServeStale(head, now, head.staleIfError)
}

/** May it stand in when the upstream cannot be reached? RFC 9111 4.2.4: disconnected. */
export function mayServeDisconnected(head: Head, now: number): boolean {
  return mayServeStale(head, now, Math.max(head.staleIfError, head.grace))
}

function mayServeStale(head: Head, now: number, beyond: number): boolean {
  if ((head.rules & (mustRevalidate | alwaysValidate)) !== 0) return false
  return now - head.bornAt - head.lifetime < beyond
}
