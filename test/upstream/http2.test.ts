import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { constants, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import tls from 'node:tls'
import { systemClock } from '../../src/contract/clock.ts'
import type { DispatchOptions } from '../../src/contract/layer.ts'
import { createHttp2Upstream, type Http2Upstream } from '../../src/upstream/http2.ts'
import { createUpstream, type UpstreamSettings } from '../../src/upstream/origin.ts'
import { makeCertificate } from '../support/certificate.ts'
import { h2Origin, type ServeStream } from '../support/h2-origin.ts'
import { Recorder } from '../support/recorder.ts'

async function start(t: TestContext, serve: ServeStream, options: Parameters<typeof h2Origin>[1] = {}) {
  const origin = await h2Origin(serve, options)
  const upstream = connect(origin.url)
  t.after(() => {
    upstream.destroy()
    origin.close()
  })
  return { origin, upstream }
}

function connect(url: string, settings: UpstreamSettings = {}): Http2Upstream {
  return createHttp2Upstream(createUpstream('test', url, { http2: true, ...settings }), { clock: systemClock })
}

function send(upstream: Http2Upstream, options: Partial<DispatchOptions> = {}): Recorder {
  const handler = new Recorder()
  upstream.dispatch({ method: 'GET', path: '/', headers: ['Host', 'a.test'], body: null, ...options }, handler)
  return handler
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i++) await wait(10)
  assert.ok(condition(), `never came true: ${condition}`)
}

const ok: ServeStream = (stream) => {
  stream.respond({ ':status': 200 })
  stream.end('ok')
}

test('fields become those of HTTP/2, in order, duplicates kept', async (t) => {
  let seen: readonly string[] = []
  const { upstream } = await start(t, (stream, headers, raw) => {
    seen = raw
    ok(stream, headers, raw)
  })
  const headers = [
    ...['X-B', '1', 'Host', 'front.test:81', 'Connection', 'x', 'Keep-Alive', 'y', 'x-a', '2', 'X-B', '3'],
    ...['TE', 'gzip, trailers', 'Transfer-Encoding', 'chunked', 'Upgrade', 'z', 'Cookie', 'a=1', 'Cookie', 'b=2'],
  ]

  const got = await send(upstream, { path: '/p//%2F?', headers }).over

  assert.deepEqual(seen, [
    ...[':method', 'GET', ':scheme', 'http', ':authority', 'front.test:81', ':path', '/p//%2F?'],
    ...['x-b', '1', 'x-a', '2', 'x-b', '3', 'te', 'trailers', 'cookie', 'a=1', 'cookie', 'b=2'],
  ])
  assert.deepEqual(got.calls, ['start', 'head', 'data', 'end'])
})

test('fields of the answer come without pseudo-fields, in order, duplicates kept', async (t) => {
  const { upstream } = await start(t, (stream) => {
    stream.respond([':status', '207', 'x-b', '1', 'set-cookie', 'a', 'x-a', '2', 'set-cookie', 'b', 'x-b', '3'], {
      endStream: true,
    })
  })

  const got = await send(upstream).over

  assert.equal(got.status, 207)
  assert.deepEqual(got.raw.slice(0, 10), ['x-b', '1', 'set-cookie', 'a', 'x-a', '2', 'set-cookie', 'b', 'x-b', '3'])
  assert.equal(got.headers['x-b'], '1, 3')
  assert.equal(':status' in got.headers, false)
})

test('interim answers and trailers pass both ways', async (t) => {
  let requestTrailers: readonly string[] = []
  const { upstream } = await start(t, (stream) => {
    stream.on('trailers', (_, __, raw) => {
      requestTrailers = raw
    })
    stream.additionalHeaders({ ':status': 103, link: '</a>' })
    stream.respond({ ':status': 200 }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'x-t': ['1', '2'] }))
    stream.pipe(stream)
  })

  const body = Readable.from([Buffer.from('echo')])
  const got = await send(upstream, { method: 'POST', body, requestTrailers: () => ['X-Up', '1', 'x-up', '2'] }).over

  assert.deepEqual(got.calls, ['start', 'interim', 'head', 'data', 'end'])
  assert.equal(got.interim[0]?.status, 103)
  assert.equal(got.body, 'echo')
  assert.deepEqual(got.trailers, ['grpc-status', '0', 'x-t', '1', 'x-t', '2'])
  assert.equal(got.parsedTrailers['grpc-status'], '0')
  assert.deepEqual(requestTrailers, ['x-up', '1', 'x-up', '2'])
})

test('the answer may begin before the request has ended', async (t) => {
  const { upstream } = await start(t, (stream) => {
    stream.respond({ ':status': 200 })
    stream.pipe(stream)
  })
  const body = new PassThrough()

  const handler = send(upstream, { method: 'POST', body })
  await handler.answered
  body.write('one')
  await handler.until(() => handler.body === 'one')
  body.end('two')
  await handler.over

  assert.equal(handler.body, 'onetwo')
  assert.equal(handler.calls.at(-1), 'end')
})

