import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Scope } from '../../plugins/kernel/scope.ts'
import reverseProxy, { type ReplyProxyOptions } from '../../plugins/reverse-proxy/index.ts'
import { createPlanCache } from '../../plugins/reverse-proxy/plan-cache.ts'
import { startOrigin } from '../support/app.ts'
import { createCertificate } from '../support/certificates.ts'
import { ask } from './support/exchange.ts'
import { openGate } from './support/gate.ts'
import { eventually } from './support/wire.ts'

test('reply.proxy() answers from a plain handler and from an async one', async (t) => {
  const { url } = await startOrigin(t)
  const gate = await openGate(t, async (app) => {
    await app.register(reverseProxy)
    app.get('/plain', (_request, reply) => {
      reply.proxy({ upstream: url })
    })
    app.get('/returned', (_request, reply) => reply.proxy({ upstream: url }))
    app.get('/async', async (_request, reply) => {
      await new Promise((resolve) => setImmediate(resolve))
      return reply.proxy({ upstream: url })
    })
  })

  for (const path of ['/plain', '/returned', '/async']) {
    const answer = await ask(gate.url, `${path}?q=1`)
    assert.equal(answer.json().url, `${path}?q=1`)
    assert.ok(answer.json().headers['x-forwarded-for'])
  }
  await eventually(() => gate.settled.length === 3, 'three exchanges settled')
})

test('path replaces the path and the query that are sent', async (t) => {
  const { url } = await startOrigin(t)
  const gate = await openGate(t, async (app) => {
    await app.register(reverseProxy)
    app.get('/a', (_request, reply) => reply.proxy({ upstream: `${url}/base`, path: '/b%2Fc?d' }))
  })

  assert.equal((await ask(gate.url, '/a?gone')).json().url, '/base/b%2Fc?d')
})

test('with config.proxy on the route the body goes through raw; without it a parsed body is an error that says so', async (t) => {
  const { url, requests } = await startOrigin(t)
  const gate = await openGate(t, async (app) => {
    await app.register(reverseProxy)
    app.post('/raw', { config: { proxy: {} } }, (_request, reply) => reply.proxy({ upstream: url }))
    app.post('/parsed', (_request, reply) => reply.proxy({ upstream: url }))
  })
  const question = { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } }

  assert.equal((await ask(gate.url, '/raw', question)).json().body, '{"a":1}')
  const refused = await ask(gate.url, '/parsed', question)
  assert.equal(refused.status, 500)
  assert.equal(refused.json().code, 'SP_BODY_CONSUMED')
  assert.equal(requests.length, 1)
})

test('guards are asked for reply.proxy() too', async (t) => {
  const { url, requests } = await startOrigin(t)
  const gate = await openGate(t, async (app) => {
    await app.register(reverseProxy)
    app.proxy.guard('filter', () => ({ code: 'MINE', status: 451, text: 'No.' }))
    app.proxy.guard('filter', async () => undefined)
    app.get('/', (_request, reply) => reply.proxy({ upstream: url }))
  })

  assert.equal((await ask(gate.url, '/')).status, 451)
  assert.equal(requests.length, 0)
})

test('a bad option of reply.proxy() is a 500 that names nothing to the client of the inside', async (t) => {
  const gate = await openGate(t, async (app) => {
    await app.register(reverseProxy)
    app.get('/', (_request, reply) => reply.proxy({ upstreams: 'http://127.0.0.1:1' } as never))
  })

  assert.equal((await ask(gate.url, '/')).status, 500)
})

for (const what of ['plain', 'promised'] as const) {
  test(`an underscore that reply.proxy() refuses is a 400, and with a ${what} upstream the process lives`, async (t) => {
    const { url, requests } = await startOrigin(t)
    const upstream = what === 'plain' ? url : async () => url
    const options: ReplyProxyOptions = { upstream, underscores: 'refuse' }
    const gate = await openGate(t, async (app) => {
      await app.register(reverseProxy)
      app.get('/', (_request, reply) => reply.proxy(options))
    })

    const refused = await ask(gate.url, '/', { headers: { x_y: '1' } })

    assert.equal(refused.status, 400)
    assert.equal(refused.json().code, 'SP_BAD_FIELD')
    assert.equal((await ask(gate.url, '/')).status, 200)
    assert.equal(requests.length, 1)
  })
}

test('options written in the handler are compiled once, certificates too', async (t) => {
  const { app } = await openGate(t, (gate) => gate.register(reverseProxy))
  const scope = app.proxy as Scope
  const { cert } = createCertificate({ name: 'a.test' })
  const plans = createPlanCache()
  const write = (ca: string | Buffer): ReplyProxyOptions => ({
    upstream: 'https://127.0.0.1:1',
    tls: { ca: [ca] },
    path: '/',
  })

  const first = plans.get(scope, write(cert))

  assert.equal(plans.get(scope, write(cert)), first)
  assert.notEqual(plans.get(scope, write(`${cert}\n`)), first)
  assert.equal(plans.get(scope, write(Buffer.from(cert))), plans.get(scope, write(Buffer.from(cert))))
})

test('options written in the handler share their connections', async (t) => {
  const origin = await startOrigin(t)
  let connections = 0
  origin.server.on('connection', () => connections++)
  const gate = await openGate(t, async (app) => {
    await app.register(reverseProxy)
    app.get('/a', (_request, reply) => reply.proxy({ upstream: origin.url, responseFields: { set: { a: 'b' } } }))
    app.get('/b', (_request, reply) => reply.proxy({ upstream: () => origin.url }))
  })

  for (let i = 0; i < 20; i++) {
    assert.equal((await ask(gate.url, '/a')).headers.a, 'b')
    await ask(gate.url, '/b')
  }

  assert.equal(connections, 1)
})

test('one options object in two scopes keeps to the layers of each', async (t) => {
  const { url } = await startOrigin(t)
  const options: ReplyProxyOptions = { upstream: () => url }
  const seen: string[] = []
  const gate = await openGate(t, async (app) => {
    await app.register(reverseProxy)
    for (const name of ['a', 'b']) {
      app.register(async (child) => {
        child.proxy.layer('observe', (dispatch) => (ask, handler) => {
          seen.push(name)
          return dispatch(ask, handler)
        })
        child.get(`/${name}`, (_request, reply) => reply.proxy(options))
      })
    }
  })

  await ask(gate.url, '/a')
  await ask(gate.url, '/b')

  assert.deepEqual(seen, ['a', 'b'])
})

test('a path that is no path is refused each time, not only the first', async (t) => {
  const { url, requests } = await startOrigin(t)
  const gate = await openGate(t, async (app) => {
    await app.register(reverseProxy)
    app.get('/', (request, reply) => reply.proxy({ upstream: url, path: String(request.headers['x-path']) }))
  })

  assert.equal((await ask(gate.url, '/', { headers: { 'x-path': '/fine' } })).status, 200)
  for (const path of ['evil', 'http://127.0.0.1/', '/a b', '']) {
    assert.equal((await ask(gate.url, '/', { headers: { 'x-path': path } })).status, 500, path)
  }
  assert.equal(requests.length, 1)
})
