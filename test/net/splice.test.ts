import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Clock, systemClock } from '../../src/contract/clock.ts'
import { type SpliceOptions, type SpliceSummary, splice } from '../../src/net/splice.ts'

const limits = { clock: systemClock, idleTimeout: 60_000, maxLifetime: 0 }

/** client <-> [downstream | splice | upstream] <-> origin, over real sockets. */
async function joined(t: TestContext, options: Partial<SpliceOptions> = {}) {
  const [client, downstream] = await pair(t)
  const [origin, upstream] = await pair(t)
  const ends: SpliceSummary[] = []
  const ended = Promise.withResolvers<SpliceSummary>()
  const joint = splice(downstream, upstream, {
    ...limits,
    ...options,
    onEnd(summary) {
      ends.push(summary)
      ended.resolve(summary)
    },
  })
  return { client, origin, downstream, upstream, joint, ends, ended: ended.promise }
}

async function pair(t: TestContext): Promise<[net.Socket, net.Socket]> {
  const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const outer = net.connect({
    port: (server.address() as net.AddressInfo).port,
    host: '127.0.0.1',
    allowHalfOpen: true,
  })
  const [inner] = (await once(server, 'connection')) as [net.Socket]
  outer.on('error', () => {})
  server.close()
  t.after(() => {
    outer.destroy()
    inner.destroy()
  })
  return [outer, inner]
}

async function text(socket: net.Socket): Promise<string> {
  let all = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    all += chunk
  })
  await once(socket, 'end')
  return all
}

class Hands implements Clock {
  time = 1000
  timers = new Map<object, { fn: () => void; at: number }>()
  now = () => this.time
  wall = () => this.time
  setTimer = (fn: () => void, ms: number) => {
    const timer = {}
    this.timers.set(timer, { fn, at: this.time + ms })
    return timer
  }
  clearTimer = (timer: object) => void this.timers.delete(timer)
  advance(ms: number) {
    this.time += ms
    for (const [timer, { fn, at }] of [...this.timers]) {
      if (at > this.time || !this.timers.delete(timer)) continue
      fn()
    }
  }
}

test('bytes pass both ways and are counted', async (t) => {
  const { client, origin, ended } = await joined(t)

  client.end('ping')
  origin.end('pong!')
  const [toOrigin, toClient] = await Promise.all([text(origin), text(client)])

  assert.equal(toOrigin, 'ping')
  assert.equal(toClient, 'pong!')
  assert.deepEqual(await ended, { received: 4, sent: 5, reason: 'closed' })
})

test('one direction may end while the other still flows', async (t) => {
  const { client, origin, ended, ends } = await joined(t)

  client.end('question')
  assert.equal(await text(origin), 'question')
  assert.equal(ends.length, 0)
  origin.write('late ')
  origin.end('answer')

  assert.equal(await text(client), 'late answer')
  assert.equal((await ended).reason, 'closed')
})

test('a client that reads nothing holds the origin back', async (t) => {
  const { client, origin, downstream } = await joined(t)
  client.pause()
  const megabyte = Buffer.alloc(1024 * 1024)

  let written = 0
  while (written < 200) {
    written++
    if (!origin.write(megabyte) && !(await drained(origin))) break
  }

  assert.ok(written < 100, `the origin could write ${written} MiB`)
  assert.ok(downstream.writableLength < 1024 * 1024, `${downstream.writableLength} bytes are held`)
})

async function drained(socket: net.Socket): Promise<boolean> {
  return Promise.race([once(socket, 'drain').then(() => true), wait(300, false)])
}

test('a slow reader gets every byte', async (t) => {
  const { client, origin, ended } = await joined(t)
  const size = 20 * 1024 * 1024

  origin.end(Buffer.alloc(size, 1))
  client.end()
  origin.resume()
  let got = 0
  for await (const chunk of client) {
    got += chunk.length
    if (got % 7 === 0) await wait(1)
  }

  assert.equal(got, size)
  assert.equal((await ended).sent, size)
})

test('a reset of one side closes the other, is reported once and is never unhandled', async (t) => {
  const { client, origin, ended, ends } = await joined(t)
  origin.write('x')
  await once(client, 'data')

  origin.resetAndDestroy()
  await once(client, 'end')

  const summary = await ended
  assert.equal(summary.reason, 'error')
  assert.equal((summary.error as NodeJS.ErrnoException).code, 'ECONNRESET')
  await wait(10)
  assert.equal(ends.length, 1)
})

test('a side destroyed by its owner closes the other', async (t) => {
  const { origin, downstream, ended } = await joined(t)

  downstream.destroy()
  await once(origin.resume(), 'end')

  assert.equal((await ended).reason, 'closed')
})

test('a side that was gone before the splice closes the other', async (t) => {
  const [client, downstream] = await pair(t)
  const [origin, upstream] = await pair(t)
  downstream.destroy()
  await once(downstream, 'close')

  const seen = once(origin.resume(), 'end')
  const summary = await new Promise<SpliceSummary>((onEnd) => splice(downstream, upstream, { ...limits, onEnd }))
  await seen

  assert.equal(summary.reason, 'closed')
  assert.ok(client)
})

test('silence in both directions ends it, a byte in either keeps it', async (t) => {
  const clock = new Hands()
  const { client, origin, ended, ends } = await joined(t, { clock, idleTimeout: 100 })

  clock.advance(90)
  client.write('a')
  await once(origin, 'data')
  clock.advance(90)
  origin.write('b')
  await once(client, 'data')
  clock.advance(90)
  assert.equal(ends.length, 0)
  clock.advance(20)

  assert.equal((await ended).reason, 'idle')
  assert.equal(clock.timers.size, 0)
})

test('a lifetime ends it whatever moves', async (t) => {
  const clock = new Hands()
  const { client, origin, ended } = await joined(t, { clock, idleTimeout: 100, maxLifetime: 150 })

  for (let i = 0; i < 2; i++) {
    client.write('a')
    await once(origin, 'data')
    clock.advance(80)
  }

  assert.equal((await ended).reason, 'lifetime')
  assert.equal(clock.timers.size, 0)
})

test('without limits no timer is set', async (t) => {
  const clock = new Hands()
  await joined(t, { clock, idleTimeout: 0, maxLifetime: 0 })

  assert.equal(clock.timers.size, 0)
})

test('close() says why, once, and leaves no listener behind', async (t) => {
  const [, downstream] = await pair(t)
  const [, upstream] = await pair(t)
  const census = () => [downstream, upstream].map((s) => s.eventNames().map((e) => [e, s.listenerCount(e)]))
  const before = census()
  const ends: SpliceSummary[] = []
  const joint = splice(downstream, upstream, { ...limits, onEnd: (summary) => ends.push(summary) })

  joint.close('drain')
  joint.close('idle')
  await Promise.all([once(downstream, 'close'), once(upstream, 'close')])
  await wait(10)

  assert.deepEqual(ends, [{ received: 0, sent: 0, reason: 'drain' }])
  assert.deepEqual(census(), before)
})
