import assert from 'node:assert/strict'
import { test } from 'node:test'
import reverseProxy, { type TimeoutOptions } from '../../plugins/reverse-proxy/index.ts'
import { stalledPort } from '../conformance/harness/stalled-port.ts'
import { ask } from './support/exchange.ts'
import { openGate, proxyTo } from './support/gate.ts'
import { answers, eventually, rawOrigin, say } from './support/wire.ts'

const get = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'

test('firstByte and total each have their own code, status and Proxy-Status', async (t) => {
  const origin = await rawOrigin(t)
  const rows: readonly [TimeoutOptions, string, string][] = [
    [{ firstByte: 50 }, 'SP_UPSTREAM_TIMEOUT', 'http_response_timeout'],
    [{ total: 50 }, 'SP_TOTAL_TIMEOUT', 'http_response_timeout'],
  ]
  for (const [timeouts, code, type] of rows) {
    const gate = await proxyTo(t, { upstream: origin.url, timeouts })

    const answer = await ask(gate.url, '/')

    assert.equal(answer.status, 504)
    assert.equal(answer.json().code, code)
    assert.equal(answer.headers['proxy-status'], `gate; error=${type}`)
    assert.equal(gate.settled[0]?.facts.error, code)
  }
  for (const { closed } of origin.connections) await closed
})

test('timeouts are those of the route', async (t) => {
  const origin = await rawOrigin(t)
  const gate = await openGate(t, async (app) => {
    await app.register(reverseProxy, { upstream: origin.url, prefix: '/slow' })
    await app.register(reverseProxy, { upstream: origin.url, prefix: '/quick', timeouts: { firstByte: '50ms' } })
  })
  const slow = await say(t, gate.port, get.replace('/', '/slow'))

  assert.equal((await ask(gate.url, '/quick')).status, 504)

  assert.equal(slow.text(), '')
})

for (const [timeouts, code] of [
  [{ betweenBytes: 50 }, 'SP_UPSTREAM_STALLED'],
  [{ total: 100 }, 'SP_TOTAL_TIMEOUT'],
] as const) {
  test(`an answer that stalls is broken off: ${code}`, async (t) => {
    const origin = await rawOrigin(t, answers('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'))
    const gate = await proxyTo(t, { upstream: origin.url, timeouts })

    const client = await say(t, gate.port, get)

    assert.doesNotMatch(await client.closed, /0\r\n\r\n$/)
    await eventually(() => gate.settled.length === 1, 'settled')
    assert.equal(gate.settled[0]?.facts.error, code)
    await (await origin.connection(0)).closed
  })
}

test('a slow answer that keeps moving is not cut by betweenBytes', async (t) => {
  const origin = await rawOrigin(t, async (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n')
    for (const letter of 'slowly') {
      await new Promise((resolve) => setTimeout(resolve, 60))
      socket.write(letter)
    }
  })
  const gate = await proxyTo(t, { upstream: origin.url, timeouts: { betweenBytes: 1500, firstByte: 1500 } })

  assert.equal((await ask(gate.url, '/')).text, 'slowly')
})

test('a connection that does not stand in time is a 504', async (t) => {
  const { port, close } = await stalledPort()
  t.after(close)
  const gate = await proxyTo(t, { upstream: `http://127.0.0.1:${port}`, timeouts: { connect: 100 } })

  const answer = await ask(gate.url, '/')

  assert.equal(answer.status, 504)
  assert.equal(answer.json().code, 'SP_CONNECT_TIMEOUT')
  assert.equal(answer.headers['proxy-status'], 'gate; error=connection_timeout')
})
