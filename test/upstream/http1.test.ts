import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import type { DispatchController, DispatchHandler, DispatchOptions } from '../../src/contract/layer.ts'
import { stalledPort } from '../conformance/harness/stalled-port.ts'
import { exchangeWith } from '../http/exchange-with.ts'
import { ask, ok, transportTo } from '../support/http1-upstream.ts'
import { Recorder } from '../support/recorder.ts'
import { until } from '../support/until.ts'
import { answerHeads, listenWire } from '../support/wire.ts'

test('one connection serves one exchange after the other', async (t) => {
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => ok()))
  const transport = transportTo(t, origin.url)
  const reused: boolean[] = []

  for (let i = 0; i < 5; i++) {
    const exchange = exchangeWith({})
    const { status, body } = await ask(transport, { exchange })
    assert.deepEqual([status, body], [200, 'ok'])
    reused.push(exchange.facts.reused)
  }

  assert.equal(origin.wires.length, 1)
  assert.deepEqual(reused, [false, true, true, true, true])
})

test('the connection that served last is taken first: the others grow old', async (t) => {
  const held: (() => void)[] = []
  const served: number[] = []
  const origin = await listenWire(t, (wire, index) =>
    answerHeads(wire, (head) => {
      served.push(index)
      if (!head.startsWith('GET /hold')) return ok()
      held.push(() => wire.send(ok()))
      return ''
    }),
  )
  const transport = transportTo(t, origin.url)
  const three = [0, 1, 2].map(() => ask(transport, { path: '/hold' }))
  await until(() => held.length === 3, 'three connections')
  const order = [...served]
  for (const [i, answer] of held.entries()) {
    answer()
    await three[i]
  }

  for (let i = 0; i < 4; i++) await ask(transport)

  assert.equal(origin.wires.length, 3)
  assert.deepEqual(served.slice(3), Array(4).fill(order[2]))
})

test('at most as many connections as exchanges at a time are made, and each is kept', async (t) => {
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => ok()))
  const transport = transportTo(t, origin.url)

  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(Array.from({ length: 4 }, () => ask(transport)))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200],
    )
  }

  assert.ok(origin.wires.length <= 4, `${origin.wires.length} connections`)
})

test('case, order and duplicates of the answer survive', async (t) => {
  const fields = 'X-One: 1\r\nx-two: 2\r\nX-ONE: 3\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n'
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => ok('ok', fields)))

  const { raw, statusMessage } = await ask(transportTo(t, origin.url))

  const flat = raw.map(String)
  assert.deepEqual(flat.slice(0, 10), [
    'X-One',
    '1',
    'x-two',
    '2',
    'X-ONE',
    '3',
    'Set-Cookie',
    'a=1',
    'Set-Cookie',
    'b=2',
  ])
  assert.equal(statusMessage, 'OK')
})

test('HEAD keeps the connection', async (t) => {
  const origin = await listenWire(t, (wire) =>
    answerHeads(wire, () => 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n'),
  )
  const transport = transportTo(t, origin.url)

  for (let i = 0; i < 3; i++) assert.equal((await ask(transport, { method: 'HEAD' })).status, 200)

  assert.equal(origin.wires.length, 1)
  assert.doesNotMatch(origin.wires[0]?.text() ?? '', /connection: close/i)
})

test('a GET with content is framed, so that the next request is not read as its content', async (t) => {
  const origin = await listenWire(t, (wire) => answerHeads(wire, (head) => (head.includes('GET') ? ok() : '')))
  const transport = transportTo(t, origin.url)

  await ask(transport, {
    body: Readable.from([Buffer.from('hello')]),
    headers: ['Host', 'a.test', 'Content-Length', '5'],
  })
  await ask(transport, { body: Readable.from([Buffer.from('hello')]) })

  const text = origin.wires.map((wire) => wire.text()).join('')
  assert.match(text, /GET \/ HTTP\/1\.1\r\n[\s\S]*content-length: 5\r\n\r\nhello/i)
  assert.match(text, /transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n/i)
})

test('a DELETE with Content-Length: 0, and a POST without content, are answered on one connection', async (t) => {
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => ok()))
  const transport = transportTo(t, origin.url)

  const one = await ask(transport, { method: 'DELETE', headers: ['Host', 'a.test', 'Content-Length', '0'] })
  const two = await ask(transport, { method: 'POST' })

  assert.deepEqual([one.status, two.status], [200, 200])
  assert.equal(origin.wires.length, 1)
  assert.match(origin.wires[0]?.text() ?? '', /POST [\s\S]*content-length: 0\r\n/i)
})

