import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OptionError } from '../../src/contract/options.ts'
import { anyone, counted, poolBed, urls } from './pool-bed.ts'

test('a drained upstream gets nothing more; drained is told once, when the last exchange is over', () => {
  const { pool, take, names, news, forgotten } = poolBed({ upstreams: urls(2) })
  const lease = take(pool.upstreams.slice(1))

  pool.drain('a:80')
  pool.drain('a:80')
  assert.deepEqual(news(), ['drain a:80'])
  assert.deepEqual(counted(names(20)), { 'b:80': 20 })
  lease.answered(200)
  lease.release()
  pool.maintenance('a:80')

  assert.deepEqual(news(), ['drained a:80', 'maintenance a:80'])
  assert.deepEqual(forgotten, [])
  pool.remove('a:80')
  assert.deepEqual(news(), ['removed a:80'])
  assert.deepEqual(forgotten, ['a:80'])
})

test('one that is idle has drained at once; ready ends it, and it can drain again', () => {
  const { pool, news } = poolBed({ upstreams: urls(2) })

  pool.drain('b:80')
  pool.ready('b:80')
  pool.ready('b:80')
  pool.drain('b:80')

  assert.deepEqual(news(), ['drain b:80', 'drained b:80', 'ready b:80', 'drain b:80', 'drained b:80'])
})

test('what a removed upstream has in flight ends in peace; then, and not before, its connections close', () => {
  const { pool, take, news, forgotten } = poolBed({ upstreams: urls(2) })
  const tried = pool.upstreams.slice(1)
  const [first, second] = [take(tried), take(tried)]
  first?.answered(101)

  pool.remove('a:80')
  second?.answered(200)
  second?.release()
  assert.deepEqual(forgotten, [])
  assert.deepEqual(news(), ['removed a:80'])
  first?.release()

  assert.deepEqual(forgotten, ['a:80'])
  assert.deepEqual(news(), ['drained a:80'])
  assert.equal(pool.upstreams.length, 1)
})

test('a listener of the end that removes the upstream is told of one drain', () => {
  const { pool, take, news } = poolBed({ upstreams: urls(2) })
  pool.events.on('ended', () => pool.remove('a:80'))

  take(pool.upstreams.slice(1)).release()

  assert.deepEqual(news(), ['removed a:80', 'drained a:80'])
})

test('an upstream that is added again is another one: nothing of the old is left', () => {
  const { pool, take, news } = poolBed({ upstreams: urls(2) })
  const old = take(pool.upstreams.slice(1))
  pool.weight('a:80', 5)
  pool.remove('a:80')

  assert.equal(pool.add('http://a'), 'a:80')
  old.release('SP_UPSTREAM_RESET')

  const { weight, active, failures, source } = pool.list()[1] as ReturnType<typeof pool.list>[number]
  assert.deepEqual({ weight, active, failures, source }, { weight: 1, active: 0, failures: 0, source: 'api' })
  assert.deepEqual(news(), ['weight a:80 5', 'removed a:80', 'added a:80', 'drained a:80'])
})

test('the last one can be removed: then nobody is ready, until one is added', () => {
  const { pool, names } = poolBed({ upstreams: urls(1) })

  pool.remove('a:80')
  assert.equal(pool.pick(anyone), undefined)
  pool.add({ url: 'http://z', weight: 2 })

  assert.deepEqual(names(1), ['z:80'])
})

test('a wrong call says what is wrong and changes nothing', () => {
  const { pool, news } = poolBed({ upstreams: urls(2) })
  const calls: readonly [call: () => void, option: string, right: RegExp][] = [
    [() => pool.remove('c:80'), 'upstream', /there are a:80, b:80/],
    [() => pool.drain('http://a'), 'upstream', /a:80/],
    [() => pool.weight('a:80', 0), 'weight', /above 0/],
    [() => pool.weight('a:80', Number.NaN), 'weight', /above 0/],
    [() => pool.health('a:80', 'well' as 'up'), 'health', /'auto', 'up', 'down'/],
    [() => pool.add('http://a/'), 'upstream.url', /already/],
    [() => pool.add('a'), 'upstream.url', /http or https/],
    [() => pool.add({ url: 'http://c', weight: -1 }), 'upstream.weight', /above 0/],
  ]

  for (const [call, option, right] of calls) {
    assert.throws(call, (error) => {
      assert.ok(error instanceof OptionError)
      assert.equal(error.option, option)
      assert.match(error.message, right)
      return true
    })
  }

  assert.deepEqual(news(), [])
  assert.equal(pool.list().length, 2)
})

test('weights are shares of the traffic, at once', () => {
  const { pool, names, news } = poolBed({ upstreams: urls(2), policy: 'round-robin' })

  pool.weight('b:80', 3)
  pool.weight('b:80', 3)

  assert.deepEqual(counted(names(400)), { 'a:80': 100, 'b:80': 300 })
  assert.deepEqual(news(), ['weight b:80 3'])
})

test('the operator says what health is, over checks and ejections', () => {
  const { pool, take, names, news } = poolBed({ upstreams: urls(2), outlier: { consecutive5xx: 1 }, slowStart: false })

  take(pool.upstreams.slice(1)).release('SP_UPSTREAM_RESET')
  assert.deepEqual(counted(names(10)), { 'b:80': 10 })
  pool.health('a:80', 'up')
  pool.health('a:80', 'up')
  assert.equal(counted(names(100))['a:80'] !== undefined, true)
  pool.health('b:80', 'down')
  assert.deepEqual(counted(names(10)), { 'a:80': 10 })
  pool.health('a:80', 'auto')

  assert.deepEqual(news(), ['ejected a:80 consecutive_5xx', 'up a:80', 'down b:80', 'down a:80'])
  assert.equal(pool.list()[0]?.health, 'ejected')
  assert.equal(pool.list()[1]?.reason, 'set by the operator')
})

