import assert from 'node:assert/strict'
import { test } from 'node:test'
import { status } from '@grpc/grpc-js'
import { grpcClient, grpcOrigin } from '../support/grpc.ts'
import { proxyTo } from './support/gate.ts'
import { eventually } from './support/wire.ts'

test('gRPC passes through the whole gate, HTTP/2 in and out: every kind of call, errors, deadlines, cancels', async (t) => {
  const origin = await grpcOrigin()
  t.after(() => origin.close())
  const gate = await proxyTo(
    t,
    { upstream: `http://127.0.0.1:${origin.port}`, http2: true },
    { server: { http2: true } },
  )
  const client = grpcClient(`127.0.0.1:${gate.port}`)
  t.after(() => client.close())

  const unary = await client.unary('unary', 'you')
  assert.equal(unary.reply, 'hello you')
  assert.equal(unary.head['x-head'], 'you')
  assert.equal(unary.trailers['x-trailer'], 'end')

  assert.deepEqual(await client.serverStream('n'), ['n 0', 'n 1', 'n 2', 'n 3', 'n 4'])
  assert.equal(await client.clientStream(['a', 'b', 'c']), 'a,b,c')
  assert.deepEqual(await client.bidi(['a', 'b']), ['A', 'B'])

  const failed = await client.unary('fail', 'x')
  assert.equal(failed.error?.code, status.NOT_FOUND)
  assert.equal(failed.error?.details, 'nothing here: ü')
  assert.equal(failed.trailers['x-why'], 'because')

  const late = await client.unary('hang', 'x', { deadline: 100 })
  assert.equal(late.error?.code, status.DEADLINE_EXCEEDED)
  const cancelled = await client.unary('hang', 'x', { cancelAfter: 50 })
  assert.equal(cancelled.error?.code, status.CANCELLED)
  await eventually(() => origin.cancelled() === 2, 'both calls cancelled at the origin')
  await eventually(() => gate.settled.length === 7, 'seven exchanges settled')
})

test('gRPC to an upstream that is not there is UNAVAILABLE', async (t) => {
  const gate = await proxyTo(t, { upstream: 'http://127.0.0.1:1', http2: true }, { server: { http2: true } })
  const client = grpcClient(`127.0.0.1:${gate.port}`)
  t.after(() => client.close())

  const { error } = await client.unary('unary', 'x', { deadline: 3000 })

  // The gRPC map of HTTP statuses: 502 is UNAVAILABLE.
  assert.equal(error?.code, status.UNAVAILABLE)
})
