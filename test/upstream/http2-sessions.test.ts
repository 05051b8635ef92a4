import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { constants } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import tls from 'node:tls'
import { type Clock, systemClock } from '../../src/contract/clock.ts'
import { createCertificate } from '../support/certificates.ts'
import { h2Origin } from '../support/h2-origin.ts'
import { connect, ok, send, start, until } from '../support/h2-upstream.ts'

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

test('no more sessions are opened than the upstream may have connections', async (t) => {
  const origin = await h2Origin(
    (stream) => {
      stream.respond({ ':status': 200 })
      setTimeout(() => stream.end('ok'), 5)
    },
    { settings: { maxConcurrentStreams: 1 } },
  )
  const upstream = connect(origin.url, { maxConnections: 2 })
  t.after(() => {
    upstream.destroy()
    origin.close()
  })

  const all = Array.from({ length: 12 }, () => send(upstream))
  let most = 0
  const watch = setInterval(() => {
    most = Math.max(most, upstream.sessions)
  }, 1)
  t.after(() => clearInterval(watch))
  const ended = await Promise.all(all.map(({ over }) => over))

  assert.deepEqual(new Set(ended.map(({ calls }) => calls.join())), new Set(['start,head,data,end']))
  assert.equal(most, 2)
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

test('h2 is agreed on by ALPN; a server without it is refused before anything is sent', async (t) => {
  const certificate = createCertificate()
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

test('an idle session closes after a minute, and the next exchange dials again', async (t) => {
  const origin = await h2Origin(ok)
  // A minute in sixty milliseconds.
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now() * 1000,
    setTimer: (fn, ms) => systemClock.setTimer(fn, ms / 1000),
  }
  const upstream = connect(origin.url, {}, clock)
  t.after(() => {
    upstream.destroy()
    origin.close()
  })

  await send(upstream, { connectTimeout: 0 }).over
  const before = upstream.sessions
  await until(() => upstream.sessions === 0 && origin.sessions.size === 0)
  const next = await send(upstream, { connectTimeout: 0 }).over

  assert.equal(before, 1)
  assert.equal(next.body, 'ok')
})
