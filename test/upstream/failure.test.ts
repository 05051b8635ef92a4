import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, ProxyError } from '../../src/contract/errors.ts'
import { answerError, connectError } from '../../src/upstream/failure.ts'

const coded = (code: string, message = 'what the system said'): Error => Object.assign(new Error(message), { code })

const connecting: readonly [string, ErrorCode][] = [
  ['ECONNREFUSED', 'SP_CONNECT_REFUSED'],
  ['ENOENT', 'SP_CONNECT_REFUSED'],
  ['EACCES', 'SP_CONNECT_REFUSED'],
  ['ENOTFOUND', 'SP_DNS'],
  ['EAI_AGAIN', 'SP_DNS'],
  ['ETIMEDOUT', 'SP_CONNECT_TIMEOUT'],
  ['EHOSTUNREACH', 'SP_CONNECT_FAILED'],
  ['ENETUNREACH', 'SP_CONNECT_FAILED'],
  ['ECONNRESET', 'SP_CONNECT_FAILED'],
  ['EMFILE', 'SP_CONNECT_FAILED'],
  ['CERT_HAS_EXPIRED', 'SP_TLS_CERTIFICATE'],
  ['CERT_NOT_YET_VALID', 'SP_TLS_CERTIFICATE'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'SP_TLS_CERTIFICATE'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'SP_TLS_CERTIFICATE'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'SP_TLS_CERTIFICATE'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'SP_TLS_CERTIFICATE'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'SP_TLS_CERTIFICATE'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'SP_TLS_PROTOCOL'],
  ['EPROTO', 'SP_TLS_PROTOCOL'],
  ['', 'SP_CONNECT_FAILED'],
]

for (const [code, ours] of connecting) {
  test(`${code === '' ? 'an error without a code' : code} while connecting is ${ours}`, () => {
    const original = coded(code)

    const error = connectError(original, 'a.test:80')

    assert.equal(error.code, ours)
    assert.equal(error.message, 'a.test:80: what the system said')
    assert.equal(error.cause, original)
  })
}

const answering: readonly [string, string, ErrorCode][] = [
  ['HPE_HEADER_OVERFLOW', '', 'SP_UPSTREAM_FIELDS'],
  ['HPE_INVALID_HEADER_TOKEN', '', 'SP_UPSTREAM_PROTOCOL'],
  ['ECONNRESET', '', 'SP_UPSTREAM_RESET'],
  ['EPIPE', '', 'SP_UPSTREAM_RESET'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', '', 'SP_TLS_PROTOCOL'],
  ['', '', 'SP_UPSTREAM_RESET'],
]

for (const [code, message, ours] of answering) {
  test(`${code} ${message} on a standing connection is ${ours}`, () => {
    assert.equal(answerError(coded(code, message), 'a.test:80').code, ours)
  })
}

test('an error of ours stays as it is; what is no error is one all the same', () => {
  const error = new ProxyError('SP_DNS')

  assert.equal(connectError(error, 'a'), error)
  assert.equal(answerError(error, 'a'), error)
  assert.equal(answerError(null, 'a').code, 'SP_UPSTREAM_RESET')
  assert.equal(answerError('text', 'a').code, 'SP_UPSTREAM_RESET')
})

test('a name with several addresses, none of which listens, is refused', () => {
  const each = [coded('ECONNREFUSED'), coded('ECONNREFUSED')]
  const all = Object.assign(new AggregateError(each), { code: 'ECONNREFUSED' })

  assert.equal(connectError(all, 'localhost:80').code, 'SP_CONNECT_REFUSED')
})
