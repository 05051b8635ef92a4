import assert from 'node:assert/strict'
import test from 'node:test'
import { proxyStatus } from '../../src/http/proxy-status.ts'

const rows: [source: string, given: [string, string, number?], field: string][] = [
  ['RFC 9209 2.1.1', ['edge-1', 'connection_refused'], 'edge-1; error=connection_refused'],
  ['RFC 9209 2.1.5', ['a.test:80', 'x', 503], 'a.test:80; error=x; received-status=503'],
  ['RFC 9651 3.3.4, a token begins with a letter', ['1edge', 'x'], '"1edge"; error=x'],
  ['RFC 9651 3.3.3, a string', ['our "proxy"\\', 'x'], '"our \\"proxy\\"\\\\"; error=x'],
  ['RFC 9651 3.3.3, line ends', ['a\r\nSet-Cookie: b', 'x'], '"a??Set-Cookie: b"; error=x'],
  ['RFC 9651 3.3.3, empty', ['', 'x'], '""; error=x'],
]

for (const [source, given, field] of rows) {
  test(`writes ${field} (${source})`, () => {
    assert.equal(proxyStatus(...given), field)
  })
}
