import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:http2'
import { type TestContext, test } from 'node:test'
import { request } from 'undici'
import { startOrigin, startProxy, type TestProxy } from '../support/app.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { until } from '../support/until.ts'
import { openWire } from '../support/wire.ts'

/** A proxy before an origin that answers when told. */
async function held(
  t: TestContext,
  setup: Parameters<typeof startProxy>[1] = {},
): Promise<{
  proxy: TestProxy
  waiting: ServerResponse[]
  url: string
}> {
  const waiting: ServerResponse[] = []
  const origin = await startOrigin(t, (_request, response) => waiting.push(response))
  const proxy = await startProxy(t, { ...setup, reverse: { upstream: origin.url } })
  return { proxy, waiting, url: origin.url }
}

test('HTTP/1: what is in flight is answered with Connection: close, then the server is closed', async (t) => {
  const { proxy, waiting } = await held(t)
  const wire = await openWire(t, proxy.port)
  wire.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => waiting.length === 1, 'the request in flight')

  const closed = proxy.app.close()
  waiting[0]?.end('whole answer')
  await closed
  await wire.ended()

  assert.match(wire.text(), /^HTTP\/1\.1 200 /)
  assert.match(wire.text(), /\r\nconnection: close\r\n/i)
  assert.match(wire.text(), /whole answer/)
  assert.equal(proxy.settled[0]?.facts.status, 200)
})

test('HTTP/1: an answer that had begun before the close ends whole, and its connection ends too', async (t) => {
  const { proxy, waiting } = await held(t)
  const wire = await openWire(t, proxy.port)
  wire.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => waiting.length === 1, 'the request in flight')
  waiting[0]?.write('begin')
  await wire.says(/begin/)

  const closed = proxy.app.close()
  waiting[0]?.end('end')
  await closed
  await wire.ended()

  assert.match(wire.text(), /begin[\s\S]*end\r\n0\r\n\r\n$/)
})

test('an upload in flight when the close begins arrives whole', async (t) => {
  const bodies: string[] = []
  const origin = await startOrigin(t, (incoming, response) => {
    let text = ''
    incoming.on('data', (chunk) => {
      text += chunk
    })
    incoming.on('end', () => {
      bodies.push(text)
      response.end('ok')
    })
  })
  const proxy = await startProxy(t, { reverse: { upstream: origin.url } })
  const wire = await openWire(t, proxy.port)
  wire.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc')
  await until(() => origin.requests.length === 1, 'the request in flight')

  const closed = proxy.app.close()
  wire.send('def')
  await closed
  await wire.ended()

  assert.match(wire.text(), /^HTTP\/1\.1 200 /)
  assert.deepEqual(bodies, ['abcdef'])
})

test('idle connections are closed at once', async (t) => {
  const { proxy } = await held(t, { kernel: { drainTimeout: '10s' } })
  const wire = await openWire(t, proxy.port)
  const began = performance.now()

  await proxy.app.close()
  await wire.ended()

  assert.ok(performance.now() - began < 3000)
})

test('HTTP/2: GOAWAY, the streams that are open finish, then the session ends', async (t) => {
  const { proxy, waiting } = await held(t, { server: { http2: true } })
  const session = connect(proxy.url)
  t.after(() => session.destroy())
  let goaway: number | undefined
  session.on('goaway', (code) => {
    goaway = code
  })
  const ended = new Promise((resolve) => session.once('close', resolve))
  const stream = session.request({ ':path': '/' })
  let status: unknown
  let text = ''
  stream.on('response', (fields) => {
    status = fields[':status']
  })
  stream.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  await until(() => waiting.length === 1, 'the stream in flight')

  const closed = proxy.app.close()
  await until(() => goaway !== undefined, 'GOAWAY')
  waiting[0]?.end('whole answer')
  await closed
  await ended

  assert.deepEqual([status, text, goaway], [200, 'whole answer', 0])
})

test('what is not over at the deadline is ended, and settled', async (t) => {
  const clock = fakeClock()
  const { proxy, waiting } = await held(t, { kernel: { clock, drainTimeout: '10s' } })
  const wire = await openWire(t, proxy.port)
  wire.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => waiting.length === 1, 'the request in flight')

  let closed = false
  const closing = proxy.app.close().then(() => {
    closed = true
  })
  await new Promise((resolve) => setTimeout(resolve, 30))
  clock.advance(9_999)
  await new Promise((resolve) => setTimeout(resolve, 30))
  assert.deepEqual([closed, wire.over], [false, false])
  clock.advance(1)
  await closing

  assert.equal(proxy.settled.length, 1)
  await wire.ended()
  assert.equal(clock.pending, 0)
})

test('HTTP/2: a stream that is not over at the deadline is ended', async (t) => {
  const clock = fakeClock()
  const { proxy, waiting } = await held(t, { server: { http2: true }, kernel: { clock, drainTimeout: '10s' } })
  const session = connect(proxy.url)
  t.after(() => session.destroy())
  session.on('error', () => {})
  const stream = session.request({ ':path': '/' })
  stream.on('error', () => {})
  const gone = new Promise((resolve) => stream.once('close', resolve))
  await until(() => waiting.length === 1, 'the stream in flight')

  const closing = proxy.app.close()
  await new Promise((resolve) => setTimeout(resolve, 30))
  clock.advance(10_000)
  await closing

  assert.equal(proxy.settled.length, 1)
  await gone
})

test('an upgraded connection may go on until the deadline, then both sides of it end', async (t) => {
  const clock = fakeClock()
  let upstreamGone = false
  const origin = await startOrigin(t)
  origin.server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n')
    socket.on('data', (chunk: Buffer) => socket.write(`you said ${chunk}`))
    socket.on('error', () => {})
    socket.on('end', () => {
      upstreamGone = true
      socket.end()
    })
  })
  const proxy = await startProxy(t, { kernel: { clock, drainTimeout: '10s' }, reverse: { upstream: origin.url } })
  const wire = await openWire(t, proxy.port)
  wire.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n')
  await wire.says(/101[\s\S]*\r\n\r\n$/)

  const closing = proxy.app.close()
  await new Promise((resolve) => setTimeout(resolve, 30))
  clock.advance(9_000)
  wire.send('still here')
  await wire.says(/you said still here$/)
  clock.advance(1_000)
  await closing
  const settledAtClose = proxy.settled.length
  await wire.ended()
  await until(() => upstreamGone, 'the upstream side ended')

  assert.equal(settledAtClose, 1)
  assert.equal(proxy.settled[0]?.facts.status, 101)
})

test("a call of the app's own over the dispatcher does not keep the close waiting beyond the deadline", async (t) => {
  const clock = fakeClock()
  const { proxy, waiting, url } = await held(t, { kernel: { clock, drainTimeout: '10s' } })
  const asked = assert.rejects(request(url, { dispatcher: proxy.app.proxy.dispatcher }))
  await until(() => waiting.length === 1, 'the call in flight')

  let closed = false
  const closing = proxy.app.close().then(() => {
    closed = true
  })
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(closed, false)
  clock.advance(10_000)
  await closing
  await asked
})