test('an upstream that says Connection: close gets a new connection for each, and no request is lost', async (t) => {
  const origin = await listenWire(t, (wire) => {
    answerHeads(wire, () => ok('ok', 'Connection: close\r\n'))
    wire.socket.on('end', () => wire.socket.end())
  })
  const transport = transportTo(t, origin.url)
  const failed: unknown[] = []

  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let i = 0; i < 25; i++) {
        const { error, status } = await ask(transport, { method: 'POST', body: Readable.from([Buffer.from('x')]) })
        if (error !== undefined || status !== 200) failed.push(error ?? status)
      }
    }),
  )

  assert.deepEqual(failed, [])
  assert.equal(origin.wires.length, 100)
})

test('an exchange that is begun in the end of another finds a connection, also where that one closes', async (t) => {
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => ok('ok', 'Connection: close\r\n')))
  const transport = transportTo(t, origin.url)
  const second = new Recorder()
  const first = new (class extends Recorder {
    override onResponseEnd(controller: DispatchController, trailers: IncomingHttpHeaders): void {
      super.onResponseEnd(controller, trailers)
      const options = {
        path: '/second',
        method: 'POST',
        headers: ['Host', 'a'],
        body: Readable.from([Buffer.from('x')]),
      }
      transport.dispatch(options as unknown as DispatchOptions, second)
    }
  })()

  transport.dispatch({ path: '/first', method: 'GET', headers: [] } as unknown as DispatchOptions, first)
  await first.over
  await second.over

  assert.deepEqual([second.error, second.status], [undefined, 200])
  assert.equal(
    origin.wires
      .map((wire) => wire.text())
      .join('')
      .match(/POST \/second/g)?.length,
    1,
  )
})