test('streams share a session; a full one gets company, and the rest wait their turn', async (t) => {
  let most = 0
  const { origin, upstream } = await start(
    t,
    (stream) => {
      most = Math.max(most, origin.streams.size)
      stream.respond({ ':status': 200 })
      setTimeout(() => stream.end('ok'), 5)
    },
    { settings: { maxConcurrentStreams: 3 } },
  )

  const all = await Promise.all(Array.from({ length: 60 }, () => send(upstream).over))

  assert.deepEqual(new Set(all.map(({ calls }) => calls.join())), new Set(['start,head,data,end']))
  assert.ok(upstream.sessions > 1 && upstream.sessions <= 8, `${upstream.sessions} sessions`)
  assert.ok(most <= 24, `${most} streams at once`)
})

test('an exchange that gets no stream in time is told before any start', async (t) => {
  const { upstream } = await start(t, (stream) => stream.respond({ ':status': 200 }), {
    settings: { maxConcurrentStreams: 1 },
  })
  const holding = Array.from({ length: 8 }, () => send(upstream))
  await Promise.all(holding.map((one) => one.answered))

  const got = await send(upstream, { connectTimeout: 30 }).over

  assert.deepEqual(got.calls, ['error'])
  assert.equal(got.error?.code, 'SP_CONNECT_TIMEOUT')
})

test('after GOAWAY what is in flight finishes and what is new goes to a new session', async (t) => {
  const finish = Promise.withResolvers<void>()
  const { origin, upstream } = await start(t, (stream, headers) => {
    stream.respond({ ':status': 200 })
    if (headers[':path'] === '/long') finish.promise.then(() => stream.end('done'))
    else stream.end('ok')
  })
  const long = send(upstream, { path: '/long' })
  await long.answered
  const [first] = origin.sessions

  first?.goaway(constants.NGHTTP2_NO_ERROR)
  await wait(20)
  const next = await send(upstream).over
  finish.resolve()
  await long.over

  assert.equal(next.body, 'ok')
  assert.equal(long.body, 'done')
  assert.deepEqual(long.calls.at(-1), 'end')
  await until(() => upstream.sessions === 1)
})

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

test('a head above 16 KiB has its own error', async (t) => {
  const { upstream } = await start(t, (stream) => {
    stream.respond({ ':status': 200, 'x-large': 'y'.repeat(20_000) })
    stream.end()
  })

  const got = await send(upstream).over

  assert.equal(got.error?.code, 'SP_UPSTREAM_FIELDS')
})

test('h2 is agreed on by ALPN; a server without it is refused before anything is sent', async (t) => {
  const certificate = makeCertificate({ cn: 'localhost', san: ['DNS:localhost'] })
  const origin = await h2Origin(ok, { tls: certificate })
  const plain = tls.createServer({ ...certificate, ALPNProtocols: [] }, (socket) => socket.on('error', () => {}))
  plain.on('tlsClientError', () => {})
  plain.listen(0, '127.0.0.1')
  await once(plain, 'listening')
  const trusting = { tls: { ca: certificate.cert } }
  const good = connect(origin.url, trusting)
  const bad = connect(`https://localhost:${(plain.address() as AddressInfo).port}`, trusting)
  t.after(() => {
    for (const one of [good, bad]) one.destroy()
    origin.close()
    plain.close()
  })

  const [yes, no] = await Promise.all([send(good).over, send(bad).over])

  assert.equal(yes.body, 'ok')
  assert.deepEqual(no.calls, ['error'])
  assert.equal(no.error?.code, 'SP_TLS_PROTOCOL')
})

test('a server of HTTP/1 alone is found out before anything is sent', async (t) => {
  const server = http.createServer((_, res) => res.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const upstream = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.after(() => {
    upstream.destroy()
    server.close()
  })

  const got = await send(upstream).over

  assert.deepEqual(got.calls, ['error'])
  assert.equal(got.error?.code, 'SP_UPSTREAM_PROTOCOL')
})

test('a connection that cannot be made fails all who wait for it', async () => {
  const upstream = connect('http://127.0.0.1:1')

  const all = await Promise.all(Array.from({ length: 3 }, () => send(upstream).over))

  assert.deepEqual(
    new Set(all.map(({ calls, error }) => `${calls} ${error?.code}`)),
    new Set(['error SP_CONNECT_REFUSED']),
  )
  upstream.destroy()
})

test('close() lets what is in flight and what waits finish', async (t) => {
  const { upstream, origin } = await start(t, (stream) => {
    stream.respond({ ':status': 200 })
    setTimeout(() => stream.end('ok'), 30)
  })
  const handlers = Array.from({ length: 5 }, () => send(upstream))

  await upstream.close()

  for (const one of handlers) assert.equal(one.body, 'ok')
  assert.equal(upstream.sessions, 0)
  assert.equal((await send(upstream).over).error?.code, 'SP_NO_UPSTREAM')
  await until(() => origin.sessions.size === 0)
})

test('destroy() ends everything now with the error given', async (t) => {
  const { upstream, origin } = await start(t, (stream) => stream.respond({ ':status': 200 }))
  const handlers = Array.from({ length: 5 }, () => send(upstream))
  await Promise.all(handlers.map((one) => one.answered))

  upstream.destroy()
  await Promise.all(handlers.map((one) => one.over))

  for (const one of handlers) assert.equal(one.calls.at(-1), 'error')
  await until(() => upstream.sessions === 0 && origin.sessions.size === 0)
})
