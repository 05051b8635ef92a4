import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CookieRewrite, compileCookieRewrite } from '../../src/http/set-cookie.ts'

const cases: [CookieRewrite, string, string][] = [
  [{ domain: { 'up.test': 'a.test' } }, 'a=1; Domain=up.test; Secure', 'a=1; Domain=a.test; Secure'],
  [{ domain: { 'up.test': 'a.test' } }, 'a=1;domain = .UP.test ;Secure', 'a=1;domain = a.test ;Secure'],
  [{ domain: { '.up.test': 'a.test' } }, 'a=1; Domain=up.test', 'a=1; Domain=a.test'],
  [{ domain: { 'up.test': 'a.test' } }, 'a=1; Domain=other.test', 'a=1; Domain=other.test'],
  [{ domain: { 'up.test': 'a.test' } }, 'a=1; Domain=sub.up.test', 'a=1; Domain=sub.up.test'],
  [{ domain: { 'up.test': '' } }, 'a=1; Domain=up.test; Secure', 'a=1; Secure'],
  [{ domain: { '*': '' } }, 'a=1; Path=/; DOMAIN=x.test', 'a=1; Path=/'],
  [{ domain: { '*': 'z.test', 'up.test': 'a.test' } }, 'a=1; Domain=up.test', 'a=1; Domain=a.test'],
  [{ domain: { '*': 'z.test' } }, 'a=1; Secure', 'a=1; Secure'],
  [{ domain: { '*': 'z.test' } }, 'domain=up.test; path=/x', 'domain=up.test; path=/x'],
  [{ path: { '/app': '/api' } }, 'a=1; Path=/app/x; HttpOnly', 'a=1; Path=/api/x; HttpOnly'],
  [{ path: { '/app': '/api' } }, 'a=1; PATH=/app', 'a=1; PATH=/api'],
  [{ path: { '/app': '/api' } }, 'a=1; Path=/apple', 'a=1; Path=/apple'],
  [{ path: { '/app/': '/api/' } }, 'a=1; Path=/app', 'a=1; Path=/api'],
  [{ path: { '/': '/api' } }, 'a=1; Path=/', 'a=1; Path=/api'],
  [{ path: { '/': '/api' } }, 'a=1; Path=/x', 'a=1; Path=/api/x'],
  [{ path: { '/': '/api/' } }, 'a=1; Path=/x', 'a=1; Path=/api/x'],
  [{ path: { '/app': '/' } }, 'a=1; Path=/app/x', 'a=1; Path=/x'],
  [{ path: { '/app/': '/' } }, 'a=1; Path=/app', 'a=1; Path=/'],
  [{ path: { '/': '/z', '/app': '/api' } }, 'a=1; Path=/app/x', 'a=1; Path=/api/x'],
  [{ path: { '/': '/api' } }, '__Host-a=1; Path=/; Secure', '__Host-a=1; Path=/; Secure'],
  [{ path: { '/': '/api' } }, 'a=1; Secure', 'a=1; Secure'],
  [
    { domain: { '*': 'a.test' }, path: { '/': '/p' } },
    'a="x=1"; Expires=Wed, 09 Jun 2027 10:18:14 GMT;  Path=/;Domain=u ;; SameSite=Lax;',
    'a="x=1"; Expires=Wed, 09 Jun 2027 10:18:14 GMT;  Path=/p;Domain=a.test ;; SameSite=Lax;',
  ],
  [{}, 'a=1; Domain=up.test', 'a=1; Domain=up.test'],
  [{ domain: { '*': 'a.test' } }, 'a=1', 'a=1'],
]

for (const [rewrite, value, want] of cases) {
  test(`Set-Cookie ${value} becomes ${want} with ${JSON.stringify(rewrite)} (RFC 6265 5.2)`, () => {
    assert.equal(compileCookieRewrite('rewriteCookies', rewrite)(value), want)
  })
}

test('a rewrite that could break the line, and an unknown key, are errors at boot', () => {
  const bad: unknown[] = [
    { domain: { a: 'b; Secure' } },
    { path: { '/': '/\r\n' } },
    { path: { '/': 1 } },
    { paths: {} },
    7,
  ]

  for (const rewrite of bad) {
    assert.throws(() => compileCookieRewrite('rewriteCookies', rewrite as CookieRewrite), { name: 'OptionError' })
  }
})
