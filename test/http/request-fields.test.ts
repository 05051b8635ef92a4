import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildRequestFields, compileRequestFields, type RequestFieldOptions } from '../../src/http/request-fields.ts'
import { type ExchangeParts, exchangeWith, upstreamWith } from './exchange-with.ts'

const bare: RequestFieldOptions = {
  host: 'preserve',
  forwarded: false,
  via: undefined,
  requestIdField: undefined,
  underscores: 'drop',
  rules: undefined,
}

function build(options: Partial<RequestFieldOptions>, parts: ExchangeParts, upgrade = false): string[] {
  return buildRequestFields(compileRequestFields({ ...bare, ...options }), exchangeWith(parts), upgrade)
}

/** What follows our Host for the given fields of a client. */
function passed(fields: string[], options: Partial<RequestFieldOptions> = {}, parts: ExchangeParts = {}): string[] {
  return build(options, { ...parts, fields }).slice(2)
}

test('Host comes first, then the fields of the client in their order, case and number', () => {
  const fields = ['aCCept', '*/*', 'Host', 'a.test:8080', 'X-A', '1', 'cookie', 'a=1', 'x-a', '2', 'Cookie', 'b=2']

  assert.deepEqual(build({}, { fields }), [
    ...['Host', 'a.test:8080', 'aCCept', '*/*', 'X-A', '1', 'cookie', 'a=1', 'x-a', '2', 'Cookie', 'b=2'],
  ])
})

test('hop-by-hop fields and what is answered here do not go on (RFC 9110 7.6.1, security 64)', () => {
  const fields = [
    ...['Connection', 'keep-alive', 'Keep-Alive', 'timeout=5', 'Proxy-Connection', 'close', 'TE', 'trailers, gzip'],
    ...['Trailer', 'X-T', 'Transfer-Encoding', 'chunked', 'Upgrade', 'websocket', 'Expect', '100-continue'],
    ...['Proxy-Authorization', 'Basic eA==', 'Proxy-Authenticate', 'Basic', 'Proxy-Authentication-Info', 'x'],
    ...['HTTP2-Settings', 'AAMAAABk', 'Proxy', 'http://evil.test/', 'HOST', 'b.test', ':method', 'GET'],
  ]

  assert.deepEqual(passed(fields), [])
})

test('what Connection nominates is dropped, wherever it stands, and ours is not (GHSA-79qm-7rj5-m7r9, honojs/hono#4459)', () => {
  const fields = ['X-A', '1', 'Connection', 'x-a, X-Request-Id', 'X-B', '2', 'connection', 'x-c, close', 'X-C', '3']

  assert.deepEqual(passed(fields, { requestIdField: 'x-request-id' }), ['X-B', '2', 'x-request-id', 'id-1'])
})

test('nominating what the origin decides by strips nothing (VSV00010, CVE-2026-33805, security 63)', () => {
  const fields = [
    ...['Connection', 'X-Forwarded-For, Authorization, Host, Content-Length, Cookie, Via, Forwarded'],
    ...['Authorization', 'Bearer x', 'Content-Length', '2', 'Cookie', 'a=1'],
  ]

  assert.deepEqual(build({ forwarded: { x: true, standard: true }, via: 'gate' }, { fields }), [
    ...['Host', 'a.test:8080', 'Authorization', 'Bearer x', 'Content-Length', '2', 'Cookie', 'a=1'],
    ...['X-Forwarded-For', '192.0.2.1', 'X-Forwarded-Host', 'a.test:8080'],
    ...['X-Forwarded-Proto', 'http', 'X-Forwarded-Port', '8080'],
    ...['Forwarded', 'for=192.0.2.1;host="a.test:8080";proto=http', 'Via', '1.1 gate'],
  ])
})

test('one Content-Length goes on', () => {
  assert.deepEqual(passed(['Content-Length', '2', 'content-length', '2']), ['Content-Length', '2'])
})

