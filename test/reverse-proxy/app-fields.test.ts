import assert from 'node:assert/strict'
import { test } from 'node:test'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { startOrigin } from '../support/app.ts'
import { ask } from './support/exchange.ts'
import { openGate } from './support/gate.ts'
import { answers, rawOrigin } from './support/wire.ts'

const origin = `HTTP/1.1 200 OK\r\nX-Kept: yes\r\nAccess-Control-Allow-Origin: origin\r\nVary: Accept\r\nSet-Cookie: a=1\r\nContent-Length: 2\r\n\r\nok`

test('fields that a hook of the app sets reach the client, over those of the upstream', async (t) => {
  const { url } = await rawOrigin(t, answers(origin))
  const gate = await openGate(t, async (app) => {
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('access-control-allow-origin', '*').header('vary', 'Origin').header('set-cookie', 'b=2')
    })
    await app.register(reverseProxy, { upstream: url })
  })

  const answer = await ask(gate.url, '/')

  assert.equal(answer.headers['access-control-allow-origin'], '*')
  assert.equal(answer.headers.vary, 'Accept, Origin')
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2'])
  assert.equal(answer.headers['x-kept'], 'yes')
})

test('a field of the app that Node refuses breaks that answer and not the process', async (t) => {
  const { url } = await startOrigin(t)
  const gate = await openGate(t, async (app) => {
    app.addHook('onRequest', async (request, reply) => {
      if (request.url === '/bad') reply.header('x-name', 'Привет')
    })
    await app.register(reverseProxy, { upstream: url })
  })

  await assert.rejects(ask(gate.url, '/bad'))

  assert.equal((await ask(gate.url, '/good')).status, 200)
})

test('onResponse hooks run for a proxied answer', async (t) => {
  const { url } = await rawOrigin(t, answers(origin))
  const seen = Promise.withResolvers<number>()
  const gate = await openGate(t, async (app) => {
    app.addHook('onResponse', async (_request, reply) => seen.resolve(reply.statusCode))
    await app.register(reverseProxy, { upstream: url })
  })

  await ask(gate.url, '/')

  assert.equal(await seen.promise, 200)
})
