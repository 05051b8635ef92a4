import assert from 'node:assert/strict'
import { STATUS_CODES } from 'node:http'
import { test } from 'node:test'
import { type ErrorCode, errorTable, ProxyError } from '../../src/contract/errors.ts'

const rows = Object.entries(errorTable)

// RFC 9209 2.3.
const types = new Set(
  (
    'dns_timeout dns_error destination_not_found destination_unavailable destination_ip_prohibited ' +
    'destination_ip_unroutable connection_refused connection_terminated connection_timeout connection_read_timeout ' +
    'connection_write_timeout connection_limit_reached tls_protocol_error tls_certificate_error tls_alert_received ' +
    'http_request_error http_request_denied http_response_incomplete http_response_header_section_size ' +
    'http_response_header_size http_response_body_size http_response_trailer_section_size ' +
    'http_response_trailer_size http_response_transfer_coding http_response_content_coding http_response_timeout ' +
    'http_upgrade_failed http_protocol_error proxy_internal_response proxy_internal_error ' +
    'proxy_configuration_error proxy_loop_detected'
  ).split(' '),
)

for (const [code, row] of rows) {
  test(`${code} is a whole row`, () => {
    assert.match(code, /^SP_[A-Z]+(_[A-Z]+)*$/)
    assert.ok(row.status === 499 || STATUS_CODES[row.status] !== undefined, `status ${row.status}`)
    assert.ok(row.status >= 400)
    assert.ok(['downstream', 'upstream', 'proxy'].includes(row.source))
    assert.equal(typeof row.retryable, 'boolean')
    assert.ok(types.has(row.proxyStatus), row.proxyStatus)
    assert.match(row.text, /^[A-Z][^\n<>&"]*\.$/)
  })
}

test('what is the client’s fault is no 5xx, save what RFC 9110 calls so; what is the upstream’s is one', () => {
  const unsupported = new Set(['SP_TRANSFER_CODING', 'SP_HTTP_VERSION'])
  for (const [code, { source, status }] of rows) {
    if (source === 'downstream' && !unsupported.has(code)) assert.ok(status < 500, code)
    if (source === 'upstream') assert.ok(status === 502 || status === 504, code)
  }
  assert.equal(errorTable.SP_TRANSFER_CODING.status, 501)
  assert.equal(errorTable.SP_HTTP_VERSION.status, 505)
})

test('nothing that the client did wrong is worth another attempt', () => {
  for (const [code, { source, retryable }] of rows) if (source === 'downstream') assert.equal(retryable, false, code)
})

test('every status that the gateway promises has a row', () => {
  const statuses = new Set<number>(rows.map(([, { status }]) => status))

  for (const status of [400, 403, 405, 408, 413, 414, 417, 421, 431, 499, 500, 501, 502, 503, 504, 505, 508]) {
    assert.ok(statuses.has(status), String(status))
  }
})

test('a ProxyError carries its row, a message for the log and the cause', () => {
  const cause = new Error('ECONNREFUSED 10.0.0.1:80')
  const error = new ProxyError('SP_CONNECT_REFUSED', '10.0.0.1:80: refused', cause)
  const plain = new ProxyError('SP_CLIENT_GONE')

  assert.deepEqual(
    [error.name, error.code, error.status, error.source, error.retryable],
    ['ProxyError', 'SP_CONNECT_REFUSED', 502, 'upstream', true],
  )
  assert.deepEqual([error.message, error.cause, error.unprocessed], ['10.0.0.1:80: refused', cause, false])
  assert.equal(plain.message, errorTable.SP_CLIENT_GONE.text)
  assert.ok(!('cause' in plain))
})

test('the table is typed by its codes', () => {
  const code: ErrorCode = 'SP_LOOP'

  assert.equal(errorTable[code].status, 508)
})