const broken: readonly [string, string, string][] = [
  ['an answer shorter than its Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort', 'SP_UPSTREAM_'],
  ['chunks that break off', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', 'SP_UPSTREAM_'],
  ['half a head', 'HTTP/1.1 200 OK\r\nContent-', 'SP_UPSTREAM_'],
  ['no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n', 'SP_UPSTREAM_PROTOCOL'],
  ['a field without a colon', 'HTTP/1.1 200 OK\r\nBad Field\r\n\r\n', 'SP_UPSTREAM_PROTOCOL'],
  ['two different lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 'SP_UPSTREAM_'],
  [
    'a length beside chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'SP_UPSTREAM_',
  ],
  ['fields beyond 16 KiB', `HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 'SP_UPSTREAM_FIELDS'],
  ['a chunk size that is none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'SP_UPSTREAM_PROTOCOL'],
  ['nothing at all', '', 'SP_UPSTREAM_RESET'],
]

for (const [what, bytes, code] of broken) {
  test(`${what}: an error, sent once, on a connection that is not used again`, async (t) => {
    const origin = await listenWire(t, (wire) => {
      answerHeads(wire, () => bytes)
      wire.socket.once('data', () => setImmediate(() => wire.socket.end()))
    })
    const transport = transportTo(t, origin.url)

    const { error, calls } = await ask(transport)

    assert.ok(error?.code?.startsWith(code), `${error?.code}: ${error?.message}`)
    assert.equal(error?.unprocessed, false)
    assert.equal(calls.filter((call) => call === 'error').length, 1)
    assert.ok(!calls.includes('end'))
    assert.equal(
      origin.wires
        .map((wire) => wire.text())
        .join('')
        .match(/GET/g)?.length,
      1,
    )
    await ask(transport)
    assert.equal(origin.wires.length, 2)
  })
}

test('bytes behind an answer never answer the next request', async (t) => {
  const origin = await listenWire(t, (wire, index) =>
    answerHeads(wire, () => (index === 0 ? ok('first') + ok('poison') : ok('second'))),
  )
  const transport = transportTo(t, origin.url)

  const first = await ask(transport, { path: '/first' })
  const second = await ask(transport, { path: '/second' })

  assert.notEqual(first.body, 'poison')
  assert.equal(second.body, 'second')
})

test('an answer that comes on an idle connection answers nobody', async (t) => {
  const origin = await listenWire(t, (wire, index) =>
    answerHeads(wire, () => (index === 0 ? ok('first') : ok('second'))),
  )
  const transport = transportTo(t, origin.url)
  await ask(transport)

  origin.wires[0]?.send(ok('poison'))
  await new Promise((resolve) => setTimeout(resolve, 30))
  const second = await ask(transport)

  assert.equal(second.body, 'second')
})

test('a reused connection that dies before a byte of the answer: nothing was processed, so far as we can tell', async (t) => {
  const origin = await listenWire(t, (wire) =>
    answerHeads(wire, (_head, index) => {
      if (index === 0) return ok()
      wire.socket.destroy()
      return ''
    }),
  )
  const transport = transportTo(t, origin.url)
  await ask(transport)

  const { error } = await ask(transport)

  assert.deepEqual([error?.code, error?.unprocessed], ['SP_UPSTREAM_RESET', true])
})

test('a reused connection that dies in the midst of an answer has processed it', async (t) => {
  const origin = await listenWire(t, (wire) =>
    answerHeads(wire, (_head, index) => {
      if (index === 0) return ok()
      wire.socket.end('HTTP/1.1 20')
      return ''
    }),
  )
  const transport = transportTo(t, origin.url)
  await ask(transport)

  const { error } = await ask(transport)

  assert.equal(error?.unprocessed, false)
})

test('no answer in time: SP_UPSTREAM_TIMEOUT', async (t) => {
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => ''))

  const { error } = await ask(transportTo(t, origin.url), { headersTimeout: 50 })

  assert.equal(error?.code, 'SP_UPSTREAM_TIMEOUT')
})

test('a head that comes in drops has the same time as one that does not come', async (t) => {
  const origin = await listenWire(t, (wire) => {
    const head = `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(40)}\r\nContent-Length: 0\r\n\r\n`
    let at = 0
    const drip = setInterval(() => wire.send(head[at++] ?? ''), 20)
    wire.socket.once('close', () => clearInterval(drip))
  })
  const transport = transportTo(t, origin.url)

  const { error, status } = await ask(transport, { headersTimeout: 200 })

  assert.equal(error?.code, 'SP_UPSTREAM_TIMEOUT')
  assert.equal(status, 0)
})

test('an answer that stalls: SP_UPSTREAM_STALLED', async (t) => {
  const origin = await listenWire(t, (wire) =>
    answerHeads(wire, () => 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'),
  )

  const { error, body } = await ask(transportTo(t, origin.url), { bodyTimeout: 50 })

  assert.deepEqual([error?.code, body], ['SP_UPSTREAM_STALLED', 'half'])
})

test('a connection that does not stand in time: an error before any start', async (t) => {
  const stalled = await stalledPort()
  t.after(() => stalled.close())

  const { error, calls } = await ask(transportTo(t, `http://127.0.0.1:${stalled.port}`), { connectTimeout: 50 })

  assert.equal(error?.code, 'SP_CONNECT_TIMEOUT')
  assert.deepEqual(calls, ['error'])
})

test('what the handler aborts with comes back as it is, and the connection ends', async (t) => {
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => ''))
  const transport = transportTo(t, origin.url)
  const recorder = new Recorder()
  transport.dispatch({ path: '/', method: 'GET', headers: [] } as unknown as DispatchOptions, recorder)
  await until(() => origin.wires[0]?.text().includes('GET') === true, 'the request')
  const reason = new Error('enough')

  recorder.controller?.abort(reason)

  assert.equal((await recorder.over).error, reason)
  await origin.wires[0]?.ended()
})

