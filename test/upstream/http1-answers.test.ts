import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { systemClock } from '../../src/contract/clock.ts'
import type { DispatchController } from '../../src/contract/layer.ts'
import { createUpstream } from '../../src/upstream/origin.ts'
import { createTransport } from '../../src/upstream/transport.ts'
import { createAuthority, createCertificate } from '../support/certificates.ts'
import { ask, begin, ok, transportTo } from '../support/http1-upstream.ts'
import { Recorder } from '../support/recorder.ts'
import { until } from '../support/until.ts'
import { answerHeads, listenWire } from '../support/wire.ts'

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

test('interim answers come first, any number of them; a 100 is read past', async (t) => {
  const early = 'HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n'
  const origin = await listenWire(t, (wire) =>
    answerHeads(wire, () => `HTTP/1.1 100 Continue\r\n\r\n${early}HTTP/1.1 102 Processing\r\n\r\n${early}${ok()}`),
  )
  const transport = transportTo(t, origin.url)

  for (let i = 0; i < 2; i++) {
    const { interim, status, body } = await ask(transport)
    assert.deepEqual(
      interim.map((one) => [one.status, ...one.raw]),
      [[103, 'Link', '<a>'], [102], [103, 'Link', '<a>']],
    )
    assert.deepEqual([status, body], [200, 'ok'])
  }
  assert.equal(origin.wires.length, 1)
})

test('a hundred times 100 is no answer', async (t) => {
  const origin = await listenWire(t, (wire) =>
    answerHeads(wire, () => `${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100)}${ok()}`),
  )

  const { error, calls } = await ask(transportTo(t, origin.url))

  assert.deepEqual([error?.code, calls], ['SP_UPSTREAM_PROTOCOL', ['start', 'error']])
  await origin.wires[0]?.ended()
})

for (const upgrade of ['Upgrade: x\r\nConnection: upgrade\r\n', '']) {
  test(`a 101 that nobody asked for is a protocol error (${upgrade === '' ? 'without' : 'with'} Upgrade)`, async (t) => {
    const origin = await listenWire(t, (wire) => answerHeads(wire, () => `HTTP/1.1 101 Go\r\n${upgrade}\r\n`))

    const { error, calls } = await ask(transportTo(t, origin.url))

    assert.deepEqual([error?.code, calls], ['SP_UPSTREAM_PROTOCOL', ['start', 'error']])
    await origin.wires[0]?.ended()
  })
}

test('OPTIONS * goes out in asterisk form', async (t) => {
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => 'HTTP/1.1 204 No Content\r\nAllow: GET\r\n\r\n'))
  const transport = createTransport({ clock: systemClock })
  t.after(() => transport.destroy(new Error('end of the test')))

  const { calls } = await begin(transport, { origin: `${origin.url}/base`, method: 'OPTIONS', path: '*' }).over

  assert.match(origin.wires[0]?.text() ?? '', /^OPTIONS \* HTTP\/1\.1\r\nHost: a\.test\r\n/)
  assert.deepEqual(calls, ['start', 'head', 'end'])
})

test('trailers come with the end; those that frame or route are dropped, and harm nobody', async (t) => {
  const trailers =
    'X-Sum: 1\r\nContent-Length: 9\r\nContent-Length: x\r\nTransfer-Encoding: gzip\r\nHost: evil\r\nx-sum: 2\r\n'
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => `${chunked}2\r\nok\r\n0\r\n${trailers}\r\n`))
  const transport = transportTo(t, origin.url)

  for (let i = 0; i < 2; i++) {
    const answer = await ask(transport)
    assert.deepEqual([answer.error, answer.body], [undefined, 'ok'])
    assert.deepEqual(answer.trailers, ['X-Sum', '1', 'x-sum', '2'])
    assert.deepEqual(answer.parsedTrailers, { 'x-sum': ['1', '2'] })
  }
  assert.equal(origin.wires.length, 1)
})

test('the phrase is bytes, and the fields are there by name too', async (t) => {
  const fields = 'X-A: \xe9\r\nSet-Cookie: a\r\nset-cookie: b\r\n'
  const origin = await listenWire(t, (wire) =>
    answerHeads(wire, () => `HTTP/1.1 200 \xd0\x9f\xff\r\n${fields}Content-Length: 0\r\n\r\n`),
  )

  const { statusMessage, headers } = await ask(transportTo(t, origin.url))

  assert.equal(statusMessage, '\xd0\x9f\xff')
  assert.deepEqual(headers as unknown, { 'x-a': '\xe9', 'set-cookie': ['a', 'b'], 'content-length': '0' })
})

