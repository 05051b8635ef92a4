import { type ErrorCode, ProxyError } from '../contract/errors.ts'

const connectCodes: Readonly<Record<string, ErrorCode>> = {
  ECONNREFUSED: 'SP_CONNECT_REFUSED',
  ENOENT: 'SP_CONNECT_REFUSED',
  EACCES: 'SP_CONNECT_REFUSED',
  ENOTFOUND: 'SP_DNS',
  EAI_AGAIN: 'SP_DNS',
  EAI_FAIL: 'SP_DNS',
  EAI_NODATA: 'SP_DNS',
  ETIMEDOUT: 'SP_CONNECT_TIMEOUT',
}

const certificateCodes =
  /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH|INVALID_PURPOSE)/

const answerCodes: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'SP_UPSTREAM_FIELDS',
  ECONNRESET: 'SP_UPSTREAM_RESET',
  EPIPE: 'SP_UPSTREAM_RESET',
  ETIMEDOUT: 'SP_UPSTREAM_RESET',
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '')

/** What a failed connection is to us. `cause` keeps the original for the log. */
export function connectError(error: unknown, name: string): ProxyError {
  if (error instanceof ProxyError) return error
  const code = codeOf(error)
  const ours =
    connectCodes[code] ??
    (certificateCodes.test(code)
      ? 'SP_TLS_CERTIFICATE'
      : /^(ERR_SSL|ERR_TLS|EPROTO)/.test(code)
        ? 'SP_TLS_PROTOCOL'
        : 'SP_CONNECT_FAILED')
  return new ProxyError(ours, `${name}: ${(error as Error).message || code}`, error)
}

/**
 * What a failure on a standing connection is to us. A TLS alert may be one: in TLS 1.3 the upstream says what it thinks
 * of our certificate when the connection stands already (RFC 8446 4.4.2.4).
 */
export function answerError(error: unknown, name: string): ProxyError {
  if (error instanceof ProxyError) return error
  const code = codeOf(error)
  const message = (error as Error | null)?.message ?? ''
  return new ProxyError(answerCode(code), `${name}: ${message || code}`, error)
}

function answerCode(code: string): ErrorCode {
  const known = answerCodes[code]
  if (known !== undefined) return known
  // What the parser of node:http says, where an upgrade goes out.
  if (code.startsWith('HPE_')) return 'SP_UPSTREAM_PROTOCOL'
  return code.startsWith('ERR_SSL_') ? 'SP_TLS_PROTOCOL' : 'SP_UPSTREAM_RESET'
}
