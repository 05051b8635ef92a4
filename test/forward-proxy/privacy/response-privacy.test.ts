import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPrivacy } from '../../../src/forward-proxy/privacy/privacy.ts'
import type { PrivacyOptions } from '../../../src/forward-proxy/privacy/privacy-options.ts'
import { sessionCookie } from '../../../src/forward-proxy/privacy/response-privacy.ts'
import { exchangeWith, upstreamWith } from '../../http/exchange-with.ts'
import { fakeClock } from '../../support/fake-clock.ts'

function received(options: PrivacyOptions, raw: readonly string[]): string[] | undefined {
  return createPrivacy('privacy', options, fakeClock()).response(exchangeWith({}), raw, upstreamWith({}), false)
}

const given = [
  'Server',
  'x',
  'Connection',
  'close, X-Hop',
  'X-Hop',
  '1',
  'Proxy-Connection',
  'close',
  'Proxy-Authenticate',
  'Basic',
  'Via',
  '1.1 cdn',
  'x-cache',
  'HIT',
  'LOCATION',
  'http://a.test:8080/y',
  'Set-Cookie',
  'a=1',
]

test('transparent and anonymous keep what the origin says and add Via', () => {
  for (const level of ['transparent', 'anonymous'] as const) {
    assert.deepEqual(received({ level }, given), [
      'Server',
      'x',
      'x-cache',
      'HIT',
      'LOCATION',
      'http://a.test:8080/y',
      'Set-Cookie',
      'a=1',
      'Via',
      '1.1 cdn, 1.1 sallyport',
    ])
  }
})

test('elite and paranoid have no Via and no X-Cache', () => {
  const rest = ['Server', 'x', 'LOCATION', 'http://a.test:8080/y']

  assert.deepEqual(received({ level: 'elite' }, given), [...rest, 'Set-Cookie', 'a=1'])
  assert.deepEqual(received({ level: 'paranoid' }, given), rest)
})

test('a transfer coding that cannot be passed on gives nothing', () => {
  assert.equal(received({}, ['Transfer-Encoding', 'gzip, chunked']), undefined)
})

test('a cookie of a session has no date, but one that is taken away keeps its own', () => {
  const now = Date.UTC(2026, 0, 1)
  const kept = [
    'a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/',
    'a=; expires=Wed, 31 Dec 2025 00:00:00 GMT',
    'a=; Max-Age=0',
    'a=; max-age=-1; Expires=Fri, 01 Jan 2027 00:00:00 GMT',
    'expires=1; Path=/',
  ]

  for (const value of kept) assert.equal(sessionCookie(value, now), value)
  assert.equal(
    sessionCookie('a=1; Path=/; Expires=Fri, 01 Jan 2027 00:00:00 GMT; MAX-AGE = 60; Secure', now),
    'a=1; Path=/; Secure',
  )
  assert.deepEqual(received({ cookies: 'session', level: 'elite' }, ['set-cookie', 'a=1; max-age=9']), [
    'set-cookie',
    'a=1',
  ])
})
