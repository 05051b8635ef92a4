import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkUpstream } from '../../../src/balance/health/check-upstream.ts'
import { type HealthOptions, type HealthSettings, readHealth } from '../../../src/balance/health/options.ts'
import { createUpstream } from '../../../src/upstream/origin.ts'

function target(url: string, options: HealthOptions, settings: Parameters<typeof createUpstream>[2] = {}) {
  return checkUpstream(createUpstream('upstream', url, settings), readHealth('health', options) as HealthSettings)
}

test('checks have an upstream of their own: they take no connection from traffic', () => {
  const upstream = createUpstream('upstream', 'http://127.0.0.1:3000/base', { maxConnections: 1 })

  const own = checkUpstream(upstream, readHealth('health', '/') as HealthSettings)

  assert.notEqual(own, upstream)
  assert.deepEqual(own, { ...upstream, maxConnections: 8 })
})

test('another port changes all that speaks of it', () => {
  const { port, name, origin, authority } = target('http://a.test:3000', { port: 9000 }, { address: '::1' })

  assert.deepEqual([port, name, origin, authority], [9000, '[::1]:9000', 'http://a.test:9000', 'a.test:9000'])
})

test('the port that the scheme has by default is left out of the authority', () => {
  assert.equal(target('https://[::1]:8443', { port: 443 }).authority, '[::1]')
})

test('TLS settings and protocol may be others than for traffic', () => {
  const tls = { rejectUnauthorized: false }

  assert.equal(target('https://a.test', { tls }, { tls: { ca: 'x' } }).tls, tls)
  assert.equal(target('https://a.test', {}, { tls }).tls, tls)
  assert.equal(target('http://a.test', { http2: true }).http2, true)
  assert.equal(target('http://a.test', { http2: false }, { http2: true }).http2, false)
  assert.equal(target('http://a.test', {}, { http2: true }).http2, true)
})

test('a gRPC method stands for itself: no path of the URL goes before it', () => {
  assert.equal(target('http://a.test/base', { kind: 'grpc' }).basePath, '')
  assert.equal(target('http://a.test/base', {}).basePath, '/base')
})

test('a Unix socket has no port that could be another', () => {
  assert.throws(() => target('http+unix:/run/app.sock', { port: 9000 }), { option: 'health.port', message: /no port/ })
})
