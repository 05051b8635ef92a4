import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import type { DispatchOptions } from '../../../src/contract/layer.ts'
import { exchangeWith } from '../../http/exchange-with.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { startOrigin, type TestOrigin } from '../../support/origin.ts'
import { seededRandom } from '../../support/random.ts'
import { until } from '../../support/until.ts'
import { answerHeads, deadPort, listenWire } from '../../support/wire.ts'
import { startMirrored } from './mirrored.ts'

async function originFor(t: TestContext, answer: RequestListener = (_, response) => response.end('ok')) {
  const origin = await startOrigin(answer)
  t.after(() => origin.close())
  return origin
}

async function pair(t: TestContext): Promise<{ to: string; shadow: string; real: TestOrigin; copies: TestOrigin }> {
  const real = await originFor(t)
  const copies = await originFor(t)
  return { to: real.url, shadow: copies.url, real, copies }
}

test('a copy has the method, path and fields of the request, and goes to the other pool', async (t) => {
  const { copies, real, ...urls } = await pair(t)
  const { send, shadow } = startMirrored(t, urls)

  const { status, body } = await send({ path: '/a?b=c', headers: ['Host', 'app.test', 'X-One', '1'] }).over
  await until(() => shadow.stats.sent === 1 && shadow.stats.active === 0, 'the copy')

  assert.deepEqual([status, body], [200, 'ok'])
  assert.equal(real.requests.length, 1)
  assert.deepEqual(
    copies.requests.map(({ method, url, headers }) => [method, url, headers.host, headers['x-one']]),
    [['GET', '/a?b=c', 'app.test', '1']],
  )
  assert.deepEqual(shadow.stats, { sent: 1, dropped: 0, failed: 0, active: 0 })
})

test('the copy goes out without the exchange, without what was picked or tried, and for one attempt', async (t) => {
  const { copies, real, ...urls } = await pair(t)
  const seen: DispatchOptions[] = []
  const { send, shadow } = startMirrored(t, { ...urls, watch: (options) => seen.push(options) })
  const exchange = exchangeWith({})
  const tried = [...shadow.pool.upstreams]

  await send({ exchange, tried, freshConnection: true }).over
  const facts = { ...exchange.facts }
  await until(() => shadow.stats.active === 0, 'the copy')

  const copy = seen[1] as DispatchOptions
  assert.deepEqual(
    [copy.exchange, copy.tried, copy.freshConnection, copy.mirror, copy.upstream, copy.pool],
    [undefined, undefined, undefined, undefined, undefined, shadow.pool],
  )
  assert.deepEqual([copy.retry?.attempts, copy.retry?.hedgeAfter, copy.retry?.budget.take()], [0, 0, false])
  assert.deepEqual([{ ...exchange.facts }, exchange.upstream], [facts, undefined])
  assert.equal(tried.length, 1)
})

test('without a mirror nothing is copied', async (t) => {
  const { copies, real, ...urls } = await pair(t)
  const { send, shadow } = startMirrored(t, urls)

  await send({ mirror: undefined }).over

  assert.deepEqual(shadow.stats, { sent: 0, dropped: 0, failed: 0, active: 0 })
})

test('the share is drawn by chance: 0.25 copies a quarter, 0 none', async (t) => {
  const { copies, real, ...urls } = await pair(t)
  const quarter = startMirrored(t, { ...urls, options: { share: 0.25 }, random: seededRandom(1) })
  const none = startMirrored(t, { ...urls, options: { share: 0 }, random: () => 0 })
  const drawn = seededRandom(1)
  const expected = Array.from({ length: 80 }, drawn).filter((chance) => chance < 0.25).length

  for (let i = 0; i < 80; i++) {
    await quarter.send().over
    await none.send().over
  }
  await until(() => quarter.shadow.stats.active === 0, 'the copies')

  assert.ok(expected > 10 && expected < 30)
  assert.equal(quarter.shadow.stats.sent, expected)
  assert.equal(copies.requests.length, expected)
  assert.equal(none.shadow.stats.sent, 0)
})

