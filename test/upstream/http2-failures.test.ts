import assert from 'node:assert/strict'
import { constants, type ServerHttp2Stream } from 'node:http2'
import { test } from 'node:test'
import { ok, send, start } from '../support/h2-upstream.ts'

test('a refused stream and one above the last of GOAWAY are told as not acted on', async (t) => {
  const { upstream } = await start(t, (stream, headers) => {
    if (headers[':path'] === '/refuse') stream.close(constants.NGHTTP2_REFUSED_STREAM)
    else if (headers[':path'] === '/goaway') stream.session?.goaway(constants.NGHTTP2_INTERNAL_ERROR, 1)
  })

  // Stream 1, then 3: GOAWAY names 1 as the last.
  const refused = await send(upstream, { path: '/refuse' }).over
  const gone = await send(upstream, { path: '/goaway' }).over

  for (const got of [refused, gone]) {
    assert.equal(got.error?.code, 'SP_UPSTREAM_RESET')
    assert.equal(got.error?.unprocessed, true)
  }
})

for (const [name, code] of [
  ['NO_ERROR', constants.NGHTTP2_NO_ERROR],
  ['CANCEL', constants.NGHTTP2_CANCEL],
  ['INTERNAL_ERROR', constants.NGHTTP2_INTERNAL_ERROR],
] as const) {
  test(`a reset within the body (${name}) is never a clean end`, async (t) => {
    const { upstream } = await start(t, (stream) => {
      stream.respond({ ':status': 200 })
      stream.write('half')
      setTimeout(() => (code === constants.NGHTTP2_NO_ERROR ? stream.destroy() : reset(stream, code)), 10)
    })

    const got = await send(upstream).over

    assert.deepEqual(got.calls, ['start', 'head', 'data', 'error'])
    assert.equal(got.error?.code, 'SP_UPSTREAM_INCOMPLETE')
  })
}

/** close() would end the message first, and destroy() knows no code: there is no public way to break off with one. */

function reset(stream: ServerHttp2Stream, code: number): void {
  const key = Object.getOwnPropertySymbols(stream).find((symbol) => symbol.description === 'kHandle') as symbol
  const handle = (stream as unknown as Record<symbol, { rstStream(code: number): void }>)[key]
  handle?.rstStream(code)
}

test('a reset before the answer is told as a reset that may have been acted on', async (t) => {
  const { upstream } = await start(t, (stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR))

  const got = await send(upstream).over

  assert.deepEqual(got.calls, ['start', 'error'])
  assert.equal(got.error?.code, 'SP_UPSTREAM_RESET')
  assert.equal(got.error?.unprocessed, false)
})

test('when the connection dies every stream on it is told, and the next exchange dials again', async (t) => {
  const { origin, upstream } = await start(t, (stream, headers, raw) => {
    if (headers[':path'] === '/ok') ok(stream, headers, raw)
    else stream.respond({ ':status': 200 })
  })
  const handlers = Array.from({ length: 10 }, () => send(upstream))
  await Promise.all(handlers.map((one) => one.answered))

  for (const session of origin.sessions) session.socket.destroy()
  await Promise.all(handlers.map((one) => one.over))
  const next = await send(upstream, { path: '/ok' }).over

  assert.deepEqual(new Set(handlers.map((one) => one.error?.code)), new Set(['SP_UPSTREAM_INCOMPLETE']))
  assert.equal(next.body, 'ok')
})

test('no head in time and no more bytes in time have their own errors', async (t) => {
  const { upstream } = await start(t, (stream, headers) => {
    if (headers[':path'] === '/stall') {
      stream.respond({ ':status': 200 })
      stream.write('x')
    }
  })
  const timeouts = { headersTimeout: 60, bodyTimeout: 30 }

  const [silent, stalled] = await Promise.all([
    send(upstream, timeouts).over,
    send(upstream, { ...timeouts, path: '/stall' }).over,
  ])

  assert.equal(silent.error?.code, 'SP_UPSTREAM_TIMEOUT')
  assert.equal(stalled.error?.code, 'SP_UPSTREAM_STALLED')
})
