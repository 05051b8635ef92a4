import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrorCode } from '../../src/contract/errors.ts'
import type { Lease } from '../../src/contract/pool.ts'
import { seededRandom } from '../support/random.ts'
import { anyone, counted, idOf, poolBed, urls } from './pool-bed.ts'

test('a pool of equals without load takes turns', () => {
  const { names } = poolBed({ upstreams: urls(3), policy: 'round-robin' })

  assert.deepEqual(counted(names(300)), { 'a:80': 100, 'b:80': 100, 'c:80': 100 })
})

test('what was tried is not given again, and nobody is left when all were', () => {
  const { pool, take } = poolBed({ upstreams: urls(2) })

  const first = take().upstream
  const second = take([first]).upstream

  assert.notEqual(first, second)
  assert.equal(pool.has({ exchange: undefined, tried: [first] }), true)
  assert.equal(pool.has({ exchange: undefined, tried: [first, second] }), false)
  assert.equal(pool.pick({ exchange: undefined, tried: [first, second] }), undefined)
})

test('maxRequests bounds each upstream; a place given back is free again', () => {
  const { pool, take } = poolBed({ upstreams: [{ url: 'http://a', maxRequests: 1 }, 'http://b'], maxRequests: 2 })

  const leases = [take(), take(), take()]

  assert.deepEqual(counted(leases.map(({ upstream }) => upstream.name)), { 'a:80': 1, 'b:80': 2 })
  assert.equal(pool.pick(anyone), undefined)
  assert.equal(pool.has(anyone), false)
  leases[0]?.release()
  assert.equal(pool.has(anyone), true)
})

test('maxConnections bounds exchanges over HTTP/1, where each has its own; not over HTTP/2', () => {
  const http1 = poolBed({ upstreams: urls(1), maxConnections: 2 })
  const http2 = poolBed({ upstreams: urls(1), maxConnections: 2, http2: true })

  for (const bed of [http1, http2]) for (let i = 0; i < 2; i++) bed.take()

  assert.equal(http1.pool.pick(anyone), undefined)
  assert.notEqual(http2.pool.pick(anyone), undefined)
})

test('a lease that is given back twice counts once', () => {
  const { pool, take } = poolBed({ upstreams: urls(1), breaker: { failures: 2 } })
  const lease = take()

  lease.release('SP_UPSTREAM_RESET')
  lease.release('SP_UPSTREAM_RESET')
  lease.answered(200)

  assert.equal(pool.active, 0)
  const [{ active, failures, breaker }] = pool.list() as [ReturnType<typeof pool.list>[number]]
  assert.deepEqual({ active, failures, breaker }, { active: 0, failures: 1, breaker: 'closed' })
})

test('an upgrade holds its place until it is over, and its verdict is told with the 101', () => {
  const { pool, take, clock } = poolBed({ upstreams: urls(1), maxRequests: 1, breaker: { failures: 1 } })
  const lease = take()

  lease.answered(101)
  clock.advance(3_600_000)

  assert.equal(pool.pick(anyone), undefined)
  lease.release()
  assert.notEqual(pool.pick(anyone), undefined)
})

test('the end of an old upgrade does not wipe out failures in a row', () => {
  const { pool, take } = poolBed({ upstreams: urls(1), breaker: { failures: 2 }, outlier: false })
  const upgrade = take()
  upgrade.answered(101)

  take().release('SP_UPSTREAM_RESET')
  upgrade.release()
  take().release('SP_UPSTREAM_RESET')

  assert.equal(pool.list()[0]?.breaker, 'open')
})

/** Code and status of an attempt, and whether the upstream is to blame. */
const ends: readonly [error: ErrorCode | undefined, status: number, counts: boolean][] = [
  ['SP_CONNECT_REFUSED', 0, true],
  ['SP_CONNECT_TIMEOUT', 0, true],
  ['SP_UPSTREAM_RESET', 0, true],
  ['SP_UPSTREAM_TIMEOUT', 0, true],
  ['SP_UPSTREAM_INCOMPLETE', 200, true],
  [undefined, 500, true],
  [undefined, 503, true],
  [undefined, 404, false],
  [undefined, 200, false],
  [undefined, 0, false],
]