test('a shadow that never answers delays nobody, holds its places, and the rest is dropped', async (t) => {
  const real = await originFor(t)
  const silent = await originFor(t, () => {})
  const { send, shadow } = startMirrored(t, { to: real.url, shadow: silent.url, options: { maxConcurrent: 3 } })

  for (let i = 0; i < 10; i++) assert.equal((await send().over).status, 200)
  await until(() => silent.requests.length === 3, 'three copies')

  assert.deepEqual(shadow.stats, { sent: 3, dropped: 7, failed: 0, active: 3 })
})

test('a place is free again when the copy has been answered', async (t) => {
  const { copies, real, ...urls } = await pair(t)
  const { send, shadow } = startMirrored(t, { ...urls, options: { maxConcurrent: 1 } })

  for (let i = 0; i < 5; i++) {
    await send().over
    await until(() => shadow.stats.active === 0, 'a free place')
  }

  assert.deepEqual(shadow.stats, { sent: 5, dropped: 0, failed: 0, active: 0 })
})

test('a shadow where nobody listens, or that breaks off, is counted and nothing else', async (t) => {
  const real = await originFor(t)
  const breaking = await listenWire(t, (wire) =>
    answerHeads(wire, () => {
      wire.socket.destroy()
      return ''
    }),
  )

  for (const url of [`http://127.0.0.1:${await deadPort()}`, breaking.url]) {
    const { send, shadow } = startMirrored(t, { to: real.url, shadow: url })
    assert.equal((await send().over).status, 200)
    await until(() => shadow.stats.active === 0, 'the end of the copy')
    assert.deepEqual(shadow.stats, { sent: 1, dropped: 0, failed: 1, active: 0 })
  }
})

test('a copy that takes longer than the timeout is given up, and its connection closed', async (t) => {
  const real = await originFor(t)
  const silent = await listenWire(t, () => {})
  const clock = fakeClock()
  const { send, shadow } = startMirrored(t, { to: real.url, shadow: silent.url, options: { timeout: '3s' }, clock })
  await send().over
  await until(() => silent.wires[0]?.text().includes('\r\n\r\n') === true, 'the copy')

  clock.advance(2999)
  assert.equal(shadow.stats.active, 1)
  clock.advance(1)

  assert.deepEqual(shadow.stats, { sent: 1, dropped: 0, failed: 1, active: 0 })
  await silent.wires[0]?.ended()
  assert.equal(clock.pending, 0)
})

test('close ends the copies under way and begins no more', async (t) => {
  const real = await originFor(t)
  const silent = await listenWire(t, () => {})
  const clock = fakeClock()
  const { send, shadow } = startMirrored(t, { to: real.url, shadow: silent.url, clock })
  await send().over
  await until(() => silent.wires[0]?.text().includes('\r\n\r\n') === true, 'the copy')

  shadow.close()
  await send().over

  await silent.wires[0]?.ended()
  assert.deepEqual(shadow.stats, { sent: 1, dropped: 0, failed: 1, active: 0 })
  assert.equal(clock.pending, 0)
})

test('an answer without end is not read to its end', async (t) => {
  const real = await originFor(t)
  let closed = false
  const endless = await originFor(t, (_, response) => {
    const block = Buffer.alloc(64 * 1024)
    new Readable({
      read: function more() {
        this.push(block)
      },
    }).pipe(response)
    response.on('close', () => {
      closed = true
    })
  })
  const { send, shadow } = startMirrored(t, { to: real.url, shadow: endless.url })

  await send().over
  await until(() => closed, 'the end of the connection')

  assert.deepEqual(shadow.stats, { sent: 1, dropped: 0, failed: 0, active: 0 })
})

test('a request that the client leaves is copied all the same', async (t) => {
  const silent = await originFor(t, () => {})
  const copies = await originFor(t)
  const { send, shadow } = startMirrored(t, { to: silent.url, shadow: copies.url })

  const call = send()
  await until(() => silent.requests.length === 1, 'the request')
  call.controller?.abort(new Error('the client left'))
  await until(() => shadow.stats.active === 0 && shadow.stats.sent === 1, 'the copy')

  assert.equal(copies.requests.length, 1)
  assert.equal(shadow.stats.failed, 0)
})

