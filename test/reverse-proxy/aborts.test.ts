import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import { test } from 'node:test'
import { proxyTo } from './support/gate.ts'
import { answers, eventually, rawOrigin, say } from './support/wire.ts'

const get = (version = '1.1'): string => `GET / HTTP/${version}\r\nHost: a.test\r\n\r\n`
const half = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'
const chunk = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'

test('a client that leaves before the answer takes the upstream connection with it', async (t) => {
  const origin = await rawOrigin(t)
  const gate = await proxyTo(t, { upstream: origin.url })
  const client = await say(t, gate.port, get())
  const upstream = await origin.connection(0)
  await upstream.until(/\r\n\r\n/)

  client.socket.destroy()

  await upstream.closed
  await eventually(() => gate.settled.length === 1, 'settled')
  assert.equal(gate.settled[0]?.facts.status, 499)
  assert.equal(gate.settled[0]?.facts.error, 'SP_CLIENT_GONE')
})

test('a client that leaves in the middle of the answer takes the upstream connection with it', async (t) => {
  const origin = await rawOrigin(t, answers(chunk))
  const gate = await proxyTo(t, { upstream: origin.url })
  const client = await say(t, gate.port, get())
  await client.until(/half/)

  client.socket.destroy()

  await (await origin.connection(0)).closed
  await eventually(() => gate.settled.length === 1, 'settled')
  assert.equal(gate.settled[0]?.facts.status, 200)
  assert.equal(gate.settled[0]?.facts.error, 'SP_CLIENT_GONE')
})

test('a client that leaves in the middle of its upload takes the upstream connection with it', async (t) => {
  const origin = await rawOrigin(t)
  const gate = await proxyTo(t, { upstream: origin.url })
  const client = await say(t, gate.port, 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100\r\n\r\npart')
  const upstream = await origin.connection(0)
  await upstream.until(/part$/)

  client.socket.destroy()

  await upstream.closed
  await eventually(() => gate.settled.length === 1, 'settled')
})

test('an HTTP/2 client that resets its stream takes the upstream connection with it', async (t) => {
  const origin = await rawOrigin(t)
  const gate = await proxyTo(t, { upstream: origin.url }, { server: { http2: true } })
  const session = http2.connect(gate.url)
  t.after(() => session.destroy())
  const stream = session.request({ ':path': '/' })
  stream.on('error', () => {})
  const upstream = await origin.connection(0)
  await upstream.until(/\r\n\r\n/)

  stream.close(http2.constants.NGHTTP2_CANCEL)

  await upstream.closed
  await eventually(() => gate.settled.length === 1, 'settled')
  assert.equal(gate.settled[0]?.facts.error, 'SP_CLIENT_GONE')
})

for (const [what, answer] of [
  ['with a length', half],
  ['in chunks', chunk],
] as const) {
  test(`an answer ${what} that breaks off is never a clean end for an HTTP/1.1 client`, async (t) => {
    const origin = await rawOrigin(t, (socket) => socket.end(answer))
    const gate = await proxyTo(t, { upstream: origin.url })

    const client = await say(t, gate.port, get())

    const text = await client.closed
    assert.match(text, /half/)
    assert.doesNotMatch(text, /0\r\n\r\n$/)
    await eventually(() => gate.settled.length === 1, 'settled')
    assert.equal(gate.settled[0]?.facts.error, 'SP_UPSTREAM_INCOMPLETE')
  })
}

test('an answer that breaks off is a reset for an HTTP/1.0 client, whose clean end would be a whole answer', async (t) => {
  const origin = await rawOrigin(t, async (socket) => {
    socket.write(chunk)
    await client.until(/half/)
    socket.destroy()
  })
  const gate = await proxyTo(t, { upstream: origin.url })
  const client = await say(t, gate.port, '')

  client.socket.write(get('1.0'))

  await client.closed
  assert.equal(client.error(), 'ECONNRESET')
})

test('an answer that breaks off is a reset stream for an HTTP/2 client', async (t) => {
  const origin = await rawOrigin(t, (socket) => socket.end(chunk))
  const gate = await proxyTo(t, { upstream: origin.url }, { server: { http2: true } })
  const session = http2.connect(gate.url)
  t.after(() => session.destroy())

  const stream = session.request({ ':path': '/' })
  stream.resume()

  const [error] = await once(stream, 'error')
  assert.equal(error.code, 'ERR_HTTP2_STREAM_ERROR')
  assert.equal(stream.rstCode, http2.constants.NGHTTP2_INTERNAL_ERROR)
})

for (const protocol of ['HTTP/1.1', 'HTTP/2']) {
  test(`an answer that breaks off below onSend hooks is never a clean end over ${protocol}`, async (t) => {
    const origin = await rawOrigin(t, (socket) => socket.end(chunk))
    const gate = await proxyTo(t, { upstream: origin.url }, { server: { http2: protocol === 'HTTP/2' }, hooks: true })

    if (protocol === 'HTTP/1.1') {
      const client = await say(t, gate.port, get())
      assert.doesNotMatch(await client.closed, /0\r\n\r\n$/)
      return
    }
    const session = http2.connect(gate.url)
    t.after(() => session.destroy())
    const stream = session.request({ ':path': '/' })
    stream.resume()
    const [error] = await once(stream, 'error')
    assert.equal(error.code, 'ERR_HTTP2_STREAM_ERROR')
  })
}

test('an HTTP/2 exchange that went well is settled without an error', async (t) => {
  const origin = await rawOrigin(t, answers('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
  const gate = await proxyTo(t, { upstream: origin.url }, { server: { http2: true } })
  const session = http2.connect(gate.url)
  t.after(() => session.destroy())

  const stream = session.request({ ':path': '/' })
  stream.resume()
  await once(stream, 'close')

  await eventually(() => gate.settled.length === 1, 'settled')
  assert.equal(gate.settled[0]?.facts.status, 200)
  assert.equal(gate.settled[0]?.facts.error, undefined)
})
