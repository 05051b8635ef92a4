import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Member } from '../../src/balance/member.ts'
import { answer, fault, watchedPool } from './watched-pool.ts'

type Three = [Member, Member, Member]

test('its time up, a member comes back, and counts from nothing', () => {
  const { members, give, news, wait, outlier } = watchedPool(3)
  const [a] = members as Three
  give(a, 5, answer(500))
  news()

  wait(29_999)
  assert.equal(a.ejected, true)
  wait(1)

  assert.deepEqual(news(), ['a back'])
  assert.equal(a.ejected, false)
  assert.equal(outlier.reason(a), undefined)
  give(a, 4, answer(500))
  assert.deepEqual(news(), [])
})

test('each ejection lasts longer by the first, up to the longest', () => {
  const { members, give, news, wait } = watchedPool(3, { interval: '1h', maxEjection: '100s' })
  const lasts: string[] = []

  for (let i = 0; i < 5; i++) {
    give(members[0] as Member, 5, answer(500))
    lasts.push(...news())
    wait(100_000)
    news()
  }

  assert.deepEqual(
    lasts,
    [30, 60, 90, 100, 100].map((s) => `a out consecutive_5xx ${s}000`),
  )
})

test('each healthy interval takes one ejection off', () => {
  const { members, give, news, wait } = watchedPool(3)
  const [a] = members as Three
  const eject = (): string[] => {
    news()
    give(a, 5, answer(500))
    return news()
  }
  eject()
  wait(30_000)
  assert.deepEqual(eject(), ['a out consecutive_5xx 60000'], 'at once')
  wait(60_000)
  assert.deepEqual(eject(), ['a out consecutive_5xx 90000'], 'at once again')
  wait(90_000)

  wait(20_000)
  assert.deepEqual(eject(), ['a out consecutive_5xx 60000'], 'after two healthy intervals')
  wait(60_000)
  wait(30_000)
  assert.deepEqual(eject(), ['a out consecutive_5xx 30000'], 'after many')
})

test('intervals without any traffic count as healthy ones', () => {
  const { members, outlier, news, give, now } = watchedPool(3)
  const [a] = members as Three
  give(a, 5, answer(500))
  outlier.tick(30_000, members)
  outlier.tick(45_000, members)

  outlier.tick(200_000, members)
  news()
  for (let i = 0; i < 5; i++) outlier.record(a, answer(500), 200_000)

  assert.equal(now(), 0)
  assert.deepEqual(news(), ['a out consecutive_5xx 30000'])
})

test('jitter is added at random', () => {
  const { members, give, news } = watchedPool(3, { ejectionJitter: '10s' }, () => 0.25)

  give(members[0] as Member, 5, answer(500))

  assert.deepEqual(news(), ['a out consecutive_5xx 32500'])
})

for (const [count, maxEjected, out] of [
  [1, 100, 0],
  [2, 50, 1],
  [2, 10, 1],
  [3, 50, 1],
  [3, 100, 2],
  [4, 50, 2],
  [10, 10, 1],
  [10, 25, 2],
  [10, 50, 5],
  [10, 100, 9],
] as const) {
  test(`of ${count} members that all fail, with ${maxEjected} % allowed, ${out} are ejected`, () => {
    const { members, give } = watchedPool(count, { maxEjected })

    for (let i = 0; i < 3; i++) for (const member of members) give(member, 5, answer(503))

    assert.equal(members.filter(({ ejected }) => ejected).length, out)
  })
}

test('who was spared for want of room needs another whole row', () => {
  const { members, give, news, wait } = watchedPool(3)
  const [a, b] = members as Three
  give(a, 5, answer(500))
  give(b, 5, answer(500))
  wait(30_000)
  news()

  give(b, 4, answer(500))
  assert.deepEqual(news(), [])
  give(b, 1, answer(500))

  assert.deepEqual(news(), ['b out consecutive_5xx 30000'])
})

test('the last one that is well stays, whatever it does', () => {
  const { members, give, news } = watchedPool(3)
  const [a, b, c] = members as Three
  b.check = 'down'
  c.state = 'drain'

  give(a, 50, answer(500))

  assert.deepEqual(news(), [])
})

test('who is out for another reason is not ejected, and takes nobody else’s place', () => {
  const { members, give, news } = watchedPool(3)
  const [a, b] = members as Three

  for (const out of [{ check: 'down' }, { state: 'drain' }, { state: 'maintenance' }, { forced: 'up' }] as const) {
    Object.assign(a, { check: 'up', state: 'ready', forced: 'auto' }, out)
    give(a, 50, answer(500))
  }
  assert.deepEqual(news(), [])

  give(b, 5, answer(500))
  assert.deepEqual(news(), ['b out consecutive_5xx 30000'])
})

test('who is ejected is not ejected again by what was under way, or by panic', () => {
  const { members, give, news, wait } = watchedPool(3)
  const [a] = members as Three
  give(a, 5, answer(500))
  news()

  give(a, 500, answer(500))
  wait(10_000)
  give(a, 500, fault('SP_CONNECT_REFUSED'))

  assert.deepEqual(news(), [])
})
