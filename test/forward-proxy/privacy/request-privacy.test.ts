import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPrivacy } from '../../../src/forward-proxy/privacy/privacy.ts'
import type { PrivacyLevel, PrivacyOptions } from '../../../src/forward-proxy/privacy/privacy-options.ts'
import { exchangeWith } from '../../http/exchange-with.ts'
import { fakeClock } from '../../support/fake-clock.ts'

interface Sent {
  readonly protocol?: string
  readonly method?: string
  readonly upgrade?: boolean
  readonly trailers?: boolean
}

function sent(options: PrivacyOptions, fields: readonly string[], how: Sent = {}): string[] {
  const { protocol = 'HTTP/1.1', method = 'GET', upgrade = false, trailers = false } = how
  const exchange = exchangeWith({ fields, protocol, target: { method } })
  const before = [...fields]
  const result = createPrivacy('privacy', options, fakeClock()).request(exchange, upgrade, trailers)
  assert.deepEqual(fields, before)
  return result
}

/** What tells of a client, each once, in odd cases. */
const telling = [
  'X-Forwarded-Host',
  'x-forwarded-proto',
  'X-FORWARDED-PORT',
  'X-Forwarded-Server',
  'X-Forwarded-By',
  'X-Forwarded-User',
  'X-Forwarded',
  'Forwarded-For',
  'X-Real-IP',
  'X-Client-IP',
  'Client-IP',
  'X-Cluster-Client-IP',
  'X-Original-Forwarded-For',
  'True-Client-IP',
  'CF-Connecting-IP',
  'Fastly-Client-IP',
  'X-ProxyUser-Ip',
  'X-BlueCoat-Via',
  'X-Tinyproxy',
  'From',
].flatMap((name) => [name, 'secret'])

const hopByHop = [
  'Proxy-Connection',
  'keep-alive',
  'Proxy-Authorization',
  'Basic eA==',
  'Proxy-Authenticate',
  'x',
  'Proxy-Anything',
  'x',
  'Proxy',
  'http://evil.test',
  'Keep-Alive',
  'timeout=5',
  'TE',
  'trailers',
  'Transfer-Encoding',
  'chunked',
  'Upgrade',
  'websocket',
  'HTTP2-Settings',
  'AAA',
  'Expect',
  '100-continue',
  'Trailer',
  'X-Sum',
  'X-Hop',
  'nominated',
  'Connection',
  'close, X-Hop',
]

const plain = ['aCCept', '*/*', 'X-Dup', '1', 'Host', 'spoofed.test', 'x-dup', '2', 'User-Agent', 'curl/8']
const plainSent = ['aCCept', '*/*', 'X-Dup', '1', 'Host', 'a.test:8080', 'x-dup', '2', 'User-Agent', 'curl/8']

test('at every level, what is for one connection alone is dropped, and Host names the target in its place', () => {
  for (const level of ['transparent', 'anonymous', 'elite'] as const) {
    const fields = sent({ level }, [...hopByHop, ...plain])
    assert.deepEqual(fields.slice(0, plainSent.length), plainSent, level)
    const ours = fields.slice(plainSent.length).filter((_, i) => i % 2 === 0)
    assert.deepEqual(ours, { transparent: ['X-Forwarded-For', 'Via'], anonymous: ['Via'], elite: [] }[level], level)
  }
})

test('transparent adds Via and appends the client to X-Forwarded-For; Forwarded if asked', () => {
  const given = ['Host', 'a', 'Via', '1.0 office', 'X-Forwarded-For', '10.0.0.9', 'X-Real-IP', '10.0.0.9']

  assert.deepEqual(sent({ level: 'transparent', pseudonym: 'gate' }, given), [
    'Host',
    'a.test:8080',
    'X-Real-IP',
    '10.0.0.9',
    'X-Forwarded-For',
    '10.0.0.9, 192.0.2.1',
    'Via',
    '1.0 office, 1.1 gate',
  ])
  assert.deepEqual(sent({ level: 'transparent', forwarded: true }, ['Host', 'a', 'Forwarded', 'for=x']).slice(-4, -2), [
    'Forwarded',
    'for=x, for=192.0.2.1;host="a.test:8080";proto=http',
  ])
})

