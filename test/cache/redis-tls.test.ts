import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createServer } from 'node:tls'
import { parseRedisUrl } from '../../src/cache/redis/redis-url.ts'
import { createAuthority, createCertificate } from '../support/certificates.ts'
import { needs } from '../support/programs.ts'
import { until } from '../support/until.ts'
import { liveTimes, machineFor, redisFor } from './redis-bed.ts'
import { foundOne, headOf, put } from './store-bed.ts'

const skip = needs('redis-server')
const url = 'http://a.test/page'

test('rediss is used when the certificate is right, and not when it is not', { skip }, async (t) => {
  const server = await redisFor(t)
  const authority = createAuthority('redis test')
  const right = await tlsBefore(t, server.port, createCertificate({ name: 'localhost', authority }))
  const wrongName = await tlsBefore(t, server.port, createCertificate({ name: 'other.test', authority }))
  const tls = { ca: authority.cert }

  const { store } = await machineFor(t, `rediss://localhost:${right}`, { tls })
  await put(store, headOf(url, liveTimes()), 'content')
  await foundOne(store, url)

  for (const [port, options] of [
    [right, {}],
    [wrongName, { tls }],
  ] as const) {
    const refused = await machineFor(t, `rediss://localhost:${port}`, options, false)
    await until(() => refused.events.length > 0, 'a line in the log')
    assert.equal(refused.store.connected, false)
    assert.match(JSON.stringify(refused.events), /certificate/i)
  }
})

test('a URL says where Redis is and nothing else', () => {
  assert.deepEqual(parseRedisUrl('redis://u:p%40ss@[::1]:7000/2?tls=true&enableOfflineQueue=true'), {
    host: '::1',
    port: 7000,
    db: 2,
    username: 'u',
    password: 'p@ss',
  })
  assert.deepEqual(parseRedisUrl('unix:///run/redis.sock?db=1'), { path: '/run/redis.sock', db: 1 })
  assert.equal(parseRedisUrl('rediss://r.test').tls?.rejectUnauthorized, true)
})

test('a URL that is none of Redis is refused without its password', () => {
  for (const url of ['', 'http://u:s3cret@h', 'redis://u:s3cret@h/db', 'redis:', 'r.test:6379']) {
    assert.throws(
      () => parseRedisUrl(url),
      (error: Error) => error.name === 'OptionError' && !error.message.includes('s3cret'),
      url,
    )
  }
})

async function tlsBefore(t: TestContext, port: number, certificate: { cert: string; key: string }): Promise<number> {
  const server = createServer(certificate, (socket) => {
    const plain = connect(port, '127.0.0.1')
    socket.pipe(plain).pipe(socket)
    socket.on('error', () => plain.destroy())
    plain.on('error', () => socket.destroy())
  }).listen(0, '127.0.0.1')
  server.on('tlsClientError', () => {})
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as { readonly port: number }).port
}