const lasting: readonly [string, string, boolean][] = [
  ['HTTP/1.1', ok(), true],
  ['HTTP/1.1 with Connection: close', ok('ok', 'Connection: close\r\n'), false],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', false],
  ['HTTP/1.0 kept alive', 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok', true],
  ['chunks', `${chunked}2\r\nok\r\n0\r\n\r\n`, true],
  ['304', 'HTTP/1.1 304 Not Modified\r\n\r\n', true],
  ['304 that tells the length of a 200', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', true],
  ['204 that speaks of content', 'HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n', false],
  ['bytes behind the answer', `${ok()}!`, false],
]

for (const [what, answer, lasts] of lasting) {
  test(`${what}: the connection ${lasts ? 'carries' : 'does not carry'} the next exchange`, async (t) => {
    const origin = await listenWire(t, (wire) => answerHeads(wire, () => answer))
    const transport = transportTo(t, origin.url)

    for (let i = 0; i < 3; i++) assert.equal((await ask(transport)).error, undefined)

    assert.equal(origin.wires.length, lasts ? 1 : 3)
    if (!lasts) await origin.wires[0]?.ended()
  })
}

test('an answer byte by byte is the same answer', async (t) => {
  const bytes = `HTTP/1.1 103 Early\r\n\r\n${chunked}5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n`
  const origin = await listenWire(t, async (wire) => {
    await wire.says(/\r\n\r\n/)
    wire.socket.setNoDelay(true)
    for (const byte of bytes) {
      wire.send(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
  })

  const { calls, body, trailers } = await ask(transportTo(t, origin.url))

  assert.deepEqual(calls, ['start', 'interim', 'head', 'data', 'end'])
  assert.deepEqual([body, trailers], ['hello', ['X-T', '1']])
})

test('content that the handler keeps does not change under its hands', async (t) => {
  const letters = 'abcdefghijklmnopqrstuvwxyz'
  const origin = await listenWire(t, (wire) =>
    answerHeads(wire, (head) => ok(head.charAt('GET /'.length).repeat(100_000))),
  )
  const transport = transportTo(t, origin.url)
  const chunks: Buffer[][] = []

  await Promise.all(
    [...letters].map((letter, i) => {
      const kept: Buffer[] = []
      chunks[i] = kept
      const recorder = new (class extends Recorder {
        override onResponseData(controller: DispatchController, chunk: Buffer): void {
          super.onResponseData(controller, chunk)
          kept.push(chunk)
        }
      })()
      return begin(transport, { path: `/${letter}` }, recorder).over
    }),
  )

  for (const [i, kept] of chunks.entries()) {
    assert.equal(Buffer.concat(kept).toString(), (letters[i] as string).repeat(100_000))
  }
})

/** Pauses behind each piece; `go` asks for the next. */
class Halting extends Recorder {
  pieces: string[] = []

  override onResponseData(controller: DispatchController, chunk: Buffer): void {
    super.onResponseData(controller, chunk)
    this.pieces.push(chunk.toString())
    controller.pause()
  }

  async go(): Promise<void> {
    const before = this.pieces.length
    this.controller?.resume()
    await until(() => this.pieces.length > before || this.calls.includes('end'), 'the next piece')
  }
}

for (const end of ['answer', 'connection'] as const) {
  test(`paused in the midst of many chunks, not one more is given until it goes on, to the end of the ${end}`, async (t) => {
    const origin = await listenWire(t, (wire) =>
      answerHeads(wire, () => {
        if (end === 'connection') setImmediate(() => wire.socket.end())
        return `${chunked}1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n`
      }),
    )
    const transport = transportTo(t, origin.url)
    const slow = begin(transport, {}, new Halting())
    await until(() => slow.pieces.length > 0, 'the first piece')
    const seen: string[] = []

    while (!slow.calls.includes('end')) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      seen.push(slow.pieces.join(''))
      await slow.go()
    }

    assert.deepEqual(seen, ['a', 'ab', 'abc'])
    if (end === 'answer') assert.equal((await ask(transport)).status, 200)
    assert.equal(origin.wires.length, 1)
  })
}

test('a connection that was paused to the end of its answer is watched when it is idle', async (t) => {
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => ok()))
  const transport = transportTo(t, origin.url)
  const slow = begin(transport, {}, new Halting())
  await until(() => slow.pieces.length === 1, 'the content')
  assert.ok(!slow.calls.includes('end'))
  await slow.go()

  origin.wires[0]?.send(ok('poison'))
  await origin.wires[0]?.ended()

  assert.equal((await ask(transport)).body, 'ok')
  assert.equal(origin.wires.length, 2)
})

test('a body that ends with a paused connection is whole', async (t) => {
  const origin = await listenWire(t, (wire) => {
    answerHeads(wire, () => 'HTTP/1.1 200 OK\r\n\r\nhello')
    wire.socket.once('data', () => setImmediate(() => wire.socket.end()))
  })
  const slow = begin(transportTo(t, origin.url), {}, new Halting())
  await until(() => slow.pieces.length === 1, 'the content')
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.ok(!slow.calls.includes('end'))

  await slow.go()

  assert.deepEqual([(await slow.over).error, slow.body], [undefined, 'hello'])
})

test('a body until the end of the connection that is reset is broken', async (t) => {
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => 'HTTP/1.1 200 OK\r\n\r\nhello'))
  const recorder = begin(transportTo(t, origin.url))
  await recorder.until(() => recorder.body === 'hello')

  origin.wires[0]?.socket.resetAndDestroy()

  assert.equal((await recorder.over).error?.code, 'SP_UPSTREAM_INCOMPLETE')
})