test('the crumbs of a cookie over HTTP/2 are joined (RFC 9113 8.2.3), the Cookie lines of HTTP/1.1 are not', () => {
  const fields = ['cookie', 'a=1', 'x-a', '1', 'cookie', 'b=2', 'cookie', 'c=3']

  assert.deepEqual(passed(fields, {}, { protocol: 'HTTP/2.0' }), ['cookie', 'a=1; b=2; c=3', 'x-a', '1'])
  assert.deepEqual(passed(fields), fields)
})

test('pseudo fields of HTTP/2 do not go on, and Host is the authority (fast-proxy#7)', () => {
  const fields = [':method', 'GET', ':authority', 'a.test:8080', ':scheme', 'http', ':path', '/', 'accept', '*/*']

  assert.deepEqual(build({}, { fields, protocol: 'HTTP/2.0' }), ['Host', 'a.test:8080', 'accept', '*/*'])
})

test('TE: trailers goes on to an upstream of HTTP/2 that may need it, without the rest of TE', () => {
  const cases: [string, string[]][] = [
    ['trailers', ['te', 'trailers']],
    ['gzip;q=0.5, Trailers', ['te', 'trailers']],
    ['gzip', []],
    ['x-trailers', []],
  ]

  for (const [value, want] of cases) assert.deepEqual(passed(['te', value], { te: true }), want, value)
})

test('Trailer goes on where request trailers can travel', () => {
  assert.deepEqual(passed(['Trailer', 'X-T'], { trailers: true }), ['Trailer', 'X-T'])
})

test('an upgrade carries Connection, Upgrade and every Sec-WebSocket field as it came', () => {
  const fields = [
    ...['Connection', 'keep-alive, Upgrade', 'Upgrade', 'websocket', 'Sec-WebSocket-Key', 'x=='],
    ...[
      'Sec-WebSocket-Protocol',
      'a',
      'Sec-WebSocket-Protocol',
      'b',
      'Origin',
      'http://a.test',
      'Authorization',
      'B x',
    ],
  ]

  assert.deepEqual(build({}, { fields, kind: 'upgrade' }, true).slice(2), [
    ...['Upgrade', 'websocket', 'Sec-WebSocket-Key', 'x==', 'Sec-WebSocket-Protocol', 'a'],
    ...['Sec-WebSocket-Protocol', 'b', 'Origin', 'http://a.test', 'Authorization', 'B x', 'Connection', 'Upgrade'],
  ])
})

test('Upgrade: h2c is never forwarded, alone or in a list (RFC 9113 3.1, security 24)', () => {
  const cases: [string, string[]][] = [
    ['h2c', []],
    ['H2C', []],
    ['websocket, h2c', ['Upgrade', 'websocket', 'Connection', 'Upgrade']],
    [' h2c ,foo/2', ['Upgrade', 'foo/2', 'Connection', 'Upgrade']],
    ['h2cx', ['Upgrade', 'h2cx', 'Connection', 'Upgrade']],
  ]

  for (const [value, want] of cases) {
    assert.deepEqual(build({}, { fields: ['Upgrade', value, 'HTTP2-Settings', 'AA'] }, true).slice(2), want, value)
  }
})

test('names with an underscore are dropped, refused or passed, and a forged identity in none of the three', () => {
  const fields = ['X_A', '1', 'X_Forwarded_For', '203.0.113.9', 'x-forwarded_proto', 'https', 'X_Real_IP', '1.1.1.1']

  assert.deepEqual(passed(fields), [])
  assert.deepEqual(passed(fields, { underscores: 'pass' }), ['X_A', '1'])
  assert.throws(() => passed(['X_A', '1'], { underscores: 'refuse' }), { code: 'SP_BAD_FIELD' })
})

test('Max-Forwards is counted down for OPTIONS and TRACE alone (RFC 9110 7.6.2)', () => {
  const cases: [string, string, string][] = [
    ['OPTIONS', '10', '9'],
    ['TRACE', '1', '0'],
    ['OPTIONS', '0', '0'],
    ['OPTIONS', 'x', 'x'],
    ['GET', '10', '10'],
  ]

  for (const [method, given, want] of cases) {
    assert.deepEqual(passed(['Max-Forwards', given], {}, { target: { method } }), ['Max-Forwards', want])
  }
})