for (const where of ['onResponseStart', 'onResponseData', 'onResponseEnd'] as const) {
  test(`what the handler throws in ${where} is no failure of the upstream`, async (t) => {
    const origin = await listenWire(t, (wire) => answerHeads(wire, () => ok()))
    const transport = transportTo(t, origin.url)
    const thrown = new Error('of the handler')
    const error = await new Promise((resolve) => {
      const handler: DispatchHandler = {
        onRequestStart() {},
        [where]() {
          throw thrown
        },
        onResponseError(_controller: DispatchController, given: Error) {
          resolve(given)
        },
      }
      transport.dispatch({ path: '/', method: 'GET', headers: [] } as unknown as DispatchOptions, handler)
    })

    assert.equal(error, thrown)
    assert.equal((await ask(transport)).status, 200)
  })
}

test('a client that left while the connection was made: nothing is sent', async (t) => {
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => ok()))
  const transport = transportTo(t, origin.url)
  const recorder = new (class extends Recorder {
    override onRequestStart(controller: DispatchController): void {
      super.onRequestStart(controller)
      controller.abort(new Error('gone'))
    }
  })()

  transport.dispatch({ path: '/', method: 'POST', headers: [], body: 'x' } as unknown as DispatchOptions, recorder)
  await recorder.over
  await until(() => origin.wires.length === 1, 'the connection')
  await origin.wires[0]?.ended()

  assert.equal(origin.wires[0]?.text(), '')
})

test('the path of the URL goes before every path', async (t) => {
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => ok()))

  await ask(transportTo(t, `${origin.url}/base/`), { path: '/x?y=1' })

  assert.match(origin.wires[0]?.text() ?? '', /^GET \/base\/x\?y=1 HTTP\/1\.1\r\n/)
})

test('a slow reader holds the upstream back', async (t) => {
  const total = 32 * 1024 * 1024
  const origin = await listenWire(t, (wire) =>
    answerHeads(wire, () => {
      const piece = Buffer.alloc(64 * 1024)
      let sent = 0
      const more = (): void => {
        while (sent < total) {
          sent += piece.length
          if (!wire.socket.write(piece)) break
        }
      }
      wire.socket.on('drain', more)
      setImmediate(more)
      return `HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`
    }),
  )
  const transport = transportTo(t, origin.url)
  const recorder = new (class extends Recorder {
    override onResponseData(controller: DispatchController, chunk: Buffer): void {
      super.onResponseData(controller, chunk)
      controller.pause()
    }
  })()
  transport.dispatch({ path: '/', method: 'GET', headers: [] } as unknown as DispatchOptions, recorder)
  await recorder.answered

  await new Promise((resolve) => setTimeout(resolve, 100))

  assert.ok(recorder.bytes < 1024 * 1024, `${recorder.bytes} bytes came past a pause`)
  assert.ok((origin.wires[0]?.socket.bytesWritten ?? total) < total)
  recorder.controller?.abort(new Error('end of the test'))
})

test('close() lets what is in flight finish, and takes nothing new', async (t) => {
  const origin = await listenWire(t, (wire) =>
    answerHeads(wire, () => {
      setTimeout(() => wire.send(ok('late')), 50)
      return ''
    }),
  )
  const transport = transportTo(t, origin.url)
  const inFlight = ask(transport)
  await until(() => origin.wires[0]?.text().includes('GET') === true, 'the request')

  const closed = transport.close()
  const refused = await ask(transport)
  await closed

  assert.equal((await inFlight).body, 'late')
  assert.equal(refused.error?.code, 'SP_NO_UPSTREAM')
  await origin.wires[0]?.ended()
})

test('destroy() ends what is in flight, what is idle and what is being dialled', async (t) => {
  const stalled = await stalledPort()
  t.after(() => stalled.close())
  const origin = await listenWire(t, (wire) => answerHeads(wire, (head) => (head.includes('/idle') ? ok() : '')))
  const transport = transportTo(t, origin.url)
  const both = [ask(transport, { path: '/idle' }), ask(transport)]
  await both[0]
  await until(() => origin.wires.length === 2 && origin.wires.every((wire) => wire.text() !== ''), 'both requests')
  const dialling = transportTo(t, `http://127.0.0.1:${stalled.port}`)
  const neverThere = ask(dialling, { connectTimeout: 0 })

  transport.destroy(new Error('enough'))
  dialling.destroy(new Error('enough'))

  assert.ok((await both[1])?.error !== undefined)
  assert.ok((await neverThere).error !== undefined)
  for (const wire of origin.wires) await wire.ended()
})
