import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import { test } from 'node:test'
import type { Exchange, Facts } from '../../src/contract/exchange.ts'
import { startOrigin, startProxy, type TestProxy } from '../support/app.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { until } from '../support/until.ts'
import { deadPort, openWire } from '../support/wire.ts'

/** The facts of the one exchange, once it is over and nothing comes after it. */
async function once(proxy: TestProxy): Promise<Facts> {
  await until(() => proxy.settled.length > 0, 'the exchange settled')
  await new Promise((resolve) => setTimeout(resolve, 30))
  assert.equal(proxy.settled.length, 1)
  return (proxy.settled[0] as Exchange).facts
}

test('an exchange that goes well is settled once, with its facts', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, { reverse: { upstream: origin.url } })

  const response = await fetch(proxy.url, { method: 'POST', body: 'x'.repeat(100_000) })
  const { length } = await response.text()
  const facts = await once(proxy)

  assert.equal(facts.status, 200)
  assert.equal(facts.bytesReceived, 100_000)
  assert.equal(facts.bytesSent, length)
  assert.equal(facts.upstream, `127.0.0.1:${origin.port}`)
  assert.equal(facts.upstreamProtocol, 'HTTP/1.1')
  assert.equal(facts.attempts, 1)
  assert.equal(facts.reused, false)
  assert.ok(facts.connect > 0, `connect ${facts.connect}`)
  assert.ok(facts.firstByte >= facts.connect, `firstByte ${facts.firstByte}`)
  assert.ok(facts.duration >= facts.firstByte, `duration ${facts.duration}`)
  assert.deepEqual([facts.error, facts.refusal, facts.cause], [undefined, undefined, undefined])
})

test('the second exchange on a connection says that it was reused, and made none', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, { reverse: { upstream: origin.url } })

  for (let i = 0; i < 2; i++) await (await fetch(proxy.url)).text()
  await until(() => proxy.settled.length === 2, 'both settled')

  assert.deepEqual(
    proxy.settled.map(({ facts }) => [facts.reused, facts.connect >= 0]),
    [
      [false, true],
      [true, false],
    ],
  )
})

test('durations are read from the clock that was handed in', async (t) => {
  const clock = fakeClock()
  const origin = await startOrigin(t, (_request, response) => {
    clock.advance(250)
    response.end('late')
  })
  const proxy = await startProxy(t, { kernel: { clock }, reverse: { upstream: origin.url } })

  await (await fetch(proxy.url)).text()
  const { firstByte, duration, connect } = await once(proxy)

  assert.deepEqual({ firstByte, duration, connect }, { firstByte: 250, duration: 250, connect: 0 })
})

test('a refused exchange is settled once', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, {
    reverse: { upstream: origin.url },
    setup: (app) => app.proxy.guard('filter', () => ({ code: 'APP_NO', status: 403, text: 'No.' })),
  })

  await (await fetch(proxy.url)).text()
  const facts = await once(proxy)

  assert.deepEqual([facts.status, facts.refusal, facts.error, facts.attempts], [403, 'APP_NO', undefined, 0])
})

test('an exchange without an upstream is settled once, and the cause is for the log', async (t) => {
  const port = await deadPort()
  const proxy = await startProxy(t, { reverse: { upstream: `http://127.0.0.1:${port}` } })

  await (await fetch(proxy.url)).text()
  const facts = await once(proxy)

  assert.deepEqual([facts.status, facts.error, facts.attempts], [502, 'SP_CONNECT_REFUSED', 1])
  assert.match(String((facts.cause as Error).message), new RegExp(`127\\.0\\.0\\.1:${port}`))
  assert.equal(facts.firstByte, -1)
})

test('a client that leaves before the answer is settled once as 499, and the upstream call ends', async (t) => {
  let gone = false
  const origin = await startOrigin(t, (request) => {
    request.socket.once('close', () => {
      gone = true
    })
  })
  const proxy = await startProxy(t, { reverse: { upstream: origin.url } })
  const wire = await openWire(t, proxy.port)
  wire.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => origin.requests.length === 1, 'the request reached the origin')

  wire.socket.destroy()
  const facts = await once(proxy)
  await until(() => gone, 'the upstream call ended')

  assert.deepEqual([facts.status, facts.error], [499, 'SP_CLIENT_GONE'])
})