for (const [error, status, counts] of ends) {
  test(`${error ?? 'no error'} with status ${status} ${counts ? 'counts' : 'does not count'} against its upstream`, () => {
    const { pool, take, news } = poolBed({ upstreams: urls(2), outlier: { consecutive5xx: 3 } })
    const [a, b] = pool.upstreams
    const end = (): void => {
      const lease = take(b === undefined ? [] : [b])
      assert.equal(lease.upstream, a)
      if (status > 0) lease.answered(status)
      lease.release(error)
    }

    end()
    end()
    assert.deepEqual(news(), [])
    end()

    assert.deepEqual(news(), counts ? ['ejected a:80 consecutive_5xx'] : [])
    assert.equal(pool.list()[0]?.failures, counts ? 3 : 0)
  })
}

test('an attempt that ends after its head, by whoever, counts once', () => {
  const { pool, take, news } = poolBed({ upstreams: urls(2), outlier: { consecutive5xx: 2 } })
  const tried = pool.upstreams.slice(1)

  const lease = take(tried)
  lease.answered(503)
  lease.release()

  assert.deepEqual(news(), [])
  assert.equal(pool.list()[0]?.failures, 1)
})

test('a quick failure does not make an unknown upstream look quick; a long one makes it slow', () => {
  const { pool, take, clock } = poolBed({ upstreams: urls(1), outlier: false })

  const quick = take()
  clock.advance(3)
  quick.release('SP_CONNECT_REFUSED')
  assert.equal(pool.list()[0]?.latency, undefined)
  const lease = take()
  clock.advance(5000)
  lease.release('SP_UPSTREAM_TIMEOUT')

  assert.equal(pool.list()[0]?.latency, 5000)
})

test('a hash policy keeps the level of a key, and spreads what is in the lesser level over all of it', () => {
  const upstreams = [
    ...urls(2).map((url) => ({ url })),
    ...['http://x', 'http://y'].map((url) => ({ url, priority: 1 })),
  ]
  const { pool } = poolBed({
    upstreams,
    policy: 'ring-hash',
    hashKey: (exchange) => String((exchange as unknown as { key: number }).key),
  })
  pool.health('a:80', 'down')
  const nameFor = (key: number): string => {
    const lease = pool.pick({ exchange: { key, facts: {} } as never, tried: [] }) as Lease
    lease.release()
    return lease.upstream.name
  }
  const keys = Array.from({ length: 3000 }, (_, key) => key)

  const first = keys.map(nameFor)

  assert.deepEqual(keys.map(nameFor), first)
  const share = counted(first)
  assert.ok(Math.abs((share['b:80'] as number) - 2100) < 120, JSON.stringify(share))
  for (const name of ['x:80', 'y:80']) assert.ok(Math.abs((share[name] as number) - 450) < 90, JSON.stringify(share))
})

test('Retry-After tells when the first of them may be back', () => {
  const { pool, take, clock, checks } = poolBed({
    upstreams: urls(2),
    outlier: { consecutive5xx: 1, baseEjection: '30s', ejectionJitter: 0 },
    breaker: { failures: 1, open: '7s' },
    health: { downInterval: '2s', edgeInterval: '1s', rise: 2, jitter: 0 },
  })
  const tried = pool.upstreams.slice(1)
  assert.equal(pool.retryAfter(), 1, 'full at worst')

  take(tried).release('SP_UPSTREAM_RESET')
  pool.drain('b:80')
  assert.equal(pool.retryAfter(), 30, 'ejected')
  pool.health('a:80', 'up')
  assert.equal(pool.retryAfter(), 7, 'its breaker is open')
  clock.advance(8000)
  assert.equal(pool.retryAfter(), 1, 'its breaker lets a probe through')
  pool.health('a:80', 'auto')
  checks.set('a:80', 0)
  pool.start()
  clock.advance(1)
  assert.equal(pool.retryAfter(), 3, 'two good checks bring it up')
  pool.health('a:80', 'down')
  assert.equal(pool.retryAfter(), 1, 'nobody knows')
  pool.close()
})

