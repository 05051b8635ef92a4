import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { test } from 'node:test'
import { ok, send, start } from '../support/h2-upstream.ts'

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

test('a head above 16 KiB has its own error', async (t) => {
  const { upstream } = await start(t, (stream) => {
    stream.respond({ ':status': 200, 'x-large': 'y'.repeat(20_000) })
    stream.end()
  })

  const got = await send(upstream).over

  assert.equal(got.error?.code, 'SP_UPSTREAM_FIELDS')
})