test('an upgrade is never copied', async (t) => {
  const real = await originFor(t)
  real.server.on('upgrade', (_, socket) =>
    socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
  )
  const copies = await originFor(t)
  const { send, shadow } = startMirrored(t, { to: real.url, shadow: copies.url })

  const call = await send({ upgrade: 'x', headers: ['Connection', 'Upgrade', 'Upgrade', 'x'] }).over
  call.socket?.destroy()

  assert.equal(call.status, 101)
  assert.deepEqual(shadow.stats, { sent: 0, dropped: 0, failed: 0, active: 0 })
})

test('what throws on the way of a copy is counted, and nobody else hears of it', async (t) => {
  const { copies, real, ...urls } = await pair(t)
  const { send, shadow } = startMirrored(t, {
    ...urls,
    watch(options) {
      if (options.pool?.name === 'shadow') throw new Error('a layer of the app')
    },
  })

  assert.equal((await send().over).status, 200)
  await until(() => shadow.stats.active === 0, 'the end of the copy')

  assert.deepEqual(shadow.stats, { sent: 1, dropped: 0, failed: 1, active: 0 })
})

test('a request that cannot go has no copy', async (t) => {
  const { copies, real, ...urls } = await pair(t)
  const clock = fakeClock()
  const { send, shadow } = startMirrored(t, {
    ...urls,
    clock,
    watch() {
      throw new Error('a layer of the app')
    },
  })

  assert.throws(() => send(), /a layer of the app/)

  assert.deepEqual(shadow.stats, { sent: 0, dropped: 1, failed: 0, active: 0 })
  assert.equal(clock.pending, 0)
})

test('a POST is copied only where the methods name it, byte for byte', async (t) => {
  const contents: Buffer[] = []
  const real = await originFor(t, async (request, response) => response.end(await buffer(request)))
  const copies = await originFor(t, async (request, response) => {
    contents.push(await buffer(request))
    response.end()
  })
  const urls = { to: real.url, shadow: copies.url }
  const none = startMirrored(t, urls)
  const posts = startMirrored(t, { ...urls, options: { methods: ['GET', 'POST'] } })
  const random = seededRandom(3)
  const bytes = Buffer.from(Array.from({ length: 50_000 }, () => Math.floor(random() * 256)))
  const headers = ['Content-Length', '50000']

  await none.send({ method: 'POST', body: bytes, headers }).over
  await posts.send({ method: 'POST', body: bytes, headers }).over
  await posts.send({ method: 'POST', body: pieces(bytes), headers }).over
  await posts.send({ method: 'POST', body: pieces(bytes) }).over
  await posts.send({ method: 'POST', body: 'text' }).over
  await until(() => posts.shadow.stats.active === 0 && contents.length === 4, 'the copies')

  assert.equal(none.shadow.stats.sent, 0)
  assert.deepEqual(posts.shadow.stats, { sent: 4, dropped: 0, failed: 0, active: 0 })
  const expected = [bytes, bytes, bytes, Buffer.from('text')]
  for (const content of expected) assert.ok(contents.some((one) => one.equals(content)))
  assert.equal(contents.filter((one) => one.equals(bytes)).length, 3)
})

/** The bytes in pieces of many sizes. */
function pieces(bytes: Buffer): Readable {
  const parts: Buffer[] = []
  for (let at = 0, step = 1; at < bytes.length; at += step, step = (step * 7) % 1999)
    parts.push(bytes.subarray(at, at + step))
  return Readable.from(parts, { objectMode: false })
}

