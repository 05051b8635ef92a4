import type { ProxyError } from '../../contract/errors.ts'
import type { RetryCondition } from '../../contract/pool.ts'

/** Every condition, for those who check what was given. */
export const retryConditions = ['reset', 'timeout', '5xx', '502', '503', '504', '429'] as const

// RFC 9110 9.2.2. PROPFIND, REPORT and SEARCH are safe by their own RFCs (4918, 3253, 5323), QUERY by RFC 10008.
const idempotent = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'PUT',
  'DELETE',
  'TRACE',
  'PROPFIND',
  'REPORT',
  'SEARCH',
  'QUERY',
])

/** Does sending it twice come to the same as sending it once? POST, PATCH and what is not known do not. */
export function isIdempotent(method: string): boolean {
  return idempotent.has(method)
}

/** Is a failure on a connection that stood one of the conditions? */
export function errorMatches(on: ReadonlySet<RetryCondition>, { code }: ProxyError): boolean {
  if (code === 'SP_UPSTREAM_RESET') return on.has('reset')
  return code === 'SP_UPSTREAM_TIMEOUT' && on.has('timeout')
}

/** Is a status of the answer one of the conditions? */
export function statusMatches(on: ReadonlySet<RetryCondition>, status: number): boolean {
  if (status === 429 || status === 502 || status === 503 || status === 504) {
    if (on.has(String(status) as RetryCondition)) return true
  }
  return status >= 500 && status <= 599 && on.has('5xx')
}

/**
 * A failure to connect, from which an exchange moves on: the upstream's, or the transport's own, that it is full.
 * Whatever the client or this proxy has brought about would be the same elsewhere.
 */
export function connectFailed(error: ProxyError): boolean {
  return error.source === 'upstream' || error.code === 'SP_NO_UPSTREAM'
}
