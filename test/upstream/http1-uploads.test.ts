import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import type { DispatchOptions } from '../../src/contract/layer.ts'
import { ask, begin, ok, transportTo } from '../support/http1-upstream.ts'
import { until } from '../support/until.ts'
import { listenWire, type Wire } from '../support/wire.ts'

const post = (body: unknown, ...headers: string[]): Partial<DispatchOptions> =>
  ({ method: 'POST', body, headers: ['Host', 'a.test', ...headers] }) as Partial<DispatchOptions>

/** An origin whose connections the test answers itself. */
async function origin(t: TestContext, onWire: (wire: Wire) => void = () => {}) {
  const { url, wires } = await listenWire(t, onWire)
  return {
    transport: transportTo(t, url),
    wires,
    async wire(index = 0): Promise<Wire> {
      await until(() => wires.length > index, `connection ${index}`)
      return wires[index] as Wire
    },
  }
}

for (const [way, headers] of [
  ['chunks', []],
  ['a length', ['Content-Length', '5']],
] as const) {
  test(`the head of an upload by ${way} goes out at once, before there is anything to upload`, async (t) => {
    const { transport, wire } = await origin(t)
    const body = new PassThrough()

    const recorder = begin(transport, post(body, ...headers))

    const first = await wire()
    await first.says(/\r\n\r\n$/)
    body.end('hello')
    await first.says(/hello(\r\n0\r\n\r\n)?$/)
    first.send(ok())
    assert.equal((await recorder.over).status, 200)
  })

  test(`what is there of an upload by ${way} goes out in the same write as the head`, async (t) => {
    const reads: string[] = []
    const { transport, wire } = await origin(t, ({ socket }) => socket.on('data', (data) => reads.push(String(data))))
    const body = new PassThrough()
    body.write('hello')

    begin(transport, post(body, ...headers))
    await (await wire()).says(/hello/)

    assert.match(reads[0] as string, /\r\n\r\n(5\r\n)?hello/)
  })
}

test('an answer before the upload is over passes; the upload ends, and the connection is not used again', async (t) => {
  const { transport, wire, wires } = await origin(t)
  const body = new PassThrough()
  body.write('some')
  const recorder = begin(transport, post(body))
  const first = await wire()
  await first.says(/some/)

  first.send(ok('early'))

  assert.deepEqual([(await recorder.over).body, recorder.error], ['early', undefined])
  await first.ended()
  assert.ok(body.destroyed, 'nobody will read it any more')
  const second = begin(transport)
  ;(await wire(1)).send(ok())
  await second.over
  assert.equal(wires.length, 2)
})

test('a longer body than announced: not one byte too many is sent, and it is an error', async (t) => {
  const { transport, wire } = await origin(t)

  const body = new PassThrough()
  const recorder = begin(transport, post(body, 'Content-Length', '5'))
  body.write('hell')
  const first = await wire()
  await first.says(/hell$/)

  body.write('o\r\n\r\nGET /evil')

  assert.equal((await recorder.over).error?.code, 'SP_BAD_REQUEST')
  await first.ended()
  assert.match(first.text(), /\r\n\r\nhell$/)
})

test('a shorter body than announced is an error, and the connection ends', async (t) => {
  const { transport, wire } = await origin(t)

  const { error } = await ask(transport, post(Readable.from(['hell']), 'Content-Length', '5'))

  assert.equal(error?.code, 'SP_BAD_REQUEST')
  await (await wire()).ended()
})

test('a body that breaks off is an error, and its connection ends without the end of the body', async (t) => {
  const { transport, wire } = await origin(t)
  const body = new PassThrough()
  const recorder = begin(transport, post(body))
  body.write('some')
  const first = await wire()
  await first.says(/some/)

  body.destroy(new Error('gone'))

  assert.equal((await recorder.over).error?.code, 'SP_CLIENT_GONE')
  await first.ended()
  assert.doesNotMatch(first.text(), /0\r\n\r\n$/)
})

test('a body of something other than bytes and text is an error', async (t) => {
  const { transport } = await origin(t)

  assert.equal((await ask(transport, post(Readable.from([{ a: 1 }])))).error?.code, 'SP_BAD_REQUEST')
})

test('an upstream that does not read holds the body back', async (t) => {
  const { transport } = await origin(t, ({ socket }) => socket.pause())
  let given = 0
  const body = new Readable({
    read() {
      given += 65_536
      this.push(given > 100_000_000 ? null : Buffer.alloc(65_536))
    },
  })

  const recorder = begin(transport, post(body))
  let before = -1
  await until(() => {
    const still = given > 0 && given === before
    before = given
    return still
  }, 'the body to be held back')

  assert.ok(given < 30_000_000, `${given} bytes were taken`)
  recorder.controller?.abort(new Error('end of the test'))
  assert.ok(body.destroyed)
})

test('a client that is slow to upload is not blamed on the upstream; an upstream that takes nothing is', async (t) => {
  const { transport } = await origin(t, ({ socket }) => socket.pause())
  const slow = new PassThrough()
  const waiting = begin(transport, { ...post(slow), headersTimeout: 50 })
  const stuck = begin(transport, { ...post(Readable.from([Buffer.alloc(50_000_000)])), headersTimeout: 50 })

  assert.equal((await stuck.over).error?.code, 'SP_UPSTREAM_TIMEOUT')
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.deepEqual(waiting.calls, ['start'])

  slow.end('at last')
  assert.equal((await waiting.over).error?.code, 'SP_UPSTREAM_TIMEOUT')
})

test('what the handler throws when it is told of the upload ends the exchange, and not the process', async (t) => {
  const { transport } = await origin(t)
  for (const name of ['onBodySent', 'onRequestSent']) {
    for (const body of [Readable.from(['x']), 'x']) {
      const thrown = new Error(name)
      const error = await new Promise((resolve) => {
        transport.dispatch({ ...post(body), path: '/' } as DispatchOptions, {
          onRequestStart() {},
          [name]() {
            throw thrown
          },
          onResponseError: (_: unknown, given: Error) => resolve(given),
        })
      })
      assert.equal(error, thrown)
    }
  }
})

test('a bad field costs no connection, and the body is left alone', async (t) => {
  const { transport, wire, wires } = await origin(t, (one) => one.socket.on('data', () => one.send(ok())))
  await ask(transport)
  const body = Readable.from(['x'])

  const { error, calls } = await ask(transport, post(body, 'X', 'a\r\nb'))

  assert.deepEqual([error?.code, calls, body.destroyed], ['SP_BAD_FIELD', ['error'], false])
  assert.equal((await ask(transport)).status, 200)
  assert.equal(wires.length, 1)
  assert.doesNotMatch((await wire()).text(), /POST/)
})
