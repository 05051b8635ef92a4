import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import Fastify from 'fastify'
import balance, { type BalanceOptions, type LivePool } from '../../plugins/balance/index.ts'
import { startOrigin, startProxy, type TestProxy } from '../support/app.ts'
import { refusedAtBoot } from '../support/refused-at-boot.ts'
import { until } from '../support/until.ts'

describe('a wrong option is an error at boot that names it', () => {
  const wrong: readonly [options: object, option: string, right: RegExp][] = [
    [{}, 'pools', /api/],
    [{ pools: {} }, 'pools', /api/],
    [{ pool: {} }, 'pool', /'pools'/],
    [{ pools: { api: {} } }, 'pools.api.upstreams', /list/],
    [{ pools: { api: { upstreams: ['http://a', 'http://a'] } } }, 'pools.api.upstreams[1].url', /already/],
    [{ pools: { api: { upstreams: ['http://a'], policy: 'ring' } } }, 'pools.api.policy', /one of/],
    [{ pools: { api: { upstreams: ['http+unix:/a'], health: { port: 1 } } } }, 'pools.api.health.port', /socket/],
  ]
  for (const [options, option, right] of wrong) {
    test(JSON.stringify(options), async () => {
      await refusedAtBoot(balance, options, option, right)
    })
  }
})

test('registered alone it brings the kernel; its pools have names', async (t) => {
  const app = Fastify()
  t.after(() => app.close())

  await app.register(balance, { pools: { a: { upstreams: ['http://a'] }, b: { upstreams: ['http://b'] } } })
  await app.ready()

  assert.deepEqual(app.proxy.pools.names(), ['a', 'b'])
  assert.deepEqual(
    app.proxy.pools
      .get('b')
      ?.list()
      .map(({ url }) => url),
    ['http://b'],
  )
  await assert.rejects(async () => {
    await app.register(balance, { pools: { a: { upstreams: ['http://a'] } } })
  })
})

/** A proxy over one pool. */
async function proxyOver(
  t: import('node:test').TestContext,
  pool: BalanceOptions['pools'][string],
): Promise<{ proxy: TestProxy; pool: LivePool }> {
  const proxy = await startProxy(t, {
    setup: (app) => app.register(balance, { pools: { api: pool } }),
    reverse: { pool: 'api' },
  })
  return { proxy, pool: proxy.app.proxy.pools.get('api') as LivePool }
}

test('over sockets: who waits in the queue is served in order; who gives up is never sent', async (t) => {
  const open: (() => void)[] = []
  const origin = await startOrigin(t, (request, response) => {
    open.push(() => response.end(request.url))
  })
  const { proxy, pool } = await proxyOver(t, {
    upstreams: [origin.url],
    maxRequests: 1,
    queue: { size: 2, timeout: '5s' },
  })
  const waiting: number[] = []
  pool.events.on('queued', (about) => waiting.push(about.waiting))

  const first = fetch(`${proxy.url}/1`)
  await until(() => open.length === 1, 'the first at the origin')
  const gone = connect(proxy.port, '127.0.0.1')
  gone.write('GET /2 HTTP/1.1\r\nhost: a\r\n\r\n')
  await until(() => waiting.length === 1, 'the second in the queue')
  const third = fetch(`${proxy.url}/3`)
  await until(() => waiting.length === 2, 'the third in the queue')
  const fourth = await fetch(`${proxy.url}/4`)
  gone.destroy()
  await until(() => proxy.settled.some(({ facts }) => facts.error === 'SP_CLIENT_GONE'), 'the second gone')
  open.shift()?.()
  await until(() => open.length === 1, 'the third at the origin')
  open.shift()?.()

  assert.equal(fourth.status, 503)
  assert.ok(Number(fourth.headers.get('retry-after')) >= 1)
  assert.equal(await (await first).text(), '/1')
  assert.equal(await (await third).text(), '/3')
  assert.deepEqual(
    origin.requests.map(({ url }) => url),
    ['/1', '/3'],
  )
  await until(() => pool.active === 0, 'all over')
})

test('over sockets: a drained upstream finishes what it has, a removed one loses its connections', async (t) => {
  const open: (() => void)[] = []
  const slow = await startOrigin(t, (_, response) => open.push(() => response.end('slow')))
  const other = await startOrigin(t, (_, response) => response.end('other'))
  const { proxy, pool } = await proxyOver(t, { upstreams: [slow.url] })
  const drained: string[] = []
  pool.events.on('drained', ({ upstream }) => drained.push(upstream))
  const name = slow.url.slice('http://'.length)
  let sockets = 0
  slow.server.on('connection', (socket) => {
    sockets++
    socket.once('close', () => sockets--)
  })

  const first = fetch(proxy.url)
  await until(() => open.length === 1, 'at the origin')
  pool.add(other.url)
  pool.remove(name)
  for (let i = 0; i < 3; i++) assert.equal(await (await fetch(proxy.url)).text(), 'other')
  assert.deepEqual(drained, [])
  open[0]?.()

  assert.equal(await (await first).text(), 'slow')
  await until(() => drained.length === 1, 'drained')
  await until(() => sockets === 0, 'connections closed')
})

test('over sockets: checks begin with the server and end with it, and nothing is left', async (t) => {
  let checks = 0
  const origin = await startOrigin(t, (request, response) => {
    if (request.url === '/health') checks++
    response.end('ok')
  })
  const { proxy, pool } = await proxyOver(t, {
    upstreams: [origin.url],
    health: { path: '/health', interval: 20, timeout: 20 },
  })

  await until(() => checks > 2, 'checks')
  assert.equal(pool.list()[0]?.health, 'up')
  await proxy.app.close()
  const sockets = await new Promise<number>((resolve) => origin.server.getConnections((_, count) => resolve(count)))
  const before = checks
  await new Promise((resolve) => setTimeout(resolve, 60))

  assert.equal(checks, before)
  assert.equal(sockets, 0)
})