test('an HTTP/2 client that resets its stream is settled once as 499', async (t) => {
  const origin = await startOrigin(t, () => {})
  const proxy = await startProxy(t, { server: { http2: true }, reverse: { upstream: origin.url } })
  const session = connect(proxy.url)
  t.after(() => session.destroy())
  const stream = session.request({ ':path': '/' })
  stream.on('error', () => {})
  await until(() => origin.requests.length === 1, 'the request reached the origin')

  stream.close(8)
  const facts = await once(proxy)

  assert.deepEqual([facts.status, facts.error], [499, 'SP_CLIENT_GONE'])
})

test('a client that leaves in the midst of an answer: the status that was sent, and what had gone out', async (t) => {
  const origin = await startOrigin(t, (_request, response) => {
    response.writeHead(200)
    response.write('x'.repeat(1000))
  })
  const proxy = await startProxy(t, { reverse: { upstream: origin.url } })
  const wire = await openWire(t, proxy.port)
  wire.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await wire.says(/x{1000}/)

  wire.socket.destroy()
  const facts = await once(proxy)

  assert.deepEqual([facts.status, facts.error, facts.bytesSent], [200, 'SP_CLIENT_GONE', 1000])
})

test('an upstream that breaks off is settled once, as incomplete', async (t) => {
  const origin = await startOrigin(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('x'.repeat(10), () => response.destroy())
  })
  const proxy = await startProxy(t, { reverse: { upstream: origin.url } })

  await assert.rejects(async () => (await fetch(proxy.url)).text())
  const facts = await once(proxy)

  assert.deepEqual([facts.status, facts.error], [200, 'SP_UPSTREAM_INCOMPLETE'])
})

test("a hook of the app that answers itself: settled once, with that hook's status", async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, {
    reverse: { upstream: origin.url },
    setup: (app) => app.addHook('preHandler', async (_request, reply) => reply.code(418).send('teapot')),
  })

  assert.equal((await fetch(proxy.url)).status, 418)
  const facts = await once(proxy)

  assert.deepEqual([facts.status, facts.attempts, facts.error], [418, 0, undefined])
})

test('a hook of the app that throws: settled once', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, {
    reverse: { upstream: origin.url },
    setup: (app) =>
      app.addHook('preHandler', async () => {
        throw Object.assign(new Error('no'), { statusCode: 401 })
      }),
  })

  assert.equal((await fetch(proxy.url)).status, 401)

  assert.equal((await once(proxy)).status, 401)
})

test('a malformed request is settled once, with its code', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, { reverse: { upstream: origin.url } })

  assert.equal((await fetch(`${proxy.url}/a%00b`)).status, 400)
  const facts = await once(proxy)

  assert.deepEqual([facts.status, facts.error, facts.refusal], [400, 'SP_BAD_PATH', 'SP_BAD_PATH'])
  assert.equal(origin.requests.length, 0)
})

test('an upgrade is settled once, when both sides are over, with the bytes of both directions', async (t) => {
  const origin = await startOrigin(t)
  origin.server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n')
    socket.on('data', (chunk: Buffer) => socket.write(`you said ${chunk.toString()}`))
    socket.on('end', () => socket.end())
  })
  const proxy = await startProxy(t, { reverse: { upstream: origin.url } })
  const wire = await openWire(t, proxy.port)
  wire.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n')
  await wire.says(/101[\s\S]*\r\n\r\n$/)

  wire.send('hello')
  await wire.says(/you said hello$/)
  assert.equal(proxy.settled.length, 0)
  wire.socket.end()
  const facts = await once(proxy)

  assert.deepEqual([facts.status, facts.bytesReceived, facts.bytesSent], [101, 5, 14])
  assert.equal((proxy.settled[0] as Exchange).kind, 'upgrade')
})

test('an upgrade that the upstream does not want is settled once, with its answer', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.writeHead(426).end('no'))
  const proxy = await startProxy(t, { reverse: { upstream: origin.url } })
  const wire = await openWire(t, proxy.port)

  wire.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n')
  await wire.says(/426[\s\S]*no\r\n/)

  assert.equal((await once(proxy)).status, 426)
})

test('a settle listener that throws keeps neither the others nor the process from going on', async (t) => {
  const origin = await startOrigin(t)
  const heard: string[] = []
  const proxy = await startProxy(t, {
    reverse: { upstream: origin.url },
    setup(app) {
      app.proxy.onSettle(() => {
        throw new Error('of a listener')
      })
      app.proxy.onSettle(({ target }) => heard.push(target.path))
    },
  })

  await (await fetch(`${proxy.url}/1`)).text()
  await (await fetch(`${proxy.url}/2`)).text()

  await until(() => heard.length === 2, 'the other listener heard both')
})
