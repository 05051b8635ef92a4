import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anyone, poolBed, urls } from './pool-bed.ts'

test('who cannot be reached is checked at once: it is down without delay, and back with its checks, not with its ejection', () => {
  const { pool, clock, checks, news, take } = poolBed({
    upstreams: urls(3),
    health: { jitter: 0, fall: 1 },
    policy: 'round-robin',
  })
  pool.start()
  clock.advance(1)
  checks.set('a:80', 0)
  news()

  while (pool.list()[0]?.health === 'up') {
    const lease = take()
    lease.release(lease.upstream.name === 'a:80' ? 'SP_CONNECT_REFUSED' : undefined)
  }
  const out = news()
  checks.set('a:80', 200)
  clock.advance(2000)

  assert.deepEqual(out, ['ejected a:80 consecutive_local', 'down a:80'])
  assert.deepEqual(
    news(),
    ['returned a:80', 'up a:80'].sort((a, b) => b.localeCompare(a)),
  )
  assert.equal(pool.list()[0]?.health, 'up')
})

test('when none can be reached, all are soon known to be down', () => {
  const { pool, clock, checks } = poolBed({ upstreams: urls(3), health: { jitter: 0, fall: 1 }, policy: 'round-robin' })
  pool.start()
  clock.advance(1)
  for (const name of ['a:80', 'b:80', 'c:80']) checks.set(name, 0)

  let picks = 0
  for (; picks < 100; picks++) {
    const lease = pool.pick(anyone)
    if (lease === undefined) break
    lease.release('SP_CONNECT_REFUSED')
  }

  assert.ok(picks <= 20, `${picks} picks`)
  assert.ok(pool.list().every(({ health }) => health === 'down' || health === 'ejected'))
})
