import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { serverOptions } from '../../plugins/kernel/index.ts'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { startOrigin } from '../support/app.ts'
import { openWire } from '../support/wire.ts'

test('two sibling scopes, each with a proxy and so a kernel of its own, serve Expect once each', async (t) => {
  const origin = await startOrigin(t)
  const app = Fastify(serverOptions()) as unknown as FastifyInstance
  t.after(() => app.close())
  await app.register(async (scope) => void (await scope.register(reverseProxy, { upstream: origin.url, prefix: '/a' })))
  await app.register(async (scope) => void (await scope.register(reverseProxy, { upstream: origin.url, prefix: '/b' })))
  const url = await app.listen({ port: 0, host: '127.0.0.1' })

  for (const path of ['/a', '/b']) {
    const wire = await openWire(t, Number(new URL(url).port))
    wire.send(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`,
    )
    await wire.says(/100 Continue\r\n\r\n/)
    wire.send('ok')
    await wire.ended()

    assert.equal(wire.text().match(/HTTP\/1\.1 100/g)?.length, 1)
    assert.equal(wire.text().match(/HTTP\/1\.1 200/g)?.length, 1)
    assert.match(wire.text(), /"body":"ok"/)
  }
  assert.equal(origin.requests.length, 2)
})