test('content of a real request is copied when the client has sent all of it', async (t) => {
  const real = await originFor(t, async (request, response) => response.end(await buffer(request)))
  const contents: Buffer[] = []
  const copies = await originFor(t, async (request, response) => {
    contents.push(await buffer(request))
    response.end()
  })
  const { send, shadow } = startMirrored(t, { to: real.url, shadow: copies.url, options: { methods: ['PUT'] } })
  const gate = createServer((request, response) => {
    void send({ method: 'PUT', body: request }).over.then(({ body }) => response.end(body))
  })
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve))
  t.after(() => gate.close())
  const { port } = gate.address() as { port: number }
  const content = new PassThrough()

  const answer = fetch(`http://127.0.0.1:${port}`, {
    method: 'PUT',
    body: Readable.toWeb(content),
    duplex: 'half',
  } as RequestInit)
  content.write('first ')
  await until(() => shadow.stats.active === 1 && real.requests.length === 1, 'the request')
  assert.deepEqual([shadow.stats.sent, copies.requests.length], [0, 0])
  content.end('second')

  assert.equal(await (await answer).text(), 'first second')
  await until(() => contents.length === 1, 'the copy')
  assert.equal(String(contents[0]), 'first second')
})

test('more content than the limit is not copied: as declared, as it comes, as given', async (t) => {
  const real = await originFor(t, async (request, response) => response.end(String((await buffer(request)).length)))
  const copies = await originFor(t)
  const { send, shadow } = startMirrored(t, {
    to: real.url,
    shadow: copies.url,
    options: { methods: ['POST'], bodyLimit: '1KiB' },
  })
  const bytes = Buffer.alloc(1025, 1)

  const calls = [
    send({ method: 'POST', body: pieces(bytes), headers: ['Content-Length', '1025'] }),
    send({ method: 'POST', body: pieces(bytes) }),
    send({ method: 'POST', body: bytes }),
  ]
  for (const call of calls) assert.equal((await call.over).body, '1025')
  const whole = send({ method: 'POST', body: pieces(bytes.subarray(1)) })

  assert.equal((await whole.over).body, '1024')
  await until(() => shadow.stats.active === 0, 'the copy')
  assert.deepEqual(shadow.stats, { sent: 1, dropped: 3, failed: 0, active: 0 })
})

test('content that breaks off is not copied', async (t) => {
  const real = await originFor(t, () => {})
  const copies = await originFor(t)
  const clock = fakeClock()
  const { send, shadow } = startMirrored(t, { to: real.url, shadow: copies.url, options: { methods: ['POST'] }, clock })
  const content = new PassThrough()

  const call = send({ method: 'POST', body: content })
  content.write('half')
  await until(() => real.requests.length === 1, 'the request')
  content.destroy()
  await call.over

  assert.deepEqual(shadow.stats, { sent: 0, dropped: 1, failed: 0, active: 0 })
  assert.equal(clock.pending, 0)
})

test('content that takes longer than the timeout is not copied, and goes on undisturbed', async (t) => {
  const real = await originFor(t, async (request, response) => response.end(await buffer(request)))
  const copies = await originFor(t)
  const clock = fakeClock()
  const { send, shadow } = startMirrored(t, { to: real.url, shadow: copies.url, options: { methods: ['POST'] }, clock })
  const content = new PassThrough()
  const call = send({ method: 'POST', body: content })
  content.write('slow ')
  await until(() => real.requests.length === 1, 'the request')

  clock.advance(10_000)
  content.end('client')

  assert.equal((await call.over).body, 'slow client')
  assert.deepEqual(shadow.stats, { sent: 0, dropped: 1, failed: 0, active: 0 })
})

test('an upstream that does not read holds the upload back as if there were no mirror', async (t) => {
  const mebi = 1024 * 1024
  const stuck = await listenWire(t, ({ socket }) => socket.pause())
  const copies = await originFor(t)
  const { send, shadow } = startMirrored(t, {
    to: stuck.url,
    shadow: copies.url,
    options: { methods: ['POST'], bodyLimit: 512 * mebi },
  })
  let given = 0
  const block = Buffer.alloc(64 * 1024)
  const content = new Readable({
    read() {
      given += block.length
      this.push(given > 256 * mebi ? null : block)
    },
  })

  const call = send({ method: 'POST', body: content })
  await until(() => content.readableFlowing === false, 'the upload to pause')
  // The kernel's buffers may take a little more: until what is given stays the same.
  for (let before = -1; before !== given; ) {
    before = given
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  assert.ok(given < 64 * mebi, `${given} bytes were read`)
  assert.equal(shadow.stats.active, 1)
  call.controller?.abort(new Error('enough'))
  content.destroy()
})
