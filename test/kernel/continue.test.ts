import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { serverOptions } from '../../plugins/kernel/index.ts'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { startOrigin, startProxy } from '../support/app.ts'
import { deadPort, openWire } from '../support/wire.ts'

const head = (path: string, length = 2): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`

test('the 100 goes out once the upstream is there, and the content arrives', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, { reverse: { upstream: origin.url } })
  const wire = await openWire(t, proxy.port)

  wire.send(head('/up'))
  await wire.says(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  wire.send('ok')
  await wire.says(/"body":"ok"/)

  assert.equal(wire.text().match(/HTTP\/1\.1 /g)?.length, 2)
  assert.equal(origin.requests[0]?.headers.expect, undefined)
})

test('without an upstream there is no 100: the client keeps its content', async (t) => {
  const proxy = await startProxy(t, { reverse: { upstream: `http://127.0.0.1:${await deadPort()}` } })
  const wire = await openWire(t, proxy.port)

  wire.send(head('/up'))
  await wire.ended()

  assert.match(wire.text(), /^HTTP\/1\.1 502 /)
  assert.match(wire.text(), /\r\nconnection: close\r\n/i)
  assert.doesNotMatch(wire.text(), / 100 /)
})

test('a refusal comes instead of the 100: of a guard, of bodyLimit', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, {
    reverse: { upstream: origin.url, bodyLimit: 1000 },
    setup: (app) =>
      app.proxy.guard('filter', ({ target }) =>
        target.path === '/no' ? { code: 'APP_NO', status: 403, text: 'No.' } : undefined,
      ),
  })

  for (const [path, length, status] of [
    ['/no', 2, 403],
    ['/big', 2000, 413],
  ] as const) {
    const wire = await openWire(t, proxy.port)
    wire.send(head(path, length))
    await wire.ended()

    assert.match(wire.text(), new RegExp(`^HTTP/1\\.1 ${status} `))
    assert.doesNotMatch(wire.text(), / 100 /)
  }
  assert.equal(origin.requests.length, 0)
})

test('a plain Fastify route gets its 100 as ever', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, {
    reverse: { upstream: origin.url },
    setup: (app) => app.post('/plain', (request) => `got ${request.body}`),
  })
  const wire = await openWire(t, proxy.port)

  wire.send(head('/plain'))
  await wire.says(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  wire.send('ok')

  await wire.says(/got ok/)
})

test('a plain route that was there before the kernel gets its 100 too', async (t) => {
  const origin = await startOrigin(t)
  const app = Fastify(serverOptions()) as unknown as FastifyInstance
  t.after(() => app.close())
  app.post('/plain', (request) => `got ${request.body}`)
  await app.register(reverseProxy, { upstream: origin.url })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const wire = await openWire(t, (app.server.address() as AddressInfo).port)

  wire.send(head('/plain'))
  await wire.says(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  wire.send('ok')

  await wire.says(/got ok/)
})

test('the route is found as Fastify finds it, with the same options of the router', async (t) => {
  const proxy = await startProxy(t, {
    server: { routerOptions: { ignoreTrailingSlash: true, caseSensitive: false } },
    reverse: { upstream: `http://127.0.0.1:${await deadPort()}`, prefix: '/up' },
  })
  const wire = await openWire(t, proxy.port)

  wire.send(head('/UP/'))
  await wire.ended()

  assert.match(wire.text(), /^HTTP\/1\.1 502 /)
})

test('the same for options of the router in their old place', async (t) => {
  const proxy = await startProxy(t, {
    server: { ignoreTrailingSlash: true, caseSensitive: false },
    reverse: { upstream: `http://127.0.0.1:${await deadPort()}`, prefix: '/up' },
  })
  const wire = await openWire(t, proxy.port)

  wire.send(head('/UP/'))
  await wire.ended()

  assert.match(wire.text(), /^HTTP\/1\.1 502 /)
})
