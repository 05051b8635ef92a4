import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { systemClock } from '../../../src/contract/clock.ts'
import { createDialler } from '../../../src/forward-proxy/dial/dialler.ts'
import { createAddressGuard } from '../../../src/forward-proxy/guard/address-guard.ts'
import { until } from '../../support/until.ts'
import { counter, dialBed } from './dial-bed.ts'

const v6 = ['2606:4700::1', '2606:4700::2', '2606:4700::3']
const v4 = ['8.8.8.1', '8.8.8.2', '8.8.8.3']

test('families take turns, the family of the first address goes first, and each waits 250 ms (RFC 8305)', (t) => {
  const bed = dialBed(t)
  bed.dial()
  bed.waiters[0]?.found([...v6, ...v4])
  bed.waiters[0]?.end(null)

  assert.deepEqual(bed.hosts, ['2606:4700::1'])
  bed.clock.advance(249)
  assert.equal(bed.hosts.length, 1)
  bed.clock.advance(1)
  assert.deepEqual(bed.hosts, ['2606:4700::1', '8.8.8.1'])
  bed.clock.advance(1000)
  assert.deepEqual(bed.hosts, [v6[0], v4[0], v6[1], v4[1], v6[2], v4[2]])
})

test('the first that connects wins; the others are destroyed, and no timer is left', (t) => {
  const bed = dialBed(t)
  bed.dial()
  bed.waiters[0]?.found([v6[0] as string, v4[0] as string, v4[1] as string])
  bed.waiters[0]?.end(null)
  bed.clock.advance(250)

  bed.attempts[1]?.connect()

  assert.equal(bed.ends.length, 1)
  assert.equal(bed.ends[0]?.socket, bed.attempts[1]?.socket)
  assert.equal(bed.attempts[0]?.socket.destroyed, true)
  assert.equal(bed.attempts[1]?.socket.destroyed, false)
  assert.equal(bed.attempts[1]?.socket.listenerCount('error'), 0)
  assert.equal(bed.clock.pending, 0)
  bed.attempts[0]?.socket.emit('error', new Error('late'))
  bed.clock.advance(60_000)
  assert.equal(bed.hosts.length, 2)
  assert.equal(bed.ends.length, 1)
})

test('after a failure the next address is tried at once', async (t) => {
  const bed = dialBed(t)
  bed.dial()
  bed.waiters[0]?.found([v6[0] as string, v4[0] as string])
  bed.waiters[0]?.end(null)

  bed.attempts[0]?.fail('ENETUNREACH')
  await until(() => bed.attempts.length === 2, 'the second attempt')
  bed.attempts[1]?.fail('ECONNREFUSED')
  await until(() => bed.ends.length === 1, 'the end')

  assert.equal(bed.ends[0]?.error?.code, 'SP_CONNECT_REFUSED')
  assert.match(bed.ends[0]?.error?.message ?? '', /8\.8\.8\.1:443/)
  assert.equal(bed.clock.pending, 0)
})

test('a refusal is told rather than that there is no way to the other family', async (t) => {
  const bed = dialBed(t)
  bed.dial()
  bed.waiters[0]?.found([v4[0] as string, v6[0] as string])
  bed.waiters[0]?.end(null)

  bed.attempts[0]?.fail('ECONNREFUSED')
  await until(() => bed.attempts.length === 2, 'the second attempt')
  bed.attempts[1]?.fail('ENETUNREACH')
  await until(() => bed.ends.length === 1, 'the end')

  assert.equal(bed.ends[0]?.error?.code, 'SP_CONNECT_REFUSED')
})

test('black holes end with SP_CONNECT_TIMEOUT, for all addresses together', (t) => {
  const bed = dialBed(t)
  bed.dial()
  bed.waiters[0]?.found([...v6, ...v4])
  bed.waiters[0]?.end(null)

  bed.clock.advance(9999)
  assert.equal(bed.ends.length, 0)
  bed.clock.advance(1)

  assert.equal(bed.ends[0]?.error?.code, 'SP_CONNECT_TIMEOUT')
  assert.equal(bed.ends[0]?.error?.status, 504)
  assert.ok(bed.attempts.every(({ socket }) => socket.destroyed))
  assert.equal(bed.clock.pending, 0)
})

test('a family that comes late takes part', async (t) => {
  const bed = dialBed(t)
  bed.dial()
  bed.waiters[0]?.found([v6[0] as string])
  assert.deepEqual(bed.hosts, [v6[0]])

  bed.attempts[0]?.fail('ENETUNREACH')
  await until(() => bed.attempts[0]?.socket.destroyed === true, 'the first attempt is over')
  await new Promise(setImmediate)
  assert.equal(bed.ends.length, 0)
  bed.waiters[0]?.found([v4[0] as string])
  assert.deepEqual(bed.hosts, [v6[0], v4[0]])
  bed.waiters[0]?.end(null)
  bed.attempts[1]?.connect()

  assert.equal(bed.ends[0]?.socket, bed.attempts[1]?.socket)
})

test('an address that comes while another is tried waits its turn', (t) => {
  const bed = dialBed(t)
  bed.dial()
  bed.waiters[0]?.found([v6[0] as string])
  bed.clock.advance(100)
  bed.waiters[0]?.found([v4[0] as string])

  assert.equal(bed.hosts.length, 1)
  bed.clock.advance(150)
  assert.deepEqual(bed.hosts, [v6[0], v4[0]])
})