test('what checks say while the operator says otherwise is no news, and counts once he says nothing', () => {
  const { pool, clock, checks, news, names } = poolBed({ upstreams: urls(2), health: { jitter: 0 }, slowStart: false })
  pool.start()
  clock.advance(1)
  pool.health('a:80', 'up')
  news()

  checks.set('a:80', 0)
  clock.advance(20_000)
  assert.deepEqual(news(), [])
  assert.ok((counted(names(100))['a:80'] as number) > 0)
  pool.health('a:80', 'auto')

  assert.deepEqual(news(), ['down a:80'])
  assert.deepEqual(counted(names(10)), { 'b:80': 10 })
  pool.close()
})

test('checks decide: down takes it out, up brings it back, once a change; maintenance checks nothing', () => {
  const bed = poolBed({ upstreams: urls(2), health: { interval: 1000, fall: 2, rise: 1, jitter: 0 } })
  const { pool, clock, checks, news, names } = bed

  pool.start()
  clock.advance(5000)
  assert.deepEqual(news(), ['up a:80', 'up b:80'])
  checks.set('a:80', 500)
  clock.advance(5000)
  assert.deepEqual(news(), ['down a:80'])
  assert.deepEqual(counted(names(10)), { 'b:80': 10 })
  pool.maintenance('a:80')
  checks.set('a:80', 200)
  clock.advance(5000)
  assert.deepEqual(news(), ['maintenance a:80', 'drained a:80'])
  assert.equal(pool.list()[0]?.health, 'unknown')
  pool.ready('a:80')
  clock.advance(1)

  assert.deepEqual(news(), ['ready a:80', 'up a:80'])
  pool.close()
  assert.equal(clock.pending, 0)
})

test('when checks say of all that they are down, nobody serves; with the first good one it does', () => {
  const { pool, clock, checks, names, news } = poolBed({ upstreams: urls(2), health: { rise: 1, jitter: 0 } })
  for (const name of ['a:80', 'b:80']) checks.set(name, 503)

  pool.start()
  clock.advance(1)
  assert.equal(pool.pick(anyone), undefined)
  assert.equal(pool.has(anyone), false)
  checks.set('b:80', 200)
  clock.advance(1000)

  assert.deepEqual(counted(names(10)), { 'b:80': 10 })
  assert.ok(news().includes('up b:80'))
  pool.close()
})

/** Picks of the last upstream of `count`, in a thousand. */
function shareOfLast(bed: ReturnType<typeof poolBed>, name: string): number {
  return (counted(bed.names(1000))[name] ?? 0) / 1000
}

const halfMinute = { upstreams: urls(2), policy: 'round-robin', slowStart: '30s' } as const

test('slow start: not at the start, but on add and on ready, and it ends', () => {
  const bed = poolBed(halfMinute)
  const { pool, clock } = bed

  assert.equal(shareOfLast(bed, 'b:80'), 0.5)
  pool.add('http://c')
  assert.ok(shareOfLast(bed, 'c:80') < 0.06)
  clock.advance(15_000)
  assert.ok(Math.abs(shareOfLast(bed, 'c:80') - 0.2) < 0.01)
  clock.advance(15_000)
  assert.ok(Math.abs(shareOfLast(bed, 'c:80') - 1 / 3) < 0.01)
  pool.drain('b:80')
  pool.ready('b:80')

  assert.ok(shareOfLast(bed, 'b:80') < 0.06)
})

test('slow start: the report says what part of its weight an upstream has', () => {
  const { pool, clock } = poolBed({ upstreams: ['http://a'], slowStart: '30s' })

  pool.add({ url: 'http://b', weight: 4 })

  clock.advance(15_000)
  assert.deepEqual(
    pool.list().map(({ weight, share }) => [weight, share]),
    [
      [1, 1],
      [4, 0.5],
    ],
  )
})

test('slow start: on recovery by a check, not with its first answer', () => {
  const bed = poolBed({ ...halfMinute, health: { rise: 1, jitter: 0 } })
  const { pool, clock, checks } = bed
  pool.start()

  clock.advance(1)
  assert.equal(shareOfLast(bed, 'b:80'), 0.5)
  checks.set('b:80', 0)
  clock.advance(6000 * 3)
  assert.equal(shareOfLast(bed, 'b:80'), 0)
  checks.set('b:80', 200)
  clock.advance(1000)

  const share = shareOfLast(bed, 'b:80')
  assert.ok(share > 0.05 && share < 0.12, String(share))
  pool.close()
})

test('slow start: when an ejection ends', () => {
  const bed = poolBed({ ...halfMinute, outlier: { consecutive5xx: 1, baseEjection: 5000, ejectionJitter: 0 } })
  const { pool, take, clock, news } = bed

  take(pool.upstreams.slice(0, 1)).release('SP_UPSTREAM_RESET')
  assert.equal(shareOfLast(bed, 'b:80'), 0)
  clock.advance(5000)

  const share = shareOfLast(bed, 'b:80')
  assert.ok(share > 0.05 && share < 0.12, String(share))
  assert.deepEqual(news(), ['ejected b:80 consecutive_5xx', 'returned b:80'])
})
