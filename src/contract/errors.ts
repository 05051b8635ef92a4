/** Who is to blame. */
export type ErrorSource = 'downstream' | 'upstream' | 'proxy'

export interface ErrorRow {
  /** Status for the client. 499 is written to the log only. */
  readonly status: number
  readonly source: ErrorSource
  /** May another attempt succeed? Says nothing about whether one is safe. */
  readonly retryable: boolean
  /** Error type of Proxy-Status, RFC 9209 section 2.3. */
  readonly proxyStatus: string
  /** One neutral sentence: all that the client is told. */
  readonly text: string
}

const row = (status: number, source: ErrorSource, retryable: boolean, proxyStatus: string, text: string): ErrorRow => ({
  status,
  source,
  retryable,
  proxyStatus,
  text,
})

/** Every failure that an exchange can have. A code is stable: people match on it. */
export const errorTable = {
  SP_BAD_REQUEST: row(400, 'downstream', false, 'http_request_error', 'The request could not be understood.'),
  SP_BAD_TARGET: row(400, 'downstream', false, 'http_request_error', 'The request target is not acceptable.'),
  SP_BAD_PATH: row(400, 'downstream', false, 'http_request_error', 'The path of the request is not acceptable.'),
  SP_BAD_AUTHORITY: row(400, 'downstream', false, 'http_request_error', 'The host of the request is not acceptable.'),
  SP_BAD_FIELD: row(400, 'downstream', false, 'http_request_error', 'A field of the request is not acceptable.'),
  SP_METHOD_NOT_ALLOWED: row(405, 'downstream', false, 'http_request_error', 'The method is not allowed here.'),
  SP_REQUEST_TIMEOUT: row(408, 'downstream', false, 'http_request_error', 'The request took too long to arrive.'),
  SP_BODY_TOO_LARGE: row(413, 'downstream', false, 'http_request_error', 'The content of the request is too large.'),
  SP_URI_TOO_LONG: row(414, 'downstream', false, 'http_request_error', 'The request target is too long.'),
  SP_EXPECTATION_FAILED: row(417, 'downstream', false, 'http_request_error', 'The expectation cannot be met.'),
  SP_MISDIRECTED: row(421, 'downstream', false, 'http_request_error', 'This server does not answer for that host.'),
  SP_FIELDS_TOO_LARGE: row(
    431,
    'downstream',
    false,
    'http_request_error',
    'The request has too many or too large fields.',
  ),
  SP_CLIENT_GONE: row(499, 'downstream', false, 'http_request_error', 'The client closed the connection.'),
  SP_TRANSFER_CODING: row(501, 'downstream', false, 'http_request_error', 'The transfer coding is not supported.'),
  SP_HTTP_VERSION: row(505, 'downstream', false, 'http_request_error', 'The HTTP version is not supported.'),
  SP_LOOP: row(508, 'proxy', false, 'proxy_loop_detected', 'The request came back to this proxy.'),
  SP_DENIED: row(403, 'proxy', false, 'http_request_denied', 'The request is not allowed.'),
  SP_NO_UPSTREAM: row(503, 'proxy', true, 'destination_unavailable', 'No server is available for this request.'),
  SP_DNS: row(502, 'upstream', true, 'dns_error', 'The server could not be found.'),
  SP_DNS_TIMEOUT: row(504, 'upstream', true, 'dns_timeout', 'The server could not be found in time.'),
  SP_CONNECT_REFUSED: row(502, 'upstream', true, 'connection_refused', 'The server did not accept the connection.'),
  SP_CONNECT_FAILED: row(502, 'upstream', true, 'destination_ip_unroutable', 'The server could not be reached.'),
  SP_CONNECT_TIMEOUT: row(504, 'upstream', true, 'connection_timeout', 'The server could not be reached in time.'),
  SP_TLS_CERTIFICATE: row(502, 'upstream', false, 'tls_certificate_error', 'The server could not prove who it is.'),
  SP_TLS_PROTOCOL: row(
    502,
    'upstream',
    false,
    'tls_protocol_error',
    'No secure connection to the server was possible.',
  ),
  SP_UPSTREAM_RESET: row(502, 'upstream', true, 'connection_terminated', 'The server closed the connection.'),
  SP_UPSTREAM_PROTOCOL: row(502, 'upstream', false, 'http_protocol_error', 'The answer could not be understood.'),
  SP_UPSTREAM_FIELDS: row(
    502,
    'upstream',
    false,
    'http_response_header_section_size',
    'The answer has too large fields.',
  ),
  SP_UPSTREAM_INCOMPLETE: row(502, 'upstream', true, 'http_response_incomplete', 'The answer broke off.'),
  SP_UPSTREAM_TIMEOUT: row(504, 'upstream', true, 'http_response_timeout', 'The server took too long to answer.'),
  SP_UPSTREAM_STALLED: row(504, 'upstream', true, 'connection_read_timeout', 'The answer stalled.'),
  SP_TOTAL_TIMEOUT: row(504, 'proxy', true, 'http_response_timeout', 'The exchange took too long.'),
  SP_UPGRADE_FAILED: row(502, 'upstream', false, 'http_upgrade_failed', 'The upgrade failed.'),
  SP_PARENT_DENIED: row(
    403,
    'proxy',
    false,
    'http_request_denied',
    'The request is not allowed by a proxy on the way.',
  ),
  SP_PARENT_AUTH: row(
    502,
    'upstream',
    true,
    'proxy_configuration_error',
    'A proxy on the way did not let this one in.',
  ),
  SP_NOT_CACHED: row(
    504,
    'proxy',
    false,
    'proxy_internal_response',
    'There is no stored answer, and the request allows no other.',
  ),
  SP_NOT_VALIDATED: row(504, 'upstream', true, 'destination_unavailable', 'The stored answer could not be validated.'),
  SP_BODY_CONSUMED: row(
    500,
    'proxy',
    false,
    'proxy_internal_error',
    'The content of the request was read by something else.',
  ),
  SP_SHUTDOWN: row(503, 'proxy', true, 'destination_unavailable', 'The server is shutting down.'),
  SP_INTERNAL: row(500, 'proxy', false, 'proxy_internal_error', 'Something went wrong.'),
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof errorTable

/** A failure of an exchange. `message` and `cause` are for the log; the client is told `errorTable[code].text` alone. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError'
  readonly code: ErrorCode
  /**
   * The upstream has not begun to answer and had no fair chance to act: a reused connection died before any byte of the
   * answer, or an HTTP/2 stream was refused. An idempotent request without a body may be sent again.
   */
  unprocessed = false
  /**
   * The upstream itself has said that it did not act on the request (RFC 9113 8.7: a refused stream, or one above the last
   * that GOAWAY names). Then `unprocessed` is true too, and a request of any method may be sent again.
   */
  refused = false
  /** Whole seconds for a Retry-After field (RFC 9110 10.2.3), where that can be told. */
  retryAfter: number | undefined = undefined

  constructor(code: ErrorCode, message?: string, cause?: unknown) {
    super(message ?? errorTable[code].text, cause === undefined ? undefined : { cause })
    this.code = code
  }

  get status(): number {
    return errorTable[this.code].status
  }

  get source(): ErrorSource {
    return errorTable[this.code].source
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable
  }
}
