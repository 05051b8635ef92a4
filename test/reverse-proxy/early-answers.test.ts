import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { proxyTo } from './support/gate.ts'
import { eventually, rawOrigin, say } from './support/wire.ts'

const tooLarge = 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 9\r\nConnection: close\r\n\r\ntoo large'
const upload = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 50000000\r\n\r\n'

test('an answer before the end of the upload reaches the client', async (t) => {
  const origin = await rawOrigin(t, (socket) => socket.end(tooLarge))
  const gate = await proxyTo(t, { upstream: origin.url })

  const client = await say(t, gate.port, `${upload}first`)

  assert.match(await client.until(/too large$/), /^HTTP\/1\.1 413 Content Too Large\r\n/)
})

test('a client that goes on sending can still read the early answer', async (t) => {
  const origin = await rawOrigin(t, (socket) => socket.end(tooLarge))
  const gate = await proxyTo(t, { upstream: origin.url })
  const client = await say(t, gate.port, upload)

  // Sends for a while whatever comes, and reads afterwards, as a simple client does.
  client.socket.pause()
  for (let i = 0; i < 40; i++) {
    client.socket.write(Buffer.alloc(64 * 1024))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  client.socket.resume()

  assert.match(await client.until(/too large$/), /^HTTP\/1\.1 413 /)
})

test('413 of our own in the middle of an upload reaches the client', async (t) => {
  const origin = await rawOrigin(t)
  const gate = await proxyTo(t, { upstream: origin.url, bodyLimit: 1000 })
  const head = 'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n'

  const client = await say(t, gate.port, `${head}1000\r\n${'x'.repeat(4096)}\r\n`)

  const answer = await client.until(/SP_BODY_TOO_LARGE/)
  assert.match(answer, /^HTTP\/1\.1 413 /)
  assert.match(answer, /\r\nConnection: close\r\n/i)
  const upstream = await origin.connection(0)
  await upstream.closed
})

test('413 by length is answered before anything is sent upstream', async (t) => {
  const origin = await rawOrigin(t)
  const gate = await proxyTo(t, { upstream: origin.url, bodyLimit: '1KiB' })

  const client = await say(t, gate.port, 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1025\r\n\r\n')

  assert.match(await client.until(/SP_BODY_TOO_LARGE/), /^HTTP\/1\.1 413 /)
  assert.equal(origin.connections.length, 0)
})

test('a slow upload is answered 408', async (t) => {
  const origin = await rawOrigin(t)
  const minUploadRate = { bytesPerSecond: 1000, grace: 100 }
  const gate = await proxyTo(t, { upstream: origin.url, minUploadRate })

  const client = await say(t, gate.port, 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5000\r\n\r\nslow')

  assert.match(await client.until(/SP_REQUEST_TIMEOUT/), /^HTTP\/1\.1 408 /)
  await (await origin.connection(0)).closed
})

test('an upstream that dies during an upload is a 502 that the client can read', async (t) => {
  const origin = await rawOrigin(t, (socket) => socket.resetAndDestroy())
  const gate = await proxyTo(t, { upstream: origin.url })

  const client = await say(t, gate.port, `${upload}first`)

  assert.match(await client.until(/SP_UPSTREAM_RESET/), /^HTTP\/1\.1 502 /)
})

test('an early answer reaches an HTTP/2 client too, ours and the one of the origin', async (t) => {
  const origin = await rawOrigin(t, (socket, head) => {
    if (head.startsWith('POST /origin')) socket.end(tooLarge)
  })
  const gate = await proxyTo(t, { upstream: origin.url, bodyLimit: 1000 }, { server: { http2: true } })
  const session = http2.connect(gate.url)
  t.after(() => session.destroy())

  for (const [path, bytes, expected] of [
    ['/origin', 10, 'too large'],
    ['/ours', 5000, 'SP_BODY_TOO_LARGE'],
  ] as const) {
    const stream = session.request({ ':method': 'POST', ':path': path })
    stream.write(Buffer.alloc(bytes))
    const [head] = await once(stream, 'response')
    assert.equal(head[':status'], 413, path)
    assert.match(await text(stream), new RegExp(expected))
    stream.close()
  }
  await eventually(() => gate.settled.length === 2, 'both exchanges settled')
})
