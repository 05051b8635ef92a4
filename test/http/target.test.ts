import assert from 'node:assert/strict'
import test from 'node:test'
import type { ErrorCode } from '../../src/contract/errors.ts'
import type { Target } from '../../src/contract/target.ts'
import { compilePathPolicy } from '../../src/http/path-policy.ts'
import { RequestFault, type RequestHead, readTarget } from '../../src/http/target.ts'

const policy = compilePathPolicy(undefined)
const limits = { uriBytes: 8192 }

const http1: RequestHead = {
  method: 'GET',
  url: '/',
  rawFields: ['Host', 'a.test'],
  httpVersionMajor: 1,
  httpVersionMinor: 1,
  h2: false,
  encrypted: false,
  trusted: false,
}
const http10: RequestHead = { ...http1, httpVersionMinor: 0 }
const http2: RequestHead = { ...http1, httpVersionMajor: 2, httpVersionMinor: 0, h2: true, encrypted: true }
const pseudo = (...fields: string[]) => [':method', 'GET', ':path', '/', ':scheme', 'https', ...fields]

const accepted: [source: string, head: RequestHead, change: Partial<RequestHead>, target: Partial<Target>][] = [
  ['RFC 9112 3.2.1', http1, { url: '/a?b=c' }, { host: 'a.test', path: '/a', query: '?b=c' }],
  ['RFC 3986 3.4, empty query', http1, { url: '/a?' }, { path: '/a', query: '?' }],
  ['RFC 3986 3.4, two marks', http1, { url: '/a?b?c/../d' }, { path: '/a', query: '?b?c/../d' }],
  ['security A.59, query as it is', http1, { url: '/?a=%00%0d%0a%zz' }, { path: '/', query: '?a=%00%0d%0a%zz' }],
  ['fast-proxy#42, //', http1, { url: '//evil/x' }, { host: 'a.test', path: '//evil/x', canonicalPath: '//evil/x' }],
  ['CVE-2026-16117', http1, { url: '/adm%69n' }, { path: '/adm%69n', canonicalPath: '/admin' }],
  ['RFC 9112 3.2', http1, { rawFields: ['hOST', 'A.Test.:81'] }, { authority: 'A.Test.:81', host: 'a.test', port: 81 }],
  ['RFC 9112 3.2.2', http1, { url: 'http://b.test:81/x?y' }, { authority: 'b.test:81', path: '/x', query: '?y' }],
  ['security A.46', http1, { url: 'http://b.test/x' }, { authority: 'b.test', host: 'b.test', path: '/x' }],
  ['RFC 3986 3.1, case', http1, { url: 'HTTP://b.test/x' }, { authority: 'b.test' }],
  ['RFC 9112 3.2.2, no path', http1, { url: 'http://b.test' }, { path: '/', query: '' }],
  ['RFC 9112 3.2.2, no path', http1, { url: 'http://b.test?q' }, { path: '/', query: '?q' }],
  ['RFC 9112 3.2.4', http1, { url: '*', method: 'OPTIONS' }, { path: '*', canonicalPath: '*' }],
  ['RFC 9112 3.2.4', http1, { url: 'http://b.test', method: 'OPTIONS' }, { path: '*', authority: 'b.test' }],
  ['RFC 9112 3.2.4', http1, { url: 'http://b.test/', method: 'OPTIONS' }, { path: '/' }],
  ['CVE-2026-3635, scheme of the socket', http1, { url: 'http://b.test/', encrypted: true }, { scheme: 'https' }],
  ['RFC 9110 7.4, over TLS', http1, { url: 'https://b.test/', encrypted: true }, { scheme: 'https' }],
  ['RFC 9110 7.4, trusted gateway', http1, { url: 'https://b.test/', trusted: true }, { host: 'b.test' }],
  ['RFC 9110 4.2.2', http1, { encrypted: true }, { scheme: 'https' }],
  ['RFC 9112 3.2, HTTP/1.0', http10, { rawFields: [] }, { authority: '', host: '' }],
  ['RFC 9112 3.2, HTTP/1.0', http10, {}, { host: 'a.test' }],
  ['RFC 9113 8.3.1', http2, { rawFields: pseudo(':authority', 'a.test:8443') }, { host: 'a.test', port: 8443 }],
  ['RFC 9113 8.3.1, Host alone', http2, { rawFields: pseudo('host', 'a.test') }, { authority: 'a.test' }],
  [
    'RFC 9113 8.3.1, same',
    http2,
    { rawFields: pseudo(':authority', 'a.test', 'host', 'A.test:443') },
    { host: 'a.test' },
  ],
  ['RFC 9113 8.3.1, *', http2, { method: 'OPTIONS', url: '*', rawFields: pseudo(':authority', 'a') }, { path: '*' }],
]

