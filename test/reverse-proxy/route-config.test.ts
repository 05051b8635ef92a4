import assert from 'node:assert/strict'
import type { RequestListener, ServerResponse } from 'node:http'
import { test } from 'node:test'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { startOrigin } from '../support/app.ts'
import { ask } from './support/exchange.ts'
import { openGate } from './support/gate.ts'

test('config.proxy and app.proxy.handler make any route a proxied one, its body untouched', async (t) => {
  const { url } = await startOrigin(t)
  const gate = await openGate(t, async (app) => {
    await app.register(reverseProxy)
    app.post('/a/:id', { config: { proxy: { upstream: url } }, handler: app.proxy.handler })
  })

  const answer = await ask(gate.url, '/a/1?q', {
    method: 'POST',
    body: '{bad json',
    headers: { 'content-type': 'application/json' },
  })

  const { url: sent, body } = answer.json()
  assert.deepEqual({ sent, body }, { sent: '/a/1?q', body: '{bad json' })
})

test('a handler without config.proxy is an error at boot that says what is missing', async (t) => {
  await assert.rejects(
    openGate(t, async (app) => {
      await app.register(reverseProxy)
      app.get('/', { handler: app.proxy.handler })
    }),
    { name: 'OptionError', message: /config: \{ proxy/ },
  )
})

test('an unknown key of config.proxy is an error at boot', async (t) => {
  await assert.rejects(
    openGate(t, async (app) => {
      await app.register(reverseProxy)
      app.get('/', {
        config: { proxy: { upstream: 'http://127.0.0.1:1', timeout: 5 } as never },
        handler: app.proxy.handler,
      })
    }),
    /config\.proxy\.timeout.*'timeouts'/s,
  )
})

for (const when of ['before', 'after']) {
  test(`a pool by name may be registered ${when} the route`, async (t) => {
    const { url, requests } = await startOrigin(t)
    const gate = await openGate(t, async (app) => {
      if (when === 'before') app.proxy.pools.add(app.proxy.createPool('blue', { upstreams: [url] }))
      await app.register(reverseProxy, { pool: 'blue' })
      if (when === 'after') app.proxy.pools.add(app.proxy.createPool('blue', { upstreams: [url] }))
    })

    assert.equal((await ask(gate.url, '/')).status, 200)
    assert.equal(requests.length, 1)
  })
}

test('a pool that is never registered is an error at boot that lists the pools there are', async (t) => {
  await assert.rejects(
    openGate(t, async (app) => {
      app.proxy.pools.add(app.proxy.createPool('green', { upstreams: ['http://127.0.0.1:1'] }))
      await app.register(reverseProxy, { pool: 'blue' })
    }),
    { name: 'OptionError', message: /'pool' is "blue".*green/s },
  )
})

test('a list of upstreams carries load by weight', async (t) => {
  const held: ServerResponse[] = []
  const hold: RequestListener = (_, response) => {
    held.push(response)
    if (held.length === 8) for (const one of held) one.end()
  }
  const one = await startOrigin(t, hold)
  const two = await startOrigin(t, hold)
  const gate = await openGate(t, (app) => app.register(reverseProxy, { upstream: [one.url, two.url], weights: [3, 1] }))

  await Promise.all(Array.from({ length: 8 }, () => ask(gate.url, '/')))

  assert.deepEqual([one.requests.length, two.requests.length], [6, 2])
})

test('two sibling scopes may each register the plugin, and nothing is answered twice', async (t) => {
  const one = await startOrigin(t)
  const two = await startOrigin(t)
  const { default: Fastify } = await import('fastify')
  const { serverOptions } = await import('../../plugins/kernel/index.ts')
  const app = Fastify(serverOptions())
  t.after(() => app.close())
  app.register(async (child) => {
    await child.register(reverseProxy, { upstream: one.url, prefix: '/one' })
  })
  app.register(async (child) => {
    await child.register(reverseProxy, { upstream: two.url, prefix: '/two' })
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })

  for (const path of ['/one', '/two']) {
    const answer = await ask(url, path, { method: 'POST', body: 'abc', headers: { expect: '100-continue' } })
    assert.equal(answer.status, 200)
    assert.equal(answer.json().body, 'abc')
  }
  assert.deepEqual([one.requests.length, two.requests.length], [1, 1])
})