/** Keeps nothing past its pause, and looks whether what it was lent stays the same until then. */
class Borrowing extends Recorder {
  readonly borrows = true
  readonly hash = createHash('sha1')
  lent = 0
  changed = 0

  override onResponseData(controller: DispatchController, chunk: Buffer): void {
    const copy = Buffer.from(chunk)
    this.hash.update(copy)
    this.lent++
    controller.pause()
    setTimeout(
      () => {
        if (!copy.equals(chunk)) this.changed++
        controller.resume()
      },
      this.lent % 3 === 0 ? 2 : 0,
    )
  }
}

for (const secure of [false, true]) {
  test(`what is lent stays what it is until reading goes on, many at a time${secure ? ', over TLS' : ''}`, async (t) => {
    const sizes = [1_000_000, 2_000_000, 3_000_000, 300_000]
    const bodies = sizes.map((size) => randomBytes(size))
    const authority = createAuthority('Own Authority')
    const answer: RequestListener = (request, response) => {
      const at = Number(request.url?.at(1))
      const body = bodies[at] as Buffer
      if (at % 2 === 0) response.setHeader('content-length', body.length)
      // Chunks of every size, and many in one read.
      for (let from = 0, size = 1; from < body.length; from += size, size = (size * 7) % 90_001) {
        response.write(body.subarray(from, from + size))
      }
      response.end()
    }
    const server = secure
      ? createSecureServer(createCertificate({ name: 'localhost', authority }), answer)
      : createServer(answer)
    server.listen(0, '127.0.0.1')
    t.after(() => {
      server.close()
      server.closeAllConnections()
    })
    await new Promise((resolve) => server.once('listening', resolve))
    const transport = createTransport({ clock: systemClock })
    t.after(() => transport.destroy(new Error('end of the test')))
    const url = `${secure ? 'https' : 'http'}://localhost:${(server.address() as AddressInfo).port}`
    const upstream = createUpstream('upstream', url, { tls: { ca: authority.cert } })

    for (let round = 0; round < 2; round++) {
      const all = bodies.map((_, at) => begin(transport, { upstream, path: `/${at}` }, new Borrowing()))
      for (const [at, borrowing] of all.entries()) {
        assert.equal((await borrowing.over).error, undefined)
        assert.equal(borrowing.changed, 0)
        assert.equal(
          borrowing.hash.digest('hex'),
          createHash('sha1')
            .update(bodies[at] as Buffer)
            .digest('hex'),
        )
      }
    }
  })
}

test('over TLS it is the same: kept alive, large, paused and resumed', async (t) => {
  const authority = createAuthority('Own Authority')
  const large = 'x'.repeat(500_000)
  let connections = 0
  const server = createSecureServer(createCertificate({ name: 'localhost', authority }), (_request, response) =>
    response.end(large),
  ).listen(0, '127.0.0.1')
  server.on('secureConnection', () => connections++)
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `https://localhost:${(server.address() as AddressInfo).port}`
  const transport = createTransport({ clock: systemClock })
  t.after(() => transport.destroy(new Error('end of the test')))
  const upstream = createUpstream('upstream', url, { tls: { ca: authority.cert } })

  for (let i = 0; i < 3; i++) {
    const slow = begin(transport, { upstream }, new Halting())
    await until(() => slow.pieces.length > 0, 'the first piece')
    while (!slow.calls.includes('end')) await slow.go()
    assert.equal(slow.body, large)
  }
  assert.equal(connections, 1)
})
