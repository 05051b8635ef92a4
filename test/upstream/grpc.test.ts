import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../src/contract/clock.ts'
import type { DispatchController, DispatchHandler } from '../../src/contract/layer.ts'
import { createHttp2Upstream } from '../../src/upstream/http2.ts'
import { createUpstream } from '../../src/upstream/origin.ts'
import { grpcClient, grpcOrigin } from '../support/grpc.ts'

/** client <-> h2 server <-> createHttp2Upstream <-> gRPC server */
async function bridged(t: TestContext) {
  const origin = await grpcOrigin()
  const upstream = createHttp2Upstream(createUpstream('test', `http://127.0.0.1:${origin.port}`, { http2: true }), {
    clock: systemClock,
  })
  const bridge = http2.createServer()
  bridge.on('session', (session) => session.on('error', () => {}))
  bridge.on('stream', (stream, headers, _, raw) => {
    upstream.dispatch(
      {
        method: String(headers[':method']),
        path: String(headers[':path']),
        headers: ['host', String(headers[':authority']), ...raw.slice(raw.findLastIndex(isPseudo) + 2)],
        body: stream,
        headersTimeout: 10_000,
        bodyTimeout: 10_000,
      },
      answerTo(stream as http2.ServerHttp2Stream),
    )
  })
  bridge.listen(0, '127.0.0.1')
  await once(bridge, 'listening')
  const client = grpcClient(`127.0.0.1:${(bridge.address() as AddressInfo).port}`)
  t.after(() => {
    client.close()
    upstream.destroy()
    bridge.close()
    origin.close()
  })
  return { client, origin }
}

const isPseudo = (text: string, i: number): boolean => i % 2 === 0 && text.startsWith(':')

function answerTo(stream: http2.ServerHttp2Stream): DispatchHandler {
  stream.on('error', () => {})
  let head: string[] = []
  const sendHead = (endStream: boolean): void => {
    if (!stream.headersSent) stream.respond(head, endStream ? { endStream } : { waitForTrailers: true })
  }
  return {
    onRequestStart(controller: DispatchController) {
      stream.on('close', () => controller.abort(new Error('client gone')))
      stream.on('drain', () => controller.resume())
    },
    onResponseStart(controller, status) {
      head = [':status', String(status), ...(controller.rawHeaders as string[])]
      // Not yet: gRPC takes a status within the head only when the head is also the end. Our End comes in the same turn.
      setImmediate(() => {
        if (!stream.destroyed) sendHead(false)
      })
    },
    onResponseData(controller, chunk) {
      sendHead(false)
      if (!stream.write(chunk)) controller.pause()
    },
    onResponseEnd(_, trailers) {
      const bare = !stream.headersSent && Object.keys(trailers).length === 0
      stream.on('wantTrailers', () => stream.sendTrailers(trailers))
      sendHead(bare)
      stream.end()
    },
    onResponseError(_, error) {
      stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR)
      stream.destroy(error)
    },
  }
}

test('a unary call passes with its metadata, both ways and at both ends', async (t) => {
  const { client } = await bridged(t)

  const got = await client.unary('unary', 'world')

  assert.equal(got.error, null)
  assert.equal(got.reply, 'hello world')
  assert.equal(got.head['x-head'], 'world')
  assert.equal(got.trailers['x-trailer'], 'end')
})

test('an error status passes with its message and metadata', async (t) => {
  const { client } = await bridged(t)

  const { error } = await client.unary('fail', 'x')

  assert.equal(error?.code, 5)
  assert.equal(error?.details, 'nothing here: ü')
  assert.equal(error?.metadata.get('x-why')[0], 'because')
})

test('a server stream passes', async (t) => {
  const { client } = await bridged(t)

  assert.deepEqual(await client.serverStream('no'), ['no 0', 'no 1', 'no 2', 'no 3', 'no 4'])
})

test('a client stream passes', async (t) => {
  const { client } = await bridged(t)

  assert.equal(await client.clientStream(['a', 'b', 'c']), 'a,b,c')
})

test('in a bidirectional stream each answer comes before the next question', async (t) => {
  const { client } = await bridged(t)

  assert.deepEqual(await client.bidi(['a', 'b', 'c']), ['A', 'B', 'C'])
})

test('a deadline and a cancellation reach the origin', async (t) => {
  const { client, origin } = await bridged(t)

  const [late, left] = await Promise.all([
    client.unary('hang', 'x', { deadline: 100 }),
    client.unary('hang', 'x', { cancelAfter: 50 }),
  ])
  for (let i = 0; i < 200 && origin.cancelled() < 2; i++) await wait(10)

  assert.equal(late.error?.code, 4)
  assert.equal(left.error?.code, 1)
  assert.equal(origin.cancelled(), 2)
})
