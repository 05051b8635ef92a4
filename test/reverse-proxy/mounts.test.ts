import assert from 'node:assert/strict'
import { test } from 'node:test'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { startOrigin } from '../support/app.ts'
import { ask } from './support/exchange.ts'
import { openGate, proxyTo } from './support/gate.ts'

const sentPath = async (url: string, path: string): Promise<unknown> => (await ask(url, path)).json().url

test('without a prefix everything is proxied, raw path and query untouched', async (t) => {
  const { url } = await startOrigin(t)
  const gate = await proxyTo(t, { upstream: url })

  for (const path of ['/', '/a//b', '/a%2Fb;c=1?', '/%7Efoo?x=%20&y', '/?'])
    assert.equal(await sentPath(gate.url, path), path)
})

test('a prefix stays in the path, and only what is under it is proxied', async (t) => {
  const { url, requests } = await startOrigin(t)
  const gate = await proxyTo(t, { upstream: url, prefix: '/api' })

  for (const path of ['/api', '/api/', '/api/x?y']) assert.equal(await sentPath(gate.url, path), path)
  for (const path of ['/apix', '/', '/ap', '/API/x']) assert.equal((await ask(gate.url, path)).status, 404, path)
  assert.equal(requests.length, 3)
})

test('rewritePrefix stands in for the prefix', async (t) => {
  const { url } = await startOrigin(t)
  const gate = await openGate(t, async (app) => {
    await app.register(reverseProxy, { upstream: url, prefix: '/api', rewritePrefix: '/v2' })
    await app.register(reverseProxy, { upstream: url, prefix: '/strip/', rewritePrefix: '' })
  })

  const rows = [
    ['/api', '/v2'],
    ['/api/', '/v2/'],
    ['/api/a%2Fb?q', '/v2/a%2Fb?q'],
    ['/strip/a', '/a'],
    ['/strip', '/'],
    ['/strip/', '/'],
  ] as const
  for (const [path, sent] of rows) assert.equal(await sentPath(gate.url, path), sent, path)
})

test('a prefix spelled in percent-encoded letters is the prefix, for routing and for rewriting', async (t) => {
  const { url } = await startOrigin(t)
  const gate = await proxyTo(t, { upstream: url, prefix: '/admin', rewritePrefix: '/inner' })

  assert.equal(await sentPath(gate.url, '/adm%69n/x%69'), '/inner/x%69')
})

test('no spelling of a path leaves the prefix', async (t) => {
  const { url, requests } = await startOrigin(t)
  const gate = await proxyTo(t, { upstream: url, prefix: '/api', rewritePrefix: '/inner' })

  for (const path of [
    '/api/../x',
    '/api/%2e%2e/x',
    '/api/..;/x',
    '/api%2F..%2Fx',
    '/api/..\\x',
    '/api%2Fx',
    '/api/.%2e/x',
  ]) {
    const { status } = await ask(gate.url, path)
    assert.ok(status === 400 || status === 404, `${path}: ${status}`)
  }
  assert.equal(requests.length, 0)
})

test('the path of the upstream URL goes before every path', async (t) => {
  const { url } = await startOrigin(t)
  const gate = await openGate(t, async (app) => {
    await app.register(reverseProxy, { upstream: `${url}/base/`, prefix: '/a' })
    await app.register(reverseProxy, { upstream: `${url}/base`, prefix: '/b', rewritePrefix: '/c' })
  })

  assert.equal(await sentPath(gate.url, '/a/x'), '/base/a/x')
  assert.equal(await sentPath(gate.url, '/b/x'), '/base/c/x')
})

test('several mounts stand side by side, each with its upstream', async (t) => {
  const one = await startOrigin(t)
  const two = await startOrigin(t)
  const gate = await openGate(t, async (app) => {
    await app.register(reverseProxy, { upstream: one.url, prefix: '/one' })
    await app.register(reverseProxy, { upstream: two.url, prefix: '/two' })
    await app.register(reverseProxy, { upstream: one.url })
    app.get('/own', async () => 'own')
  })

  for (const path of ['/one/x', '/two/x', '/x']) await ask(gate.url, path)

  assert.deepEqual(
    one.requests.map(({ url }) => url),
    ['/one/x', '/x'],
  )
  assert.deepEqual(
    two.requests.map(({ url }) => url),
    ['/two/x'],
  )
  assert.equal((await ask(gate.url, '/own')).text, 'own')
})

test('constraints choose the mount by host', async (t) => {
  const one = await startOrigin(t)
  const two = await startOrigin(t)
  const gate = await openGate(t, async (app) => {
    await app.register(reverseProxy, { upstream: one.url, constraints: { host: 'one.test' } })
    await app.register(reverseProxy, { upstream: two.url, constraints: { host: 'two.test' } })
  })

  await ask(gate.url, '/a', { headers: { host: 'one.test' } })
  await ask(gate.url, '/b', { headers: { host: 'two.test' } })

  assert.deepEqual(
    one.requests.map(({ url }) => url),
    ['/a'],
  )
  assert.deepEqual(
    two.requests.map(({ url }) => url),
    ['/b'],
  )
  assert.equal((await ask(gate.url, '/c', { headers: { host: 'three.test' } })).status, 404)
})

test('httpMethods narrows what is proxied', async (t) => {
  const { url } = await startOrigin(t)
  const gate = await proxyTo(t, { upstream: url, httpMethods: ['GET', 'PROPFIND'] })

  assert.equal((await ask(gate.url, '/')).status, 200)
  assert.equal((await ask(gate.url, '/', { method: 'PROPFIND' })).status, 200)
  assert.equal((await ask(gate.url, '/', { method: 'POST', body: 'x' })).status, 404)
})

test('preHandler runs before the proxying and may answer itself; config is the config of the route', async (t) => {
  const { url, requests } = await startOrigin(t)
  const gate = await proxyTo(t, {
    upstream: url,
    config: { secret: 'open sesame' },
    preHandler: async (request: import('fastify').FastifyRequest, reply: import('fastify').FastifyReply) => {
      const { secret } = request.routeOptions.config as unknown as { secret: string }
      if (request.headers['x-word'] !== secret) return reply.code(401).send('no')
    },
  })

  assert.equal((await ask(gate.url, '/')).status, 401)
  assert.equal(requests.length, 0)
  assert.equal((await ask(gate.url, '/', { headers: { 'x-word': 'open sesame' } })).status, 200)
})

test('a mount in a scope with a prefix stands below it', async (t) => {
  const { url } = await startOrigin(t)
  const gate = await openGate(t, (app) =>
    app.register(
      async (child) => {
        await child.register(reverseProxy, { upstream: url, prefix: '/api', rewritePrefix: '/' })
      },
      { prefix: '/v1' },
    ),
  )

  assert.equal(await sentPath(gate.url, '/v1/api/x'), '/x')
  assert.equal((await ask(gate.url, '/api/x')).status, 404)
})

test('registered without an upstream it proxies nothing', async (t) => {
  const gate = await openGate(t, (app) => app.register(reverseProxy))

  assert.equal((await ask(gate.url, '/')).status, 404)
})
