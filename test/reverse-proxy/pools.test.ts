import assert from 'node:assert/strict'
import { test } from 'node:test'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { startOrigin } from '../support/app.ts'
import { until } from '../support/until.ts'
import { openGate, proxyTo } from './support/gate.ts'

test('a route may have a pool of its own, whose checks begin and end with the server', async (t) => {
  const asked: (string | undefined)[] = []
  const origin = await startOrigin(t, (request, response) => {
    asked.push(request.url)
    response.end('ok')
  })
  const gate = await proxyTo(t, { pool: { upstreams: [origin.url], health: '/health' } })

  await until(() => asked.includes('/health'), 'a check')
  assert.equal((await fetch(`${gate.url}/x`)).status, 200)
  await until(() => gate.settled.length === 1, 'settled')

  assert.equal(gate.settled[0]?.facts.pool, origin.url.slice('http://'.length))
})

test('split sends each to the pool that its rules and weights say', async (t) => {
  const [blue, green] = await Promise.all(
    ['blue', 'green'].map((name) => startOrigin(t, (_, response) => response.end(name))),
  )
  const gate = await openGate(t, (app) => {
    for (const [name, { url }] of Object.entries({ blue, green }) as [string, { url: string }][]) {
      app.proxy.pools.add(app.proxy.createPool(name, { upstreams: [url] }))
    }
    return app.register(reverseProxy, {
      split: { pools: [{ pool: 'blue', weight: 1 }], rules: [{ pool: 'green', when: { field: 'x-canary' } }] },
    })
  })

  assert.equal(await (await fetch(gate.url)).text(), 'blue')
  assert.equal(await (await fetch(gate.url, { headers: { 'x-canary': '1' } })).text(), 'green')
})

test('mirror copies to its pool, and the client hears nothing of it', async (t) => {
  const origin = await startOrigin(t, (_, response) => response.end('origin'))
  const shadow = await startOrigin(t, (_, response) => response.end('shadow'))
  const gate = await openGate(t, (app) => {
    app.proxy.pools.add(app.proxy.createPool('shadow', { upstreams: [shadow.url] }))
    return app.register(reverseProxy, { upstream: origin.url, mirror: { pool: 'shadow' } })
  })

  assert.equal(await (await fetch(`${gate.url}/x`)).text(), 'origin')

  await until(() => shadow.requests.length === 1, 'the copy')
  assert.equal(shadow.requests[0]?.url, '/x')
})

test('retry of a route stands in for what its pool says', async (t) => {
  const failing = await startOrigin(t, (_, response) => {
    response.statusCode = 503
    response.end()
  })
  const well = await startOrigin(t, (_, response) => response.end('well'))
  const upstream = [failing.url, well.url]
  const plain = await proxyTo(t, { upstream })
  const retrying = await proxyTo(t, { upstream, retry: { on: ['503'] } })
  const statuses = async (url: string): Promise<Set<number>> =>
    new Set(await Promise.all(Array.from({ length: 4 }, async () => (await fetch(url)).status)))

  assert.deepEqual(await statuses(plain.url), new Set([200, 503]))
  assert.deepEqual(await statuses(retrying.url), new Set([200]))
})

test('routes to one URL share its connections', async (t) => {
  const origin = await startOrigin(t, (_, response) => response.end('ok'))
  let connections = 0
  origin.server.on('connection', () => connections++)
  const gate = await openGate(t, async (app) => {
    await app.register(reverseProxy, { upstream: origin.url, prefix: '/a' })
    await app.register(reverseProxy, { upstream: origin.url, prefix: '/b', retry: false })
  })

  for (const path of ['/a', '/b', '/a']) await (await fetch(gate.url + path)).text()

  assert.equal(connections, 1)
})
