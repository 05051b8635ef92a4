import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Exchange, requestField } from '../../src/contract/exchange.ts'
import { factReader, factTable } from '../../src/contract/facts.ts'
import { exchangeWith } from '../http/exchange-with.ts'

function whole(): Exchange {
  const exchange = exchangeWith({
    fields: ['Host', 'a.test:8080', 'X-Tenant', 'one', 'x-tenant', 'two', 'User-Agent', 'test'],
    target: {
      method: 'PUT',
      scheme: 'https',
      authority: 'a.test:8080',
      host: 'a.test',
      path: '/p%41',
      query: '?q=1',
    },
    client: { ip: '192.0.2.7', port: 4711, peer: '10.0.0.1', trusted: true },
  })
  Object.assign(exchange.facts, {
    status: 502,
    bytesReceived: 10,
    bytesSent: 20,
    duration: 12.3456,
    connect: 1,
    firstByte: 5.00049,
    queued: 7,
    upstream: '127.0.0.1:3000',
    upstreamProtocol: 'HTTP/1.1',
    pool: 'web',
    attempts: 2,
    reused: true,
    cache: 'stale',
    cacheDetail: 'no-store',
    refusal: 'APP_NO',
    error: 'SP_DNS',
    cause: new Error('for the log alone'),
  })
  return exchange
}

const expected: Readonly<Record<string, unknown>> = {
  'request.id': 'id-1',
  kind: 'http',
  method: 'PUT',
  scheme: 'https',
  authority: 'a.test:8080',
  host: 'a.test',
  path: '/p%41',
  query: '?q=1',
  target: '/p%41?q=1',
  protocol: 'HTTP/1.1',
  'client.ip': '192.0.2.7',
  'client.port': 4711,
  'peer.ip': '10.0.0.1',
  status: 502,
  'bytes.received': 10,
  'bytes.sent': 20,
  duration: 12.346,
  'duration.connect': 1,
  'duration.firstByte': 5,
  'duration.queued': 7,
  upstream: '127.0.0.1:3000',
  'upstream.protocol': 'HTTP/1.1',
  'upstream.reused': true,
  pool: 'web',
  attempts: 2,
  cache: 'stale',
  'cache.detail': 'no-store',
  refusal: 'APP_NO',
  error: 'SP_DNS',
}

test('every fact is read from its place', () => {
  const exchange = whole()

  assert.deepEqual(
    Object.fromEntries(Object.entries(factTable).map(([name, read]) => [name, read(exchange)])),
    expected,
  )
})

test('what did not happen is absent, and not a number', () => {
  const exchange = exchangeWith({})

  for (const name of [
    'status',
    'duration',
    'duration.connect',
    'duration.firstByte',
    'upstream',
    'upstream.reused',
    'cache',
    'cache.detail',
    'refusal',
    'error',
  ]) {
    assert.equal(factReader(name)?.(exchange), undefined, name)
  }
  assert.deepEqual([factReader('attempts')?.(exchange), factReader('bytes.sent')?.(exchange)], [0, 0])
})

test('no fact gives an object: neither the cause nor anything else leaks into a label', () => {
  const exchange = whole()

  for (const read of Object.values(factTable)) assert.notEqual(typeof read(exchange), 'object')
})

test('a request field is a fact, by its name in any case; the first line counts', () => {
  const exchange = whole()

  assert.equal(factReader('request.field.x-tenant')?.(exchange), 'one')
  assert.equal(factReader('request.field.X-TENANT')?.(exchange), 'one')
  assert.equal(factReader('request.field.absent')?.(exchange), undefined)
  assert.equal(requestField(exchange, 'user-agent'), 'test')
})

for (const name of ['', 'nope', 'request.field.', 'constructor', '__proto__', 'toString', 'facts']) {
  test(`'${name}' is no fact`, () => assert.equal(factReader(name), undefined))
}