test('anonymous keeps Via and drops every field that tells of the client, with underscores too', () => {
  const given = [...telling, 'X-Forwarded-For', 's', 'Forwarded', 'for=s', 'X_Forwarded_For', 's', 'X_Own', 'kept']

  assert.deepEqual(sent({}, ['Host', 'a', ...given, 'Via', '1.1 office']), [
    'Host',
    'a.test:8080',
    'X_Own',
    'kept',
    'Via',
    '1.1 office, 1.1 sallyport',
  ])
})

test('elite adds nothing at all and drops Via as well', () => {
  const given = [...telling, 'X-Forwarded-For', 's', 'Forwarded', 'for=s', 'Via', '1.1 office']
  const mine = ['accept-LANGUAGE', 'de', 'Cookie', 'a=1', 'Referer', 'http://b.test/x']

  assert.deepEqual(sent({ level: 'elite' }, ['Host', 'a', ...given, ...mine]), ['Host', 'a.test:8080', ...mine])
})

test('elite without a Host has one, for no request does without', () => {
  assert.deepEqual(sent({ level: 'elite' }, ['Accept', '*/*']), ['Host', 'a.test:8080', 'Accept', '*/*'])
})

test('paranoid lets through what is on the list, and nothing else', () => {
  const listed = [
    'Authorization',
    'Cache-Control',
    'Content-Type',
    'Content-Length',
    'Content-Encoding',
    'Date',
    'If-Modified-Since',
    'Pragma',
    'Accept',
    'Accept-Encoding',
    'Accept-Language',
  ].flatMap((name) => [name, '1'])
  const others = [
    'User-Agent',
    'Cookie',
    'Referer',
    'Origin',
    'DNT',
    'If-None-Match',
    'X-Own',
    'Range',
    'Sec-Fetch-Site',
  ]

  const fields = sent({ level: 'paranoid' }, ['Host', 'a', ...others.flatMap((name) => [name, 'x']), ...listed])

  assert.deepEqual(fields, ['Host', 'a.test:8080', ...listed])
})

test('an explicit policy counts for paranoid too', () => {
  const fields = ['Host', 'a', 'User-Agent', 'curl/8', 'Cookie', 'a=1', 'Referer', 'http://b.test/x?y']

  assert.deepEqual(
    sent({ level: 'paranoid', userAgent: { set: 'Mozilla/5.0' }, cookies: 'session', referer: 'origin' }, fields),
    ['Host', 'a.test:8080', 'User-Agent', 'Mozilla/5.0', 'Cookie', 'a=1', 'Referer', 'http://b.test/'],
  )
})

test('User-Agent is kept, dropped or replaced, and client hints do not contradict it', () => {
  const given = ['Host', 'a', 'user-agent', 'curl/8', 'Sec-CH-UA-Platform', '"Linux"']
  const ua = (userAgent: PrivacyOptions['userAgent'], fields = given) =>
    sent(userAgent === undefined ? { level: 'elite' } : { level: 'elite', userAgent }, fields).slice(2)

  assert.deepEqual(ua(undefined), given.slice(2))
  assert.deepEqual(ua('drop'), [])
  assert.deepEqual(ua({ set: 'x/1' }), ['user-agent', 'x/1'])
  assert.deepEqual(ua({ set: 'x/1' }, ['Host', 'a']), [])
})

test('Referer is kept, dropped, cut to its origin or to what is of the same origin', () => {
  const referer = (policy: NonNullable<PrivacyOptions['referer']>, value: string) =>
    sent({ level: 'elite', referer: policy }, ['Host', 'a', 'Referer', value])[3]

  assert.equal(referer('keep', 'http://b.test/x'), 'http://b.test/x')
  assert.equal(referer('drop', 'http://b.test/x'), undefined)
  assert.equal(referer('origin', 'HTTPS://u:p@B.test:444/x?q#f'), 'https://b.test:444/')
  assert.equal(referer('origin', 'http://u@p@b.test'), 'http://b.test/')
  assert.equal(referer('origin', 'about:blank'), undefined)
  assert.equal(referer('same-origin', 'http://A.test:8080/x'), 'http://A.test:8080/x')
  assert.equal(referer('same-origin', 'http://a.test/x'), undefined)
  assert.equal(referer('same-origin', 'https://a.test:8080/x'), undefined)
  assert.equal(referer('same-origin', 'http://u:p@a.test:8080/x'), undefined)
})