for (const [source, head, change, expected] of accepted) {
  test(`reads ${describe(head, change)} (${source})`, () => {
    const target = readTarget({ ...head, ...change }, policy, limits)

    assert.ok(!(target instanceof RequestFault))
    assert.ok(Object.isFrozen(target))
    assert.deepEqual({ ...target, ...expected }, { ...target })
  })
}

const refused: [source: string, head: RequestHead, change: Partial<RequestHead>, code: ErrorCode][] = [
  ['security A.35', http1, { httpVersionMajor: 2, httpVersionMinor: 0 }, 'SP_HTTP_VERSION'],
  ['security A.35', http1, { httpVersionMinor: 2 }, 'SP_HTTP_VERSION'],
  ['security A.35', http1, { httpVersionMajor: 0, httpVersionMinor: 9 }, 'SP_HTTP_VERSION'],
  ['security A.43', http1, { rawFields: [] }, 'SP_BAD_AUTHORITY'],
  ['security A.44', http1, { rawFields: ['Host', 'a', 'host', 'a'] }, 'SP_BAD_AUTHORITY'],
  ['security A.44, HTTP/1.0', http10, { rawFields: ['Host', 'a', 'Host', 'b'] }, 'SP_BAD_AUTHORITY'],
  ['security A.45', http1, { rawFields: ['Host', 'a, b'] }, 'SP_BAD_AUTHORITY'],
  ['security A.45', http1, { rawFields: ['Host', 'u@a'] }, 'SP_BAD_AUTHORITY'],
  ['security A.45', http1, { rawFields: ['Host', ''] }, 'SP_BAD_AUTHORITY'],
  ['security A.45, HTTP/1.0', http10, { rawFields: ['Host', '[::1'] }, 'SP_BAD_AUTHORITY'],
  ['RFC 9112 3.2, absolute', http1, { url: 'http://b.test/', rawFields: [] }, 'SP_BAD_AUTHORITY'],
  ['RFC 9112 3.2, absolute', http1, { url: 'http://b.test/', rawFields: ['Host', 'a/b'] }, 'SP_BAD_AUTHORITY'],
  ['RFC 9110 4.2.4, userinfo', http1, { url: 'http://u:p@b.test/' }, 'SP_BAD_AUTHORITY'],
  ['RFC 9110 4.2.1, no host', http1, { url: 'http:///x' }, 'SP_BAD_AUTHORITY'],
  ['RFC 9110 4.2.1, backslash', http1, { url: 'http://b.test\\@evil/' }, 'SP_BAD_AUTHORITY'],
  ['RFC 9110 7.4', http1, { url: 'https://b.test/' }, 'SP_MISDIRECTED'],
  ['RFC 9110 7.4, case', http1, { url: 'HTTPS://b.test/' }, 'SP_MISDIRECTED'],
  ['RFC 9110 7.4, h2c', http2, { rawFields: pseudo(':authority', 'a'), encrypted: false }, 'SP_MISDIRECTED'],
  ['security A.47', http1, { url: 'ftp://b.test/' }, 'SP_BAD_TARGET'],
  ['security A.47', http1, { url: 'evil:80' }, 'SP_BAD_TARGET'],
  ['RFC 9112 3.2.3, CONNECT', http1, { url: 'evil:80', method: 'CONNECT' }, 'SP_BAD_TARGET'],
  ['RFC 9110 4.2.1', http1, { url: 'http:/b.test/' }, 'SP_BAD_TARGET'],
  ['RFC 9112 3.2', http1, { url: 'x' }, 'SP_BAD_TARGET'],
  ['RFC 9112 3.2', http1, { url: '' }, 'SP_BAD_TARGET'],
  ['RFC 9112 3.2', http1, { url: '?a' }, 'SP_BAD_TARGET'],
  ['security A.62', http1, { url: '*' }, 'SP_BAD_TARGET'],
  ['security A.62', http1, { url: '*/x', method: 'OPTIONS' }, 'SP_BAD_TARGET'],
  ['CVE-2023-45539', http1, { url: '/a#b' }, 'SP_BAD_TARGET'],
  ['CVE-2023-45539', http1, { url: '/a?b#c' }, 'SP_BAD_TARGET'],
  ['CVE-2023-45539', http1, { url: 'http://b.test#c' }, 'SP_BAD_TARGET'],
  ['RFC 3986 3.4, raw space', http1, { url: '/?a b' }, 'SP_BAD_TARGET'],
  ['RFC 3986 3.4, raw byte', http1, { url: '/?\xe9' }, 'SP_BAD_TARGET'],
  ['RFC 3986 3.4, raw line end', http1, { url: '/?a\r\nb' }, 'SP_BAD_TARGET'],
  ['security A.40', http1, { url: `/${'a'.repeat(8192)}` }, 'SP_URI_TOO_LONG'],
  ['security A.51', http1, { url: '/a/%2e%2e/b' }, 'SP_BAD_PATH'],
  ['security A.51, absolute', http1, { url: 'http://b.test/a/../b' }, 'SP_BAD_PATH'],
  ['security B.81', http2, { rawFields: pseudo(':authority', 'a', 'host', 'b') }, 'SP_BAD_AUTHORITY'],
  ['security B.81, port', http2, { rawFields: pseudo(':authority', 'a', 'host', 'a:80') }, 'SP_BAD_AUTHORITY'],
  ['security B.81, garbage', http2, { rawFields: pseudo(':authority', 'a', 'host', 'a,a') }, 'SP_BAD_AUTHORITY'],
  ['RFC 9113 8.3.1, none', http2, { rawFields: pseudo() }, 'SP_BAD_AUTHORITY'],
  ['RFC 9113 8.3.1, two', http2, { rawFields: pseudo('host', 'a', 'host', 'a') }, 'SP_BAD_AUTHORITY'],
  ['RFC 9113 8.3.1, empty', http2, { rawFields: pseudo(':authority', '', 'host', 'a') }, 'SP_BAD_AUTHORITY'],
  ['RFC 9113 8.3.1, userinfo', http2, { rawFields: pseudo(':authority', 'u@a') }, 'SP_BAD_AUTHORITY'],
  ['RFC 9113 8.3.1, absolute', http2, { url: 'http://b/', rawFields: pseudo(':authority', 'a') }, 'SP_BAD_TARGET'],
]

