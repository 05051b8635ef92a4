import { type ErrorCode, errorTable } from '../contract/errors.ts'

/**
 * What an attempt says of its upstream. `none` is nothing; `local` means that no whole answer came (no connection, a
 * reset, a timeout); `gateway` is an answer of 502, 503 or 504, or one that cannot be understood; `5xx` any other of those.
 */
export type Outcome = 'none' | 'ok' | '5xx' | 'gateway' | 'local'

const local: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SP_DNS',
  'SP_CONNECT_REFUSED',
  'SP_CONNECT_FAILED',
  'SP_CONNECT_TIMEOUT',
  'SP_TLS_CERTIFICATE',
  'SP_TLS_PROTOCOL',
  'SP_UPSTREAM_RESET',
  'SP_UPSTREAM_INCOMPLETE',
  'SP_UPSTREAM_TIMEOUT',
  'SP_UPSTREAM_STALLED',
])

/** @param status of the answer; 0 when there is none */
export function outcomeOf(status: number, error: ErrorCode | undefined): Outcome {
  if (error === undefined) {
    if (status === 0) return 'none'
    if (status < 500 || status > 599) return 'ok'
    return status >= 502 && status <= 504 ? 'gateway' : '5xx'
  }
  // An upgrade that failed is the doing of this side: nobody was there to take it.
  if (errorTable[error].source !== 'upstream' || error === 'SP_UPGRADE_FAILED') return 'none'
  return local.has(error) ? 'local' : 'gateway'
}
