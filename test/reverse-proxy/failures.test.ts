import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from './support/exchange.ts'
import { proxyTo } from './support/gate.ts'
import { rawOrigin } from './support/wire.ts'

test('a refused connection is a 502 with a code, a Proxy-Status and nothing of the inside', async (t) => {
  const gate = await proxyTo(t, { upstream: 'http://127.0.0.1:1' })

  const answer = await ask(gate.url, '/')

  assert.equal(answer.status, 502)
  const { requestId, ...body } = answer.json()
  assert.deepEqual(body, {
    statusCode: 502,
    code: 'SP_CONNECT_REFUSED',
    error: 'Bad Gateway',
    message: 'The server did not accept the connection.',
  })
  assert.equal(requestId, gate.settled[0]?.id)
  assert.equal(answer.headers['proxy-status'], 'gate; error=connection_refused')
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.match(String(gate.settled[0]?.facts.cause), /127\.0\.0\.1:1/)
})

test('a name that does not resolve is a 502', async (t) => {
  const gate = await proxyTo(t, { upstream: 'http://nobody.invalid' })

  const answer = await ask(gate.url, '/')

  assert.equal(answer.status, 502)
  assert.match(String(answer.json().code), /^SP_(DNS|CONNECT)/)
  assert.doesNotMatch(answer.text, /nobody/)
})

test('an upstream that resets before the answer is a 502', async (t) => {
  const origin = await rawOrigin(t, (socket) => socket.resetAndDestroy())
  const gate = await proxyTo(t, { upstream: origin.url })

  const answer = await ask(gate.url, '/')

  assert.deepEqual([answer.status, answer.json().code], [502, 'SP_UPSTREAM_RESET'])
  assert.equal(answer.headers['proxy-status'], 'gate; error=connection_terminated')
})

test('the body of a failure is HTML where Accept prefers it, and nothing of the request is in it', async (t) => {
  const gate = await proxyTo(t, { upstream: 'http://127.0.0.1:1' })

  const html = await ask(gate.url, '/<b>x</b>'.replace(/[<>]/g, encodeURIComponent), {
    headers: { accept: 'text/html,*/*;q=0.8' },
  })
  const json = await ask(gate.url, '/', { headers: { accept: 'application/json' } })

  assert.equal(html.headers['content-type'], 'text/html; charset=utf-8')
  assert.match(html.text, /<h1>502 Bad Gateway<\/h1>/)
  assert.doesNotMatch(html.text, /127\.0\.0\.1/)
  assert.equal(json.headers['content-type'], 'application/json; charset=utf-8')
})

test('when an upstream refuses, the next one is asked', async (t) => {
  const origin = await rawOrigin(t, (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
  const gate = await proxyTo(t, { upstream: ['http://127.0.0.1:1', origin.url] })

  for (let i = 0; i < 4; i++) assert.equal((await ask(gate.url, '/')).status, 200)

  assert.ok(gate.settled.some(({ facts }) => facts.attempts === 2))
})
