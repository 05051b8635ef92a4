import assert from 'node:assert/strict'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { startOrigin } from '../support/app.ts'
import { ask } from './support/exchange.ts'
import { openGate, proxyTo } from './support/gate.ts'
import { answers, rawOrigin, say } from './support/wire.ts'

test('an onSend hook of the app may change fields and body of a proxied answer', async (t) => {
  const { url } = await startOrigin(t, (_request, response) => {
    response
      .writeHead(201, { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'], 'content-length': 5 })
      .end('hello')
  })
  const gate = await openGate(t, async (app) => {
    app.addHook('onSend', async (_request, reply, payload) => {
      const upper = (await text(payload as Readable)).toUpperCase()
      reply
        .header('x-hooked', 'yes')
        .header('content-length', upper.length + 1)
        .removeHeader('server')
      return `${upper}!`
    })
    await app.register(reverseProxy, { upstream: url })
  })

  const answer = await ask(gate.url, '/')

  assert.deepEqual([answer.status, answer.text, answer.headers['x-hooked']], [201, 'HELLO!', 'yes'])
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2'])
})

test('a hook of another scope does not slow or change this one', async (t) => {
  const { url } = await startOrigin(t)
  const gate = await openGate(t, async (app) => {
    await app.register(reverseProxy, { upstream: url })
    await app.register(async (child: FastifyInstance) => {
      child.addHook('onSend', async () => 'changed')
      child.get('/own', async () => 'own')
    })
  })

  assert.equal((await ask(gate.url, '/own')).text, 'changed')
  assert.equal((await ask(gate.url, '/')).json().url, '/')
})

for (const [method, answer] of [
  ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
  ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
  ['GET', 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'],
] as const) {
  test(`an answer without content passes the hooks: ${method}, ${answer.slice(9, 12)}`, async (t) => {
    const origin = await rawOrigin(t, answers(answer))
    const gate = await proxyTo(t, { upstream: origin.url }, { hooks: true })

    const client = await say(t, gate.port, `${method} / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`)

    const got = await client.closed
    assert.ok(got.startsWith(answer.slice(0, 12)), got)
    assert.match(got, /\r\n\r\n$/)
    if (method === 'HEAD') assert.match(got, /content-length: 5\r\n/i)
  })
}

test('failures of ours pass the hooks too', async (t) => {
  const gate = await proxyTo(t, { upstream: 'http://127.0.0.1:1' }, { hooks: true })

  assert.equal((await ask(gate.url, '/')).json().code, 'SP_CONNECT_REFUSED')
})

test('a hook that throws is an error answer, and the upstream is let go', async (t) => {
  const origin = await rawOrigin(t, answers('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n'))
  const gate = await openGate(t, async (app) => {
    app.addHook('onSend', async (_request, reply) => {
      if (reply.statusCode === 200) throw new Error('hook')
    })
    await app.register(reverseProxy, { upstream: origin.url })
  })

  const client = await say(t, gate.port, 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n')

  assert.match(await client.closed, /^HTTP\/1\.1 500 /)
  await (await origin.connection(0)).closed
})