test('Via grows by us, with the version in which the request came (RFC 9110 7.6.3)', () => {
  const cases: [string, string[], string][] = [
    ['HTTP/1.1', [], '1.1 gate'],
    ['HTTP/1.0', ['Via', '1.1 a'], '1.1 a, 1.0 gate'],
    ['HTTP/1.1', ['Via', ''], '1.1 gate'],
    ['HTTP/2.0', ['via', '1.1 a', 'via', '1.0 b (c)'], '1.1 a, 1.0 b (c), 2.0 gate'],
  ]

  for (const [protocol, fields, want] of cases) {
    assert.deepEqual(passed(fields, { via: 'gate' }, { protocol }), ['Via', want])
  }
  assert.deepEqual(passed(['Via', '1.1 a']), ['Via', '1.1 a'])
})

test('the request id replaces what the client sent', () => {
  const fields = ['X-REQUEST-ID', 'forged', 'X-A', '1', 'x-request-id', 'forged']

  assert.deepEqual(passed(fields, { requestIdField: 'X-Request-Id' }), ['X-A', '1', 'X-Request-Id', 'id-1'])
  assert.deepEqual(passed(fields), fields)
})

test('Host is preserved, fixed, or that of the upstream picked', () => {
  const plan = compileRequestFields({ ...bare, host: 'upstream' })
  const exchange = exchangeWith({ fields: ['X-A', '1'] })
  const fields = buildRequestFields(plan, exchange, false)
  const before = [...fields]

  assert.deepEqual(plan.atUpstream?.(fields, upstreamWith({ authority: 'up.test' }), exchange), [
    ...['Host', 'up.test', 'X-A', '1'],
  ])
  assert.deepEqual(plan.atUpstream?.(fields, upstreamWith({ authority: 'other:81' }), exchange)[1], 'other:81')
  assert.deepEqual(fields, before)
  assert.deepEqual(build({ host: { set: 'fixed.test:81' } }, {}), ['Host', 'fixed.test:81'])
  assert.equal(compileRequestFields(bare).atUpstream, undefined)
})

test('an HTTP/1.0 request without Host leaves it to the transport to name the upstream', () => {
  const parts: ExchangeParts = { protocol: 'HTTP/1.0', target: { authority: '', host: '', port: undefined } }

  assert.deepEqual(build({}, { ...parts, fields: ['Connection', 'X-A', 'X-A', '1', 'X-B', '2'] }), ['X-B', '2'])
  assert.deepEqual(build({ host: 'upstream' }, parts), ['Host', ''])
})

test('a fixed host that is none is an error at boot', () => {
  for (const set of ['', 'a b', 'a\r\nX: 1', 'http://a.test', 'a.test/x', 'u@a']) {
    assert.throws(
      () => compileRequestFields({ ...bare, host: { set } }),
      { name: 'OptionError', option: 'host.set' },
      set,
    )
  }
})

test('rules come last, on the fields of the client and ours; those that name the upstream wait for it', () => {
  const plan = compileRequestFields({
    ...bare,
    via: 'gate',
    rules: { set: { 'X-Up': '{upstream}', 'X-Who': '{client.ip}' }, remove: ['via', 'X-A'] },
  })
  const exchange = exchangeWith({ fields: ['X-A', '1', 'x-up', 'forged', 'x-who', 'forged'] })
  const fields = buildRequestFields(plan, exchange, false)

  exchange.facts.upstream = '127.0.0.1:3000'

  assert.deepEqual(fields, ['Host', 'a.test:8080', 'x-up', 'forged', 'X-Who', '192.0.2.1'])
  assert.deepEqual(plan.atUpstream?.(fields, upstreamWith({}), exchange), [
    ...['Host', 'a.test:8080', 'X-Up', '127.0.0.1:3000', 'X-Who', '192.0.2.1'],
  ])
})

test('names such as __proto__ and constructor are fields like any other (security 41)', () => {
  const fields = ['__proto__', 'x', 'constructor', 'y', 'toString', 'z']

  assert.deepEqual(passed(fields, { underscores: 'pass' }), fields)
})