for (const [source, head, change, code] of refused) {
  test(`refuses ${describe(head, change)} with ${code} (${source})`, () => {
    const fault = readTarget({ ...head, ...change }, policy, limits)

    assert.ok(fault instanceof RequestFault)
    assert.equal(fault.code, code)
    assert.ok(fault.detail.length > 10)
  })
}

test('an HTTP/2 CONNECT, which has no path, is refused and does not throw', () => {
  const head = { ...http2, method: 'CONNECT', url: undefined as unknown as string }

  assert.ok(readTarget(head, policy, limits) instanceof RequestFault)
})

test('the fault of a path names the rule', () => {
  const fault = readTarget({ ...http1, url: '/a%00' }, policy, limits) as RequestFault

  assert.match(fault.detail, /paths\.nul/)
})

test('a :authority field of an HTTP/1 request names no host', () => {
  const fault = readTarget({ ...http1, rawFields: [':authority', 'a'] }, policy, limits) as RequestFault

  assert.equal(fault.code, 'SP_BAD_AUTHORITY')
})

function describe(head: RequestHead, change: Partial<RequestHead>): string {
  const version = head.h2 ? 'h2' : `1.${head.httpVersionMinor}`
  const text = JSON.stringify(change)
  return `${version} ${text.length > 120 ? `${text.slice(0, 120)}...` : text}`
}
