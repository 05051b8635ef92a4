import assert from 'node:assert/strict'
import { once } from 'node:events'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { FastifyReply } from 'fastify'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { startOrigin } from '../support/app.ts'
import { createCertificate } from '../support/certificates.ts'
import { ask } from './support/exchange.ts'
import { openGate } from './support/gate.ts'
import { answers, rawOrigin, say } from './support/wire.ts'

type From = { from(source?: string, options?: object): FastifyReply }

async function gateFrom(t: import('node:test').TestContext, source: string, options?: object) {
  return openGate(t, async (app) => {
    await app.register(reverseProxy)
    app.all('/*', (request, reply) => (reply as unknown as From).from(`${source}${request.url}`, options))
  })
}

test('reply.from() answers over our dispatcher, bodies included', async (t) => {
  const { url } = await startOrigin(t)
  const gate = await gateFrom(t, url)

  const answer = await ask(gate.url, '/a?b', {
    method: 'POST',
    body: '{"a":1}',
    headers: { 'content-type': 'application/json' },
  })

  assert.equal(answer.status, 200)
  assert.equal(answer.json().body, '{"a":1}')
  assert.equal(answer.json().url, '/a?b')
})

test('layers of the scope see what reply.from() sends', async (t) => {
  const { url } = await startOrigin(t)
  const paths: string[] = []
  const gate = await gateFrom(t, url)
  gate.app.proxy.layer('observe', (dispatch) => (options, handler) => {
    paths.push(options.path)
    return dispatch(options, handler)
  })

  await ask(gate.url, '/seen')

  assert.deepEqual(paths, ['/seen'])
})

test('the certificate of the upstream is verified', async (t) => {
  const { cert, key } = createCertificate({ name: '127.0.0.1' })
  const origin = https.createServer({ cert, key }, (_, response) => response.end('unsafe')).listen(0, '127.0.0.1')
  await once(origin, 'listening')
  t.after(() => origin.close())
  const gate = await gateFrom(t, `https://127.0.0.1:${(origin.address() as AddressInfo).port}`)

  const answer = await ask(gate.url, '/')

  assert.deepEqual([answer.status, answer.json().code], [502, 'SP_TLS_CERTIFICATE'])
})

test('a client that leaves ends the upstream call', async (t) => {
  const origin = await rawOrigin(t)
  const gate = await gateFrom(t, origin.url)
  const client = await say(t, gate.port, 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')
  const upstream = await origin.connection(0)
  await upstream.until(/\r\n\r\n/)

  client.socket.destroy()

  await upstream.closed
})

test('a 503 with Retry-After reaches the client, and the origin was asked once', async (t) => {
  const { url, requests } = await startOrigin(t, (_request, response) =>
    response.writeHead(503, { 'retry-after': '0' }).end(),
  )
  const gate = await gateFrom(t, url)

  assert.equal((await ask(gate.url, '/')).status, 503)

  assert.equal(requests.length, 1)
})

test('hop-by-hop fields stay where they belong, those that Connection names too', async (t) => {
  const origin = await rawOrigin(
    t,
    answers(
      'HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Theirs\r\nX-Theirs: 1\r\nKeep-Alive: timeout=99\r\nProxy-Authenticate: x\r\nContent-Length: 2\r\n\r\nok',
    ),
  )
  const gate = await gateFrom(t, origin.url)

  const client = await say(
    t,
    gate.port,
    'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close, X-Mine\r\nX-Mine: 1\r\nTE: trailers\r\nProxy-Authorization: x\r\n\r\n',
  )

  assert.doesNotMatch(await client.closed, /timeout=99|proxy-auth|x-theirs/i)
  assert.doesNotMatch((await origin.connection(0)).text(), /x-mine|\r\nte:|proxy-auth/i)
})

test('an upload with Expect: 100-continue works', async (t) => {
  const { url } = await startOrigin(t)
  const gate = await gateFrom(t, url)

  const headers = { expect: '100-continue', 'content-type': 'text/plain' }
  const answer = await ask(gate.url, '/', { method: 'POST', body: 'sent', headers })

  assert.deepEqual([answer.status, answer.json().body], [200, 'sent'])
})

test('an upstream that refuses is our 502, with nothing of the inside', async (t) => {
  const gate = await gateFrom(t, 'http://127.0.0.1:1')

  const answer = await ask(gate.url, '/')

  assert.deepEqual([answer.status, answer.json().code], [502, 'SP_CONNECT_REFUSED'])
  assert.doesNotMatch(answer.text, /127\.0\.0\.1|ECONN/)
})

test('an answer that breaks off is no clean end', async (t) => {
  const origin = await rawOrigin(t, (socket) =>
    socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'),
  )
  const gate = await gateFrom(t, origin.url)

  const client = await say(t, gate.port, 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')

  assert.doesNotMatch(await client.closed, /0\r\n\r\n$/)
})

test('rewriteRequestHeaders and rewriteHeaders of the caller still count', async (t) => {
  const { url } = await startOrigin(t)
  const gate = await gateFrom(t, url, {
    rewriteRequestHeaders: (_request: unknown, headers: object) => ({ ...headers, 'x-mine': '1' }),
    rewriteHeaders: (headers: object) => ({ ...headers, 'x-yours': '2' }),
  })

  const answer = await ask(gate.url, '/')

  assert.equal(answer.json().headers['x-mine'], '1')
  assert.equal(answer.headers['x-yours'], '2')
})