test('Retry-After is whole seconds whatever fraction of a millisecond the clock stands at', () => {
  const { pool, clock, checks } = poolBed({
    upstreams: urls(1),
    health: { interval: 500, downInterval: 500, edgeInterval: 500, rise: 2, jitter: 0 },
  })
  checks.set('a:80', 0)
  pool.start()
  // Past 4096 a double has a bit less for the fraction.
  clock.advance(3500.7)
  const said = new Set<number>()
  for (let i = 0; i < 500; i++) {
    clock.advance(0.123)
    said.add(pool.retryAfter())
  }

  assert.deepEqual([...said], [1])
  pool.close()
})

test('a listener that throws breaks no exchange, and is told of', () => {
  const { pool, take } = poolBed({ upstreams: urls(1) })
  const thrown: string[] = []
  pool.events.on('picked', () => {
    throw new Error('from a listener')
  })
  pool.events.on('thrown', ({ event, error }) => thrown.push(`${event}: ${(error as Error).message}`))

  take().release()

  assert.equal(pool.active, 0)
  assert.deepEqual(thrown, ['picked: from a listener'])
})

test('whatever becomes of exchanges, in whatever order, no place is lost', () => {
  const random = seededRandom(2026)
  const { pool, clock } = poolBed(
    {
      upstreams: urls(5),
      maxRequests: 3,
      queue: { size: 20, timeout: 500 },
      breaker: { failures: 3, open: 200 },
      outlier: { consecutive5xx: 4, baseEjection: 300, interval: 1000 },
    },
    random,
  )
  const open: Lease[] = []
  let waiting = 0
  const codes: (ErrorCode | undefined)[] = ['SP_UPSTREAM_RESET', 'SP_CONNECT_REFUSED', undefined, undefined, undefined]
  const leaves: (() => void)[] = []

  for (let i = 0; i < 20_000; i++) {
    const step = random()
    if (step < 0.4) {
      const tried = random() < 0.2 ? pool.upstreams.slice(0, 1) : []
      const ask = { exchange: undefined, tried }
      const lease = pool.pick(ask)
      if (lease !== undefined) open.push(lease)
      else {
        let over = false
        const leave = pool.wait(ask, (late) => {
          assert.ok(!over, 'called back twice')
          over = true
          waiting--
          if (late !== undefined) open.push(late)
        })
        if (leave !== undefined) {
          waiting++
          leaves.push(() => {
            if (!over) waiting--
            over = true
            leave()
          })
        }
      }
    } else if (step < 0.8) {
      const lease = open.splice(Math.floor(random() * open.length), 1)[0]
      if (lease !== undefined && random() < 0.6) lease.answered(random() < 0.2 ? 503 : 200)
      lease?.release(codes[Math.floor(random() * codes.length)])
      if (random() < 0.1) lease?.release()
    } else if (step < 0.85) {
      leaves.splice(Math.floor(random() * leaves.length), 1)[0]?.()
    } else if (step < 0.86) {
      const id = idOf(pool, Math.floor(random() * pool.list().length))
      if (random() < 0.5) pool.drain(id)
      else pool.ready(id)
    } else clock.advance(random() * 50)
    const actives = pool.list().reduce((sum, { active }) => sum + active, 0)
    assert.equal(pool.active, open.length)
    assert.equal(actives, open.length)
  }
  for (const { id } of pool.list()) pool.ready(id)
  for (let lease = open.pop(); lease !== undefined; lease = open.pop()) lease.release()
  clock.advance(600)
  for (let lease = open.pop(); lease !== undefined; lease = open.pop()) lease.release()
  pool.close()

  assert.equal(waiting, 0)
  assert.equal(pool.active, 0)
  assert.deepEqual(
    pool.list().map(({ active }) => active),
    [0, 0, 0, 0, 0],
  )
  assert.equal(clock.pending, 0)
})
