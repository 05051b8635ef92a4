import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import * as grpc from '@grpc/grpc-js'
import { grpcOrigin } from '../../support/grpc.ts'
import { h2Origin, type ServeStream } from '../../support/h2-origin.ts'
import { startOrigin } from '../../support/origin.ts'
import { until } from '../../support/until.ts'
import { live } from './live.ts'

/** grpc-js takes a request that is falsy for one that never came. */
interface Asked {
  readonly service: string
}

type Answer = (service: string, reply: grpc.sendUnaryData<number>, call: grpc.ServerUnaryCall<Asked, number>) => void

/** A real gRPC server with the health service, by proto3's rules written out. */
async function healthServer(t: TestContext, answer: Answer): Promise<string> {
  const server = new grpc.Server()
  server.addService(
    {
      check: {
        path: '/grpc.health.v1.Health/Check',
        requestStream: false,
        responseStream: false,
        requestSerialize: ({ service }: Asked) => Buffer.from(service),
        requestDeserialize: (bytes: Buffer) => {
          assert.ok(bytes.length === 0 || (bytes[0] === 0x0a && bytes[1] === bytes.length - 2))
          return { service: bytes.subarray(2).toString() }
        },
        responseSerialize: (status: number) => (status === 0 ? Buffer.alloc(0) : Buffer.from([0x08, status])),
        responseDeserialize: (bytes: Buffer) => bytes[1] as number,
      },
    },
    {
      check: (call: grpc.ServerUnaryCall<Asked, number>, reply: grpc.sendUnaryData<number>) =>
        answer(call.request.service, reply, call),
    },
  )
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  )
  t.after(() => server.forceShutdown())
  return `http://127.0.0.1:${port}`
}

for (const [status, said] of [
  [1, 'up: SERVING'],
  [0, 'down: the service is UNKNOWN'],
  [2, 'down: the service is NOT_SERVING'],
  [3, 'down: the service is SERVICE_UNKNOWN'],
  [9, 'down: the service is of an unknown status (9)'],
] as const) {
  test(`a gRPC server that answers ${status} is ${said}`, async (t) => {
    const url = await healthServer(t, (_, reply) => reply(null, status))

    assert.equal(await live(t, url, { kind: 'grpc' }).first(), said)
  })
}

test('the service is named, and the fields come along', async (t) => {
  const asked: unknown[] = []
  const url = await healthServer(t, (service, reply, call) => {
    asked.push(service, ...call.metadata.get('x-key'), ...call.metadata.get('user-agent'), call.getPath())
    assert.ok(Number(call.getDeadline()) < Date.now() + 2100)
    reply(null, 1)
  })

  const said = await live(t, `${url}/base`, {
    kind: 'grpc',
    service: 'shop.Cart',
    fields: { 'x-key': 'user-agent' },
  }).first()

  assert.equal(said, 'up: SERVING')
  assert.deepEqual(asked, ['shop.Cart', 'user-agent', 'sallyport-health', '/grpc.health.v1.Health/Check'])
})

test('a service that the server does not know is down', async (t) => {
  const url = await healthServer(t, (_, reply) => reply({ code: grpc.status.NOT_FOUND, details: 'unknown: s3cret' }))

  assert.equal(
    await live(t, url, { kind: 'grpc', service: 'nobody' }).first(),
    'down: gRPC status NOT_FOUND: the server does not know the service',
  )
})

test('a server without the health service is down', async (t) => {
  const origin = await grpcOrigin()
  t.after(() => origin.close())

  assert.equal(
    await live(t, `http://127.0.0.1:${origin.port}`, { kind: 'grpc' }).first(),
    'down: gRPC status UNIMPLEMENTED: the server has no health service',
  )
})

test('a call that is not answered is cancelled when the time is up', async (t) => {
  let cancelled = false
  let asked = false
  const url = await healthServer(t, (_, __, call) => {
    asked = true
    call.on('cancelled', () => {
      cancelled = true
    })
  })
  const { clock, first } = live(t, url, { kind: 'grpc' })
  await until(() => asked, 'the call')

  clock.advance(2000)

  assert.equal(await first(), 'down: no answer within 2 s')
  await until(() => cancelled, 'the call cancelled')
})

const head = { ':status': 200, 'content-type': 'application/grpc' }
const strange: readonly [said: string, serve: ServeStream][] = [
  ['status 404, expected 200', (stream) => stream.respond({ ':status': 404 }, { endStream: true })],
  ['the answer is not gRPC', (stream) => stream.respond({ ':status': 200, 'content-type': 'text/html' })],
  ['the answer has no gRPC status', (stream) => stream.respond(head, { endStream: true })],
  [
    'the answer could not be understood',
    (stream) => {
      stream.respond(head, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end('not a message')
    },
  ],
  [
    'the answer is too large',
    (stream) => {
      stream.respond(head)
      stream.write('x'.repeat(5000))
    },
  ],
]
for (const [said, serve] of strange) {
  test(`what is no answer of a gRPC server is down: ${said}`, async (t) => {
    const origin = await h2Origin(serve)
    t.after(() => origin.close())

    assert.equal(await live(t, origin.url, { kind: 'grpc' }).first(), `down: ${said}`)
    await until(() => origin.streams.size === 0, 'the stream closed')
  })
}

test('a server that speaks HTTP/1.1 alone is down', async (t) => {
  const origin = await startOrigin()
  t.after(() => origin.close())

  assert.match(await live(t, origin.url, { kind: 'grpc' }).first(), /^down: /)
})

test('after close the sessions end with the transport, and no timer is left', async (t) => {
  const origin = await h2Origin((stream) => stream.respond({ ...head, 'grpc-status': '0' }, { endStream: true }))
  t.after(() => origin.close())
  const { clock, checks, first, destroy } = live(t, origin.url, { kind: 'grpc' })
  assert.equal(await first(), 'down: the answer could not be understood')

  checks.close()
  destroy()

  await until(() => origin.sessions.size === 0, 'no session')
  await until(() => clock.pending === 0, 'no timer')
})