test('of a thousand addresses sixteen are tried', (t) => {
  const bed = dialBed(t)
  bed.dial()
  bed.waiters[0]?.found(Array.from({ length: 1000 }, (_, i) => `8.8.${i >> 8}.${i & 255}`))
  bed.waiters[0]?.end(null)
  bed.clock.advance(9000)

  assert.equal(bed.hosts.length, 16)
})

test('a dial that is given up leaves nothing and says nothing', (t) => {
  const bed = dialBed(t)
  const cancel = bed.dial()
  bed.waiters[0]?.found([v6[0] as string, v4[0] as string])
  bed.clock.advance(250)

  cancel()
  cancel()

  assert.ok(bed.attempts.every(({ socket }) => socket.destroyed))
  assert.equal(bed.clock.pending, 0)
  assert.equal(bed.left, 1)
  bed.waiters[0]?.found([v4[1] as string])
  bed.waiters[0]?.end(null)
  bed.attempts[0]?.connect()
  bed.attempts[1]?.socket.emit('error', new Error('late'))
  assert.equal(bed.ends.length, 0)
  assert.equal(bed.hosts.length, 2)
})

test('close ends what is under way with SP_SHUTDOWN, and takes nothing more', (t) => {
  const bed = dialBed(t)
  bed.dial()
  bed.waiters[0]?.found([v4[0] as string])

  bed.dialler.close()
  bed.dial({ host: '8.8.8.8', address: '8.8.8.8' })

  assert.deepEqual(
    bed.ends.map(({ error }) => error?.code),
    ['SP_SHUTDOWN', 'SP_SHUTDOWN'],
  )
  assert.equal(bed.attempts[0]?.socket.destroyed, true)
  assert.equal(bed.hosts.length, 1)
  assert.equal(bed.clock.pending, 0)
})

test('a literal is dialled without a look-up, and a private one is refused without a socket', (t) => {
  const bed = dialBed(t)
  bed.dial({ host: '8.8.8.8', address: '8.8.8.8' })
  bed.dial({ host: '127.0.0.1', address: '127.0.0.1' })
  bed.dial({ host: '::1' })

  assert.deepEqual(bed.hosts, ['8.8.8.8'])
  assert.equal(bed.waiters.length, 0)
  assert.deepEqual(
    bed.ends.map(({ error }) => error?.code),
    ['SP_DENIED', 'SP_DENIED'],
  )
})

test('what DNS could not find is told; a refused address is told rather than a silent family', (t) => {
  const bed = dialBed(t)
  bed.dial()
  bed.waiters[0]?.end(null)
  bed.dial()
  bed.waiters[1]?.found(['10.0.0.1'])
  assert.equal(bed.ends.length, 1)
  bed.waiters[1]?.end(null)

  assert.deepEqual(
    bed.ends.map(({ error }) => error?.code),
    ['SP_DNS', 'SP_DENIED'],
  )
})

test('a host that is denied is not looked up', (t) => {
  const bed = dialBed(t, { guard: createAddressGuard({ deny: ['a.test'] }) })
  bed.dial()

  assert.equal(bed.waiters.length, 0)
  assert.equal(bed.ends[0]?.error?.code, 'SP_DENIED')
})

test('local addresses: one of the family, and a family without one is not dialled', (t) => {
  const bed = dialBed(t)
  bed.dial({}, ['192.0.2.7'])
  bed.waiters[0]?.found([v6[0] as string, v4[0] as string])
  bed.waiters[0]?.end(null)
  bed.dial({}, ['2001:db8::7'])
  bed.waiters[1]?.found([v4[0] as string])
  bed.waiters[1]?.end(null)

  assert.deepEqual(bed.hosts, [v4[0]])
  assert.equal(bed.attempts[0]?.options.localAddress, '192.0.2.7')
  assert.equal(bed.ends[0]?.error?.code, 'SP_CONNECT_FAILED')
})

test('real sockets: with one family refused the other one serves', async (t) => {
  const listener = await counter(t)
  const dialler = createDialler({
    clock: systemClock,
    guard: createAddressGuard({ allowPrivate: true }),
    resolver: {
      resolve(_, waiter) {
        waiter.found(['::1', '127.0.0.1'])
        waiter.end(null)
        return () => {}
      },
      async close() {},
    },
  })

  const socket = await new Promise<net.Socket>((resolve, reject) =>
    dialler.dial({ host: 'a.test', port: listener.port }, (error, made) =>
      made === null ? reject(error) : resolve(made),
    ),
  )
  t.after(() => socket.destroy())

  assert.equal(socket.remoteAddress, '127.0.0.1')
  assert.equal(socket.allowHalfOpen, true)
  await until(() => listener.count === 1, 'the connection')
})

test('real sockets: past an address that never answers', async (t) => {
  const listener = await counter(t)
  const seen: string[] = []
  const dialler = createDialler({
    clock: systemClock,
    guard: createAddressGuard({ allowPrivate: true }),
    resolver: {
      resolve(_, waiter) {
        waiter.found(['127.0.0.9', '127.0.0.1'])
        waiter.end(null)
        return () => {}
      },
      async close() {},
    },
    connect(options) {
      seen.push(String(options.host))
      // A socket that never gets an answer, wherever the test runs.
      return options.host === '127.0.0.9' ? new net.Socket() : net.connect(options)
    },
  })
  const begin = performance.now()

  const socket = await new Promise<net.Socket>((resolve, reject) =>
    dialler.dial({ host: 'a.test', port: listener.port }, (error, made) =>
      made === null ? reject(error) : resolve(made),
    ),
  )
  t.after(() => socket.destroy())

  assert.deepEqual(seen, ['127.0.0.9', '127.0.0.1'])
  assert.ok(performance.now() - begin >= 240)
})
