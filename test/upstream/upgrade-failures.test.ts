import assert from 'node:assert/strict'
import type net from 'node:net'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { rawOrigin, send } from '../support/raw-upgrade.ts'

test('a request whose body breaks off closes the connection', async (t) => {
  const closed = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const url = await rawOrigin(t, (socket) => {
    socket.resume().on('close', () => closed.resolve())
    arrived.resolve()
  })
  const body = new PassThrough()

  const handler = send(url, { method: 'POST', upgrade: 'x', headers: ['Host', 'a'], body })
  body.write('x')
  await arrived.promise
  body.destroy()
  const got = await handler.over

  assert.equal(got.error?.code, 'SP_CLIENT_GONE')
  await closed.promise
})

test('an origin that never answers is given up after the first-byte timeout', async (t) => {
  const url = await rawOrigin(t, () => {})

  const got = await send(url, { headersTimeout: 30 }).over

  assert.equal(got.error?.code, 'SP_UPSTREAM_TIMEOUT')
})

test('a refusal that stalls is given up after the between-bytes timeout', async (t) => {
  const url = await rawOrigin(t, (socket) => socket.write('HTTP/1.1 403 No\r\nContent-Length: 9\r\n\r\nhalf'))

  const got = await send(url, { headersTimeout: 5000, bodyTimeout: 30 }).over

  assert.deepEqual(got.calls, ['start', 'head', 'data', 'error'])
  assert.equal(got.error?.code, 'SP_UPSTREAM_STALLED')
})

test('a reset before the answer, within it, and after the 101 is never unhandled', async (t) => {
  const url = await rawOrigin(t, (socket, head) => {
    if (head.includes('/half')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')
    if (head.includes('/up')) socket.write('HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n')
    setTimeout(() => socket.resetAndDestroy(), 20)
  })

  const [none, half, up] = await Promise.all([
    send(url).over,
    send(url, { path: '/half' }).over,
    send(url, { path: '/up' }).over,
  ])
  const socket = up.socket as net.Socket
  socket.resume()
  if (!socket.closed) await new Promise((resolve) => socket.on('close', resolve))

  assert.equal(none.error?.code, 'SP_UPSTREAM_RESET')
  assert.equal(half.error?.code, 'SP_UPSTREAM_INCOMPLETE')
})

test('what is no HTTP, and a head that is too large, have their own codes', async (t) => {
  const url = await rawOrigin(t, (socket, head) => {
    socket.end(head.includes('/large') ? `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(20_000)}\r\n\r\n` : 'SSH-2.0-x\r\n\r\n')
  })

  const [noise, large] = await Promise.all([send(url).over, send(url, { path: '/large' }).over])

  assert.equal(noise.error?.code, 'SP_UPSTREAM_PROTOCOL')
  assert.equal(large.error?.code, 'SP_UPSTREAM_FIELDS')
})

test('abort destroys the connection at once', async (t) => {
  const closed = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const url = await rawOrigin(t, (socket) => {
    socket.on('close', () => closed.resolve()).resume()
    arrived.resolve()
  })
  const handler = send(url)
  await arrived.promise

  handler.controller?.abort(new Error('gone'))

  assert.equal(handler.error?.message, 'gone')
  await closed.promise
  assert.deepEqual(handler.calls, ['start', 'error'])
})

test('a connection that cannot be made is told before any start', async () => {
  const got = await send('http://127.0.0.1:1').over

  assert.deepEqual(got.calls, ['error'])
  assert.equal(got.error?.code, 'SP_CONNECT_REFUSED')
})
