import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuthority, createCertificate } from '../../support/certificates.ts'
import { h2Origin } from '../../support/h2-origin.ts'
import { until } from '../../support/until.ts'
import { live } from './live.ts'

const authority = createAuthority('Test CA')
const tls = { ca: authority.cert }

test('over TLS the authority of the upstream counts, and its absence shows', async (t) => {
  const origin = await h2Origin((stream) => stream.respond({ ':status': 204 }, { endStream: true }), {
    tls: createCertificate({ authority }),
  })
  t.after(() => origin.close())

  assert.equal(await live(t, origin.url, { http2: true }, { tls }).first(), 'up: status 204')
  assert.match(
    await live(t, origin.url, { http2: true }).first(),
    /^down: the certificate is not accepted \([A-Z_]+\)$/,
  )
})

test('checks may have TLS settings of their own', async (t) => {
  const origin = await h2Origin((stream) => stream.respond({ ':status': 204 }, { endStream: true }), {
    tls: createCertificate({ authority, name: 'other.test' }),
  })
  t.after(() => origin.close())

  const named = { ...tls, servername: 'other.test' }
  assert.equal(await live(t, origin.url, { http2: true, tls: named }, { tls }).first(), 'up: status 204')
  assert.match(await live(t, origin.url, { http2: true }, { tls }).first(), /ERR_TLS_CERT_ALTNAME_INVALID/)
})

test('a gRPC check goes over TLS where its upstream does', async (t) => {
  const asked: unknown[] = []
  const origin = await h2Origin(
    (stream, { ':path': path, ':scheme': scheme }) => {
      asked.push([scheme, path])
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      // One message, SERVING.
      stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, 1]))
    },
    { tls: createCertificate({ authority }) },
  )
  t.after(() => origin.close())

  assert.equal(await live(t, origin.url, { kind: 'grpc' }, { tls }).first(), 'up: SERVING')
  assert.deepEqual(asked, [['https', '/grpc.health.v1.Health/Check']])
  assert.match(
    await live(t, origin.url, { kind: 'grpc' }).first(),
    /^down: the certificate is not accepted \([A-Z_]+\)$/,
  )
})

test('an HTTP/2 check is a request like others, without fields of the connection', async (t) => {
  const asked: Record<string, unknown>[] = []
  const origin = await h2Origin((stream, headers) => {
    asked.push(Object.fromEntries(Object.entries(headers)))
    stream.respond({ ':status': 200 })
    stream.end('all well')
  })
  t.after(() => origin.close())
  const options = { path: '/healthz', host: 'app.test', http2: true, expect: { body: 'well' } }

  assert.equal(await live(t, origin.url, options).first(), 'up: status 200')

  assert.deepEqual(asked, [
    {
      ':method': 'GET',
      ':scheme': 'http',
      ':authority': 'app.test',
      ':path': '/healthz',
      'user-agent': 'sallyport-health',
      accept: '*/*',
    },
  ])
})

test('an HTTP/2 session that has gone silent is not asked a second time', async (t) => {
  const seen = new Set<unknown>()
  let silent = false
  const origin = await h2Origin((stream) => {
    seen.add(stream.session)
    if (!silent) stream.respond({ ':status': 200 }, { endStream: true })
  })
  t.after(() => origin.close())
  const { clock, results, first } = live(t, origin.url, { http2: true, jitter: 0, timeout: '1s', edgeInterval: '3s' })
  await first()
  silent = true
  clock.advance(5000)
  await until(() => origin.streams.size === 1, 'the second check')
  assert.equal(seen.size, 1)

  clock.advance(1000)
  await until(() => results.length === 2, 'the end of the second check')
  silent = false
  clock.advance(2000)
  await until(() => results.length === 3, 'the third check')

  assert.deepEqual(
    results.map(({ reason }) => reason),
    ['status 200', 'no answer within 1 s', 'status 200'],
  )
  assert.equal(seen.size, 2)
})

test('what is no HTTP/2 server is down', async (t) => {
  const origin = await h2Origin(() => {}, { tls: createCertificate({ authority }) })
  t.after(() => origin.close())

  assert.match(await live(t, origin.url, {}, { tls }).first(), /^down: no TLS connection \(/)
})
