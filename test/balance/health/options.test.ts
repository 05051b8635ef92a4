import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HealthOptions, readHealth } from '../../../src/balance/health/options.ts'

test('without options there are no checks', () => {
  assert.equal(readHealth('health', undefined), undefined)
  assert.equal(readHealth('health', false), undefined)
})

test('text is short for a path, and the rest are the documented defaults', () => {
  const settings = readHealth('health', '/healthz?deep=1')

  assert.deepEqual(settings, {
    kind: 'http',
    path: '/healthz?deep=1',
    method: 'GET',
    host: undefined,
    fields: [],
    status: { ranges: [[200, 399]], text: '200-399' },
    body: undefined,
    bodyLimit: 65_536,
    service: '',
    port: undefined,
    tls: undefined,
    http2: undefined,
    interval: 5000,
    edgeInterval: 1000,
    downInterval: 1000,
    jitter: 0.1,
    rise: 2,
    fall: 3,
    timeout: 2000,
    instantFail: true,
    maxConcurrent: 64,
    option: 'health',
  })
  assert.ok(Object.isFrozen(settings))
})

test('a short interval makes the other times shorter too', () => {
  const settings = readHealth('health', { interval: '500ms' })

  assert.deepEqual([settings?.timeout, settings?.edgeInterval, settings?.downInterval], [500, 500, 500])
})

test('a down upstream may be asked less often than one that is up', () => {
  assert.equal(readHealth('health', { interval: '5s', downInterval: '1m' })?.downInterval, 60_000)
})

test('statuses are numbers, families, ranges and lists of these', () => {
  const texts = ([204, '204', '2xx', '200-204', ['2xx', 404, '500-503']] as const).map(
    (status) => readHealth('health', { expect: { status } })?.status.text,
  )

  assert.deepEqual(texts, ['204', '204', '200-299', '200-204', '200-299, 404, 500-503'])
})

test('a gRPC check speaks HTTP/2 whatever the upstream is spoken to', () => {
  assert.equal(readHealth('health', { kind: 'grpc', service: 'shop.Cart' })?.http2, true)
})

const wrong: readonly [option: string, given: unknown, message: RegExp][] = [
  ['health', 7, /give an object/],
  ['health.patj', { patj: '/' }, /Did you mean 'path'/],
  ['health.kind', { kind: 'udp' }, /'http', 'tcp', 'grpc'/],
  ['health.path', { path: 'healthz' }, /such as '\/healthz'/],
  ['health.path', { path: '/a b' }, /percent-encoded/],
  ['health.path', { path: '/a#b' }, /percent-encoded/],
  ['health.path', { path: '/a\r\nX: y' }, /percent-encoded/],
  ['health.path', { path: '*' }, /such as/],
  ['health.method', { method: 'DELETE' }, /'GET', 'HEAD', 'OPTIONS', 'POST'/],
  ['health.host', { host: 'a b' }, /'host' or 'host:port'/],
  ['health.host', { host: '::1' }, /'\[::1\]'/],
  ['health.fields', { fields: ['a', 'b'] }, /names and values/],
  ['health.fields.bad name', { fields: { 'bad name': 'x' } }, /token/],
  ['health.fields.Host', { fields: { Host: 'x' } }, /use the option 'host'/],
  ['health.fields.Content-Length', { fields: { 'Content-Length': '3' } }, /writes this field itself/],
  ['health.fields.x', { fields: { x: 'a\r\nb' } }, /one line/],
  ['health.fields.x', { fields: { x: 7 } }, /one line/],
  ['health.expect', { expect: 200 }, /give an object/],
  ['health.expect.stats', { expect: { stats: 200 } }, /Did you mean 'status'/],
  ['health.expect.status', { expect: { status: '1xx' } }, /from 200 to 599/],
  ['health.expect.status', { expect: { status: '299-200' } }, /from 200 to 599/],
  ['health.expect.status', { expect: { status: 'ok' } }, /from 200 to 599/],
  ['health.expect.status', { expect: { status: 99.5 } }, /from 200 to 599/],
  ['health.expect.status', { expect: { status: [] } }, /from 200 to 599/],
  ['health.expect.body', { expect: { body: '' } }, /text or a RegExp/],
  ['health.expect.body', { method: 'HEAD', expect: { body: 'ok' } }, /has no body/],
  ['health.expect.bodyLimit', { expect: { bodyLimit: '1GiB' } }, /16 MiB/],
  ['health.expect.bodyLimit', { expect: { bodyLimit: 0 } }, /16 MiB/],
  ['health.service', { service: 'x' }, /kind 'http' has no 'service'/],
  ['health.service', { kind: 'grpc', service: 7 }, /name of a gRPC service/],
  ['health.path', { kind: 'tcp', path: '/' }, /kind 'tcp' has no 'path'/],
  ['health.expect', { kind: 'grpc', expect: {} }, /kind 'grpc' has no 'expect'/],
  ['health.port', { port: 0 }, /1 to 65535/],
  ['health.port', { port: 65_536 }, /1 to 65535/],
  ['health.tls.cert_', { tls: { cert_: 'x' } }, /Did you mean 'cert'/],
  ['health.tls.rejectUnauthorized', { tls: { rejectUnauthorized: 'no' } }, /true or false/],
  ['health.tls.key', { tls: { cert: 'x' } }, /needs both cert and key/],
  ['health.tls.ca', { tls: { ca: 'no certificate' } }, /PEM/],
  ['health.http2', { http2: 'yes' }, /true or false/],
  ['health.http2', { http2: null }, /true or false/],
  ['health.interval', { interval: 0 }, /at least 10 ms/],
  ['health.interval', { interval: '5 s' }, /such as/],
  ['health.edgeInterval', { interval: '1s', edgeInterval: '2s' }, /no more than the interval, 1000 ms/],
  ['health.timeout', { interval: '1s', timeout: '2s' }, /no more than the interval, 1000 ms/],
  ['health.timeout', { timeout: false }, /at least 10 ms/],
  ['health.jitter', { jitter: 1.5 }, /from 0 to 1/],
  ['health.rise', { rise: 0 }, /at least 1/],
  ['health.fall', { fall: 1.5 }, /at least 1/],
  ['health.instantFail', { instantFail: 1 }, /true or false/],
  ['health.maxConcurrent', { maxConcurrent: 0 }, /at least 1/],
]
for (const [option, given, message] of wrong) {
  test(`${JSON.stringify(given)} is refused by the name of ${option}`, () => {
    assert.throws(() => readHealth('health', given as HealthOptions), { name: 'OptionError', option, message })
  })
}

test('an error about a field does not tell its value', () => {
  assert.throws(
    () => readHealth('health', { fields: { authorization: 'Bearer s3cret\n' } }),
    (error: Error) => !error.message.includes('s3cret'),
  )
})
