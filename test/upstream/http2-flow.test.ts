import assert from 'node:assert/strict'
import { constants } from 'node:http2'
import { PassThrough, Readable } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { send, start, until } from '../support/h2-upstream.ts'

test('a thousand cancelled streams leave none open', async (t) => {
  const { origin, upstream } = await start(t, (stream) => {
    stream.respond({ ':status': 200 })
    stream.write('x'.repeat(1000))
  })
  let open = 0

  for (let round = 0; round < 20; round++) {
    const handlers = Array.from({ length: 50 }, () => send(upstream))
    await Promise.all(handlers.map((one) => one.answered))
    open = Math.max(open, origin.streams.size)
    for (const one of handlers) one.controller?.abort(new Error('gone'))
  }

  assert.ok(open >= 50)
  await until(() => origin.streams.size === 0)
  assert.ok(upstream.sessions <= 2, `${upstream.sessions} sessions`)
  const next = send(upstream)
  await next.answered
  next.controller?.abort(new Error('gone'))
})

test('an aborted upload is cancelled at the origin, and a paused answer too', async (t) => {
  const codes: number[] = []
  const { upstream, origin } = await start(t, (stream) => {
    stream.on('close', () => codes.push(stream.rstCode))
    stream.respond({ ':status': 200 })
    stream.write(Buffer.alloc(2_000_000))
  })
  const handler = send(upstream, { method: 'POST', body: new PassThrough() })
  await handler.answered
  handler.controller?.pause()

  handler.controller?.abort(new Error('gone'))
  handler.controller?.abort(new Error('again'))
  await until(() => origin.streams.size === 0)

  assert.deepEqual(codes, [constants.NGHTTP2_CANCEL])
  assert.equal(handler.calls.filter((call) => call === 'error').length, 1)
})

test('a paused handler holds the origin back, and the pause is no stall', async (t) => {
  let sent = 0
  const { upstream } = await start(t, (stream) => {
    stream.respond({ ':status': 200 })
    const more = () => {
      while (sent < 20_000_000) {
        sent += 100_000
        if (!stream.write(Buffer.alloc(100_000))) return
      }
      stream.end()
    }
    stream.on('drain', more)
    more()
  })
  const handler = send(upstream, { bodyTimeout: 100 })
  await handler.answered
  handler.controller?.pause()
  await wait(250)

  const held = sent
  handler.controller?.resume()
  await handler.over

  assert.ok(held < 2_000_000, `${held} bytes were taken while paused`)
  assert.equal(handler.bytes, 20_000_000)
  assert.equal(handler.calls.at(-1), 'end')
})

test('an upload waits for an origin that does not read', async (t) => {
  const { upstream } = await start(t, (stream) => stream.respond({ ':status': 200 }))
  let taken = 0
  const body = new Readable({
    read() {
      taken += 64 * 1024
      this.push(Buffer.alloc(64 * 1024))
    },
  })
  const handler = send(upstream, { method: 'POST', body })
  await handler.answered

  await wait(200)

  assert.ok(taken < 4_000_000, `${taken} bytes were read`)
  handler.controller?.abort(new Error('done'))
  body.destroy()
})

test('a body that breaks off cancels the stream', async (t) => {
  const { origin, upstream } = await start(t, (stream) => stream.resume())
  const body = new PassThrough()
  const handler = send(upstream, { method: 'POST', body })
  body.write('x')
  await until(() => origin.streams.size === 1)

  body.destroy()
  await handler.over

  assert.equal(handler.error?.code, 'SP_CLIENT_GONE')
  await until(() => origin.streams.size === 0)
})

test('an answer that comes whole before the upload ends is a clean end', async (t) => {
  const { origin, upstream } = await start(t, (stream) => {
    stream.respond({ ':status': 413 })
    stream.end('too large')
  })

  const got = await send(upstream, { method: 'POST', body: new PassThrough() }).over

  assert.deepEqual(got.calls, ['start', 'head', 'data', 'end'])
  await until(() => origin.streams.size === 0)
})
