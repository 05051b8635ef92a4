import assert from 'node:assert/strict'
import test from 'node:test'
import type { ErrorCode } from '../../src/contract/errors.ts'
import { checkRequest } from '../../src/http/request-check.ts'
import type { RequestHead } from '../../src/http/target.ts'

const limits = { headerBytes: 16_384, headerFields: 100 }

function head(version: '1.0' | '1.1' | '2', rawFields: readonly string[]): RequestHead {
  const h2 = version === '2'
  const httpVersionMinor = version === '1.1' ? 1 : 0
  return {
    method: 'POST',
    url: '/',
    rawFields,
    httpVersionMajor: h2 ? 2 : 1,
    httpVersionMinor,
    h2,
    encrypted: h2,
    trusted: false,
  }
}

const many = (count: number, name = 'x', value = '') => Array.from({ length: count }, () => [name, value]).flat()
const pseudo = [':method', 'GET', ':path', '/', ':scheme', 'https', ':authority', 'a']

const accepted: [source: string, version: '1.0' | '1.1' | '2', fields: readonly string[]][] = [
  ['RFC 9112 6.1', '1.1', ['Transfer-Encoding', 'chunked']],
  ['RFC 9112 7, case', '1.1', ['transfer-encoding', 'CHUNKED']],
  ['security A.9', '1.1', ['Transfer-Encoding', ',chunked']],
  ['security A.9', '1.1', ['Transfer-Encoding', ' , chunked\t,']],
  ['RFC 9110 5.3, two lines', '1.1', ['Transfer-Encoding', '', 'Transfer-Encoding', 'chunked']],
  ['RFC 9110 8.6', '1.1', ['Content-Length', '2']],
  ['RFC 9110 10.1.1', '1.1', ['Expect', '100-continue']],
  ['RFC 9110 10.1.1, case', '1.1', ['expect', '100-Continue']],
  ['security A.39', '1.1', many(100)],
  ['security B.89, pseudo fields do not count', '2', [...pseudo, ...many(100)]],
  ['security A.41', '1.1', ['__proto__', 'x', 'constructor', 'y']],
]

for (const [source, version, fields] of accepted) {
  test(`takes ${version} ${describe(fields)} (${source})`, () => {
    assert.equal(checkRequest(head(version, fields), limits, 'drop'), undefined)
  })
}

const refused: [source: string, version: '1.0' | '1.1' | '2', fields: readonly string[], code: ErrorCode][] = [
  ['security A.1', '1.1', ['Content-Length', '2', 'Transfer-Encoding', 'chunked'], 'SP_BAD_REQUEST'],
  ['security A.1', '1.1', ['Transfer-Encoding', 'gzip, chunked', 'Content-Length', '2'], 'SP_BAD_REQUEST'],
  ['security A.2', '1.1', ['Content-Length', '2', 'content-length', '2'], 'SP_BAD_REQUEST'],
  ['security A.2', '2', ['content-length', '2', 'content-length', '2'], 'SP_BAD_REQUEST'],
  ['security A.8', '1.1', ['Transfer-Encoding', 'xchunked'], 'SP_TRANSFER_CODING'],
  ['security A.8', '1.1', ['Transfer-Encoding', 'chunked, identity'], 'SP_TRANSFER_CODING'],
  ['security A.8', '1.1', ['Transfer-Encoding', 'chunked, chunked'], 'SP_TRANSFER_CODING'],
  ['security A.8', '1.1', ['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'], 'SP_TRANSFER_CODING'],
  ['security A.8', '1.1', ['Transfer-Encoding', '\x0bchunked'], 'SP_TRANSFER_CODING'],
  ['security A.10', '1.1', ['Transfer-Encoding', 'gzip, chunked'], 'SP_TRANSFER_CODING'],
  ['security A.10', '1.1', ['Transfer-Encoding', 'gzip', 'Transfer-Encoding', 'chunked'], 'SP_TRANSFER_CODING'],
  ['RFC 9112 6.1', '1.1', ['Transfer-Encoding', ''], 'SP_TRANSFER_CODING'],
  ['RFC 9112 6.1', '1.1', ['Transfer-Encoding', 'chunked;q=1'], 'SP_TRANSFER_CODING'],
  ['CVE-2026-2835', '1.0', ['Transfer-Encoding', 'chunked'], 'SP_BAD_REQUEST'],
  ['RFC 9113 8.2.2', '2', ['transfer-encoding', 'chunked'], 'SP_BAD_REQUEST'],
  ['security A.26', '1.1', ['Expect', 'y 100-continue'], 'SP_EXPECTATION_FAILED'],
  ['security A.26', '1.1', ['Expect', '100-continue', 'Expect', 'x'], 'SP_EXPECTATION_FAILED'],
  ['RFC 9110 10.1.1', '1.1', ['Expect', ''], 'SP_EXPECTATION_FAILED'],
  ['security A.39', '1.1', many(101), 'SP_FIELDS_TOO_LARGE'],
  ['security B.89', '2', [...pseudo, ...many(101)], 'SP_FIELDS_TOO_LARGE'],
  ['security A.38', '1.1', ['a', 'x'.repeat(16_380)], 'SP_FIELDS_TOO_LARGE'],
  ['CVE-2026-49975, cookie crumbs', '2', many(90, 'cookie', 'x'.repeat(200)), 'SP_FIELDS_TOO_LARGE'],
]

for (const [source, version, fields, code] of refused) {
  test(`refuses ${version} ${describe(fields)} with ${code} (${source})`, () => {
    assert.equal(checkRequest(head(version, fields), limits, 'drop')?.code, code)
  })
}

test('a field name with an underscore is refused where the option says so (security A.13)', () => {
  const request = head('1.1', ['Host', 'a', 'Transfer_Encoding', 'chunked'])

  assert.equal(checkRequest(request, limits, 'refuse')?.code, 'SP_BAD_FIELD')
  assert.equal(checkRequest(request, limits, 'drop'), undefined)
  assert.equal(checkRequest(request, limits, 'pass'), undefined)
})

test('fields of exactly the limit pass', () => {
  assert.equal(checkRequest(head('1.1', ['a', 'x'.repeat(16_379)]), limits, 'drop'), undefined)
})

test('a Transfer-Encoding full of blanks is answered at once', () => {
  const request = head('1.1', ['Transfer-Encoding', `${'\t '.repeat(5e5)}x${' '.repeat(5e5)}y`])

  const started = performance.now()
  const fault = checkRequest(request, { headerBytes: 1e7, headerFields: 10 }, 'drop')

  assert.equal(fault?.code, 'SP_TRANSFER_CODING')
  assert.ok(performance.now() - started < 2000)
})

function describe(fields: readonly string[]): string {
  const text = JSON.stringify(fields)
  return text.length > 100 ? `${text.slice(0, 100)}... (${fields.length / 2} fields)` : text
}
