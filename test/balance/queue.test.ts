import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Queue } from '../../src/balance/queue.ts'
import type { Ask, Lease, Upstream } from '../../src/contract/pool.ts'
import { upstreamWith } from '../http/exchange-with.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { anyone, poolBed, urls } from './pool-bed.ts'

const a = upstreamWith({ name: 'a' })

function bed(size = 10, timeout = 1000) {
  const clock = fakeClock()
  const queue = new Queue({ size, timeout }, clock)
  const served: string[] = []
  let free = 0
  const lease = { upstream: a, answered() {}, release() {} } satisfies Lease
  return {
    clock,
    queue,
    served,
    join: (name: string, tried: readonly Upstream[] = []) =>
      queue.join({ exchange: undefined, tried }, (given) => served.push(given === undefined ? `${name} late` : name)),
    /** So many places come free at `a`. */
    free(places: number) {
      free += places
      queue.serve(({ tried }: Ask) => (free > 0 && !tried.includes(a) && free-- > 0 ? lease : undefined))
    },
  }
}

test('first come, first served, one for each place', () => {
  const { queue, served, join, free } = bed()
  for (const name of ['x', 'y', 'z']) join(name)

  free(2)
  assert.deepEqual(served, ['x', 'y'])
  join('w')
  free(2)

  assert.deepEqual(served, ['x', 'y', 'z', 'w'])
  assert.equal(queue.size, 0)
})

test('each waits for the same time at most, and is told so in order', () => {
  const { clock, queue, served, join } = bed()
  join('x')
  clock.advance(400)
  join('y')

  clock.advance(599)
  assert.deepEqual(served, [])
  clock.advance(1)
  assert.deepEqual(served, ['x late'])
  clock.advance(400)

  assert.deepEqual(served, ['x late', 'y late'])
  assert.equal(queue.size, 0)
  assert.equal(clock.pending, 0)
})

test('a full queue takes nobody', () => {
  const { served, join } = bed(1)

  assert.notEqual(join('x'), undefined)
  assert.equal(join('y'), undefined)

  assert.deepEqual(served, [])
})

test('who leaves is not served, and makes room', () => {
  const { clock, served, join, free } = bed(2)
  const leave = join('x')
  join('y')

  leave?.()
  leave?.()
  join('z')
  free(3)
  leave?.()

  assert.deepEqual(served, ['y', 'z'])
  assert.equal(clock.pending, 0)
})

test('one that has tried the upstream with the free place lets those behind go first', () => {
  const { served, join, free } = bed()
  join('x', [a])
  join('y')
  join('z')

  free(1)

  assert.deepEqual(served, ['y'])
})

test('closing tells everyone that waits', () => {
  const { clock, queue, served, join } = bed()
  join('x')
  join('y')

  queue.close()

  assert.deepEqual(served, ['x late', 'y late'])
  assert.equal(clock.pending, 0)
})

test('those that give their place back in the same turn do not pile up on the stack', () => {
  const { pool, take } = poolBed({ upstreams: urls(1), maxRequests: 1, queue: { size: 20_000 }, outlier: false })
  const lease = take()
  let served = 0
  for (let i = 0; i < 20_000; i++) {
    pool.wait(anyone, (late) => {
      served++
      late?.release()
    })
  }

  lease.release()

  assert.equal(served, 20_000)
  assert.equal(pool.active, 0)
  pool.close()
})

test('serving one costs the same however many wait', () => {
  const count = 100_000
  const { queue, join, free } = bed(count)
  for (let i = 0; i < count; i++) join('')

  const began = performance.now()
  for (let i = 0; i < count; i++) {
    free(1)
    if (i < count / 2) join('')
  }

  assert.equal(queue.size, count / 2)
  // A step for each that waits would be some ten thousand million steps, and most of a minute. This takes some 50 ms.
  assert.ok(performance.now() - began < 5000)
})

test('in a pool: waits while all are full, and gets the first place that comes free', () => {
  const { pool, take, news } = poolBed({ upstreams: urls(2), maxRequests: 1, queue: { size: 1 } })
  const [first] = [take(), take()]
  const got: (string | undefined)[] = []
  const wait = () => pool.wait(anyone, (late) => got.push(late?.upstream.name))

  assert.notEqual(wait(), undefined)
  assert.equal(wait(), undefined)
  first?.release()

  assert.deepEqual(got, [first?.upstream.name])
  assert.deepEqual(news(), ['refused queue full'])
  pool.close()
})

test('in a pool: nobody waits where nobody would serve him', () => {
  const { pool, take, news } = poolBed({ upstreams: urls(2), maxRequests: 1, queue: true, breaker: { failures: 1 } })
  const none = (): void => assert.fail('called back')

  assert.equal(pool.wait({ exchange: undefined, tried: pool.upstreams }, none), undefined)
  take(pool.upstreams.slice(1)).release('SP_UPSTREAM_RESET')
  pool.drain('b:80')
  assert.equal(pool.wait(anyone, none), undefined)
  pool.close()
  pool.ready('b:80')

  assert.equal(pool.wait(anyone, none), undefined)
  assert.deepEqual(
    news().filter((line) => line.startsWith('refused')),
    ['refused none ready', 'refused none ready', 'refused none ready'],
  )
})

test('in a pool: those that wait are served by a recovery, an ejection that ends, a breaker that lets a probe through', () => {
  const options = { upstreams: urls(2), maxRequests: 1, queue: { size: 9, timeout: '60s' } }
  const cases = [
    {
      bed: poolBed({ ...options, outlier: { consecutive5xx: 1, baseEjection: 3000, ejectionJitter: 0 } }),
      after: 3000,
    },
    { bed: poolBed({ ...options, outlier: false, breaker: { failures: 1, open: 3000 } }), after: 3000 },
    { bed: poolBed(options), after: 0 },
  ]
  for (const { bed, after } of cases) {
    const { pool, take, clock } = bed
    const tried = pool.upstreams.slice(1)
    const got: (string | undefined)[] = []
    if (after === 0) pool.drain('a:80')
    else take(tried).release('SP_UPSTREAM_RESET')
    take(pool.upstreams.slice(0, 1))
    pool.wait(anyone, (late) => got.push(late?.upstream.name))

    clock.advance(2999)
    assert.deepEqual(got, [])
    if (after === 0) pool.ready('a:80')
    clock.advance(2)

    assert.deepEqual(got, ['a:80'])
    pool.close()
    assert.equal(clock.pending, 0)
  }
})

test('in a pool: closing answers those that wait and leaves no timer', () => {
  const { pool, take, clock } = poolBed({ upstreams: urls(2), maxRequests: 1, queue: true, breaker: { failures: 1 } })
  take(pool.upstreams.slice(1)).release('SP_UPSTREAM_RESET')
  const lease = take()
  const got: unknown[] = []
  pool.wait(anyone, (late) => got.push(late))

  pool.close()

  assert.deepEqual(got, [undefined])
  assert.equal(clock.pending, 0)
  lease.release()
  assert.equal(pool.active, 0)
})