test('cookies are dropped whole; crumbs of HTTP/2 become one', () => {
  const crumbs = [':method', 'GET', 'cookie', 'a=1', 'x-own', '1', 'cookie', 'b=2']

  assert.deepEqual(sent({ level: 'elite', cookies: 'drop' }, crumbs), ['Host', 'a.test:8080', 'x-own', '1'])
  assert.deepEqual(sent({ level: 'elite' }, crumbs, { protocol: 'HTTP/2.0' }).slice(2), [
    'cookie',
    'a=1; b=2',
    'x-own',
    '1',
  ])
})

test('DNT and Sec-GPC are kept, dropped or set', () => {
  const given = ['Host', 'a', 'DNT', '0', 'Sec-GPC', '0']

  assert.deepEqual(sent({ level: 'elite' }, given).slice(2), given.slice(2))
  assert.deepEqual(sent({ level: 'elite', dnt: 'drop' }, given).slice(2), [])
  assert.deepEqual(sent({ dnt: 'set' }, given).slice(4), ['DNT', '1', 'Sec-GPC', '1'])
})

test('an upgrade keeps Connection in its place, and the handshake at every level', () => {
  const handshake = ['Sec-WebSocket-Key', 'k', 'Sec-WebSocket-Version', '13', 'Sec-WebSocket-Protocol', 'p']
  const given = ['Host', 'a', 'connection', 'keep-alive, Upgrade, X-Hop', 'X-Hop', '1', 'Upgrade', 'h2c, websocket']

  for (const level of ['elite', 'paranoid'] as const) {
    assert.deepEqual(
      sent({ level }, [...given, ...handshake], { upgrade: true }),
      ['Host', 'a.test:8080', 'connection', 'Upgrade', 'Upgrade', 'websocket', ...handshake],
      level,
    )
  }
  assert.deepEqual(sent({ level: 'elite' }, given), ['Host', 'a.test:8080'])
})

test('nobody strips our fields by naming them in Connection', () => {
  const fields = sent({ level: 'transparent' }, ['Host', 'a', 'Connection', 'X-Forwarded-For, Via, Host'])

  assert.deepEqual(fields, ['Host', 'a.test:8080', 'X-Forwarded-For', '192.0.2.1', 'Via', '1.1 sallyport'])
})

test('Max-Forwards counts down for OPTIONS and TRACE; Trailer goes on where trailers do', () => {
  const given = ['Host', 'a', 'Max-Forwards', '3', 'Trailer', 'X-Sum']

  assert.deepEqual(sent({ level: 'elite' }, given, { method: 'OPTIONS', trailers: true }).slice(2), [
    'Max-Forwards',
    '2',
    'Trailer',
    'X-Sum',
  ])
})

test('an unknown level is an error that lists the four; what contradicts itself is one too', () => {
  const open = (options: object) => () => createPrivacy('privacy', options as PrivacyOptions, fakeClock())

  assert.throws(
    open({ level: 'eliet' as PrivacyLevel }),
    /privacy\.level.*"eliet".*'transparent', 'anonymous', 'elite', 'paranoid'/,
  )
  assert.throws(open({ level: 'elite', dnt: 'set' }), /privacy\.dnt/)
  assert.throws(open({ forwarded: true }), /privacy\.forwarded/)
  assert.throws(open({ userAgent: { set: 'a\r\nX: y' } }), /privacy\.userAgent\.set/)
  assert.throws(open({ pseudonym: 'a b' }), /privacy\.pseudonym/)
  assert.throws(open({ leval: 'elite' }), /Did you mean 'level'/)
})
