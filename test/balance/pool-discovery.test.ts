import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UpstreamOptions } from '../../src/balance/options.ts'
import type { PoolOptions } from '../../src/balance/pool-options.ts'
import { until } from '../support/until.ts'
import { counted, poolBed } from './pool-bed.ts'

type List = readonly (string | UpstreamOptions)[]

/** A pool that asks a function of the test's own, once a second. */
function finding(t: import('node:test').TestContext, first: List, options: PoolOptions = {}) {
  let list = first
  let asked = 0
  const bed = poolBed({
    discover: {
      poll: () => {
        asked++
        return list
      },
      interval: 1000,
    },
    policy: 'round-robin',
    ...options,
  })
  t.after(() => bed.pool.close())
  /** Waits for an answer of the function to have been heard. */
  const heard = async (): Promise<void> => {
    const before = asked
    bed.clock.advance(1100)
    await until(() => asked > before, 'asked')
    await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    ...bed,
    async begin() {
      bed.pool.start()
      await until(() => asked > 0, 'asked')
      await new Promise((resolve) => setImmediate(resolve))
    },
    async find(next: List) {
      list = next
      await heard()
    },
  }
}

test('what is found joins, what is no longer found leaves, and those that stay keep all that is known of them', async (t) => {
  const { pool, begin, find, news, take, forgotten, names } = finding(t, ['http://a', 'http://b'])
  await begin()
  assert.deepEqual(news(), ['added a:80', 'added b:80'])
  assert.deepEqual(counted(names(100)), { 'a:80': 50, 'b:80': 50 }, 'the first list has its whole share')
  const [a] = pool.upstreams
  const lease = take(pool.upstreams.slice(1))

  await find([{ url: 'http://a', weight: 4 }, 'http://c'])

  assert.deepEqual(news(), ['removed b:80', 'drained b:80', 'added c:80', 'weight a:80 4'])
  assert.deepEqual(forgotten, ['b:80'])
  assert.equal(pool.upstreams[0], a)
  const { picks, active, weight } = pool.list()[0] as ReturnType<typeof pool.list>[number]
  assert.deepEqual({ picks, active, weight }, { picks: 51, active: 1, weight: 4 })
  assert.ok((counted(names(1000))['c:80'] as number) < 60, 'one that came later starts slowly')
  lease.release()
})

test('what the operator said stays while discovery says the same of it as before', async (t) => {
  const { pool, begin, find } = finding(t, ['http://a', { url: 'http://b', weight: 2 }])
  await begin()
  pool.weight('a:80', 7)
  pool.weight('b:80', 7)
  pool.drain('a:80')

  await find(['http://a', { url: 'http://b', weight: 3 }, 'http://c'])

  assert.deepEqual(
    pool.list().map(({ id, weight, state }) => `${id} ${weight} ${state}`),
    ['a:80 7 drain', 'b:80 3 ready', 'c:80 1 ready'],
  )
})

test('an upstream that is spoken to in another way is another one', async (t) => {
  const { pool, begin, find, news } = finding(t, ['https://a'])
  await begin()
  const [before] = pool.upstreams
  news()

  await find([{ url: 'https://a', http2: true }])

  assert.deepEqual(news(), ['removed a:443', 'drained a:443', 'added a:443'])
  assert.notEqual(pool.upstreams[0], before)
  assert.equal(pool.upstreams[0]?.http2, true)
})

test('an empty list keeps the last good one and says so, once; so does one that cannot be', async (t) => {
  const { pool, begin, find, news, names } = finding(t, ['http://a'])
  await begin()
  news()

  await find([])
  await find([])
  assert.deepEqual(news(), ['discovery the list of upstreams is empty; the last good one stays'])
  await find(['http://a'])
  assert.deepEqual(news(), ['discovery works'])
  await find(['http://a', { url: 'https://b', tls: { cert: 'x' } }])

  const [problem] = news()
  assert.match(problem as string, /discover\[1\]\.tls\.key/)
  assert.deepEqual(names(1), ['a:80'])
  assert.equal(pool.list().length, 1)
})

test('upstreams of the options and of the operator are left alone', async (t) => {
  const { pool, begin, find, news } = finding(t, ['http://a', 'http://b'], { upstreams: ['http://a'] })
  pool.add('http://z')
  await begin()

  await find(['http://c'])

  assert.deepEqual(
    pool.list().map(({ id, source }) => `${id} ${source}`),
    ['a:80 options', 'z:80 api', 'c:80 discovery'],
  )
  assert.deepEqual(news(), ['added z:80', 'added b:80', 'removed b:80', 'drained b:80', 'added c:80'])
})

test('a closed pool asks no more and keeps no timer', async (t) => {
  const { pool, begin, clock } = finding(t, ['http://a'], { health: '/' })
  await begin()

  pool.close()

  assert.equal(clock.pending, 0)
})

test('the start waits for the first word of discovery, good or bad, but not for ever and not past a close', async () => {
  const words: readonly [string, () => Promise<List>][] = [
    ['a list', async () => ['http://a']],
    ['a failure', () => Promise.reject(new Error('no'))],
  ]
  for (const [what, poll] of words) {
    const { pool } = poolBed({ discover: { poll } })
    await pool.start()
    assert.equal(pool.upstreams.length, what === 'a list' ? 1 : 0, what)
    pool.close()
  }
  const silent = () => poolBed({ discover: { poll: () => new Promise<List>(() => {}), timeout: '1h', interval: '1h' } })

  const slow = silent()
  const started = slow.pool.start()
  slow.clock.advance(5000)
  await started
  slow.pool.close()
  const closed = silent()
  const begun = closed.pool.start()
  closed.pool.close()
  await begun
})
