import assert from 'node:assert/strict'
import test from 'node:test'
import { parseAuthority } from '../../src/http/authority.ts'

const accepted: [source: string, text: string, host: string, port?: number][] = [
  ['RFC 9110 4.2.1', 'a.test', 'a.test'],
  ['RFC 9110 4.2.1', 'a.test:8080', 'a.test', 8080],
  ['RFC 3986 3.2.2, case', 'A.TEST', 'a.test'],
  ['security A.48, trailing dot', 'A.TEST.:443', 'a.test', 443],
  ['security A.48, punycode', 'xn--bcher-kva.test', 'xn--bcher-kva.test'],
  ['RFC 3986 3.2.3, empty port', 'a.test:', 'a.test'],
  ['RFC 3986 3.2.2, IPv4', '127.0.0.1:1', '127.0.0.1', 1],
  ['RFC 3986 3.2.2, IPv6', '[::1]', '[::1]'],
  ['RFC 3986 3.2.2, IPv6', '[2001:DB8::1]:65535', '[2001:db8::1]', 65535],
  ['RFC 3986 2.3, unreserved', 'a-b_c~d.test', 'a-b_c~d.test'],
  ['RFC 3986 3.2.3, leading zeros', 'a:0080', 'a', 80],
]

for (const [source, text, host, port] of accepted) {
  test(`takes ${JSON.stringify(text)} (${source})`, () => {
    assert.deepEqual(parseAuthority(text), { host, port })
  })
}

const refused: [source: string, text: string][] = [
  ['security A.45, comma', 'a, b'],
  ['security A.45, comma', 'a,b'],
  ['security A.45, userinfo', 'u@a'],
  ['CVE-2026-55602', 'a.test:80@evil'],
  ['security A.45, slash', 'a/b'],
  ['security A.45, port', 'a:99999'],
  ['security A.45, space', 'a b'],
  ['security A.45, empty', ''],
  ['security A.45, open bracket', '[::1'],
  ['security A.45, fragment', 'a#b'],
  ['RFC 9112 3.2, query', 'a?b'],
  ['RFC 3986 3.2.3, port 0', 'a:0'],
  ['RFC 3986 3.2.3, port', 'a:80a'],
  ['RFC 3986 3.2.3, sign', 'a:+80'],
  ['RFC 3986 3.2.3, two ports', 'a:80:80'],
  ['RFC 3986 3.2.2, port without host', ':80'],
  ['RFC 3986 3.2.2, percent-encoding', 'a%2eb'],
  ['RFC 3986 3.2.2, sub-delimiters', 'a;b'],
  ['RFC 3986 3.2.2, bare IPv6', '::1'],
  ['RFC 3986 3.2.2, IPv6', '[::1]x'],
  ['RFC 3986 3.2.2, IPv6', '[1.2.3.4]'],
  ['RFC 3986 3.2.2, IPv6', '[]'],
  ['RFC 3986 3.2.2, IPvFuture', '[v1.a]'],
  ['RFC 9844, zone', '[fe80::1%eth0]'],
  ['RFC 1034 3.1, empty label', 'a..b'],
  ['RFC 1034 3.1, empty label', '.a'],
  ['RFC 1034 3.1, empty label', 'a..'],
  ['RFC 1034 3.1, root', '.'],
  ['RFC 1034 3.1, length', `${'a'.repeat(61)}.`.repeat(5)],
  ['RFC 9110 5.5, line end', 'a\r\nb'],
  ['RFC 9110 5.5, NUL', 'a\0'],
  ['RFC 9110 5.5, tab', 'a\t'],
  ['RFC 9112 3.2, backslash', 'a\\b'],
  ['RFC 3986 3.2.2, bytes above 7E', 'b\xfccher.test'],
]

for (const [source, text] of refused) {
  test(`refuses ${JSON.stringify(text)} (${source})`, () => {
    assert.equal(parseAuthority(text), undefined)
  })
}

test('gives the same answer after thousands of other hosts', () => {
  const first = parseAuthority('A.test:81')

  for (let i = 0; i < 5000; i++) assert.equal(parseAuthority(`h${i}.test`)?.host, `h${i}.test`)

  assert.deepEqual(parseAuthority('A.test:81'), first)
})
