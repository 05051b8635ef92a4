import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Member } from '../../src/balance/member.ts'
import { memberWith } from './policy/members.ts'
import { answer, fault, off, watchedPool } from './watched-pool.ts'

type Three = [Member, Member, Member]

test('five failures in a row eject for 30 seconds, four do not', () => {
  const { members, give, news, outlier } = watchedPool(3)
  const [a] = members as Three

  give(a, 4, answer(500))
  assert.deepEqual(news(), [])
  give(a, 1, answer(500))

  assert.deepEqual(news(), ['a out consecutive_5xx 30000'])
  assert.equal(a.ejected, true)
  assert.equal(a.healthy, false)
  assert.equal(outlier.reason(a), 'consecutive_5xx')
})

test('every kind of failure counts for consecutive5xx; a good answer begins the row anew', () => {
  const { members, give, news } = watchedPool(3)
  const [a, b] = members as Three

  give(a, 4, answer(503))
  give(a, 1, answer(404))
  give(a, 4, answer(500))
  assert.deepEqual(news(), [])

  give(b, 2, fault('SP_UPSTREAM_RESET'))
  give(b, 2, answer(500))
  give(b, 1, fault('SP_UPSTREAM_PROTOCOL'))
  assert.deepEqual(news(), ['b out consecutive_5xx 30000'])
})

test('five connect failures in a row are called what they are', () => {
  const { members, give, news } = watchedPool(3)

  give(members[0] as Member, 5, fault('SP_CONNECT_REFUSED'))

  assert.deepEqual(news(), ['a out consecutive_local 30000'])
})

test('an answer, whatever its status, ends a row of local failures', () => {
  const { members, give, news } = watchedPool(3, { ...off, consecutiveLocal: 3 })
  const [a] = members as Three

  give(a, 2, fault('SP_UPSTREAM_TIMEOUT'))
  give(a, 1, answer(500))
  give(a, 2, fault('SP_CONNECT_TIMEOUT'))
  assert.deepEqual(news(), [])
  give(a, 1, fault('SP_UPSTREAM_INCOMPLETE', 200))

  assert.deepEqual(news(), ['a out consecutive_local 30000'])
})

test('gateway failures in a row eject where that is on; a 500 between them begins the row anew', () => {
  const { members, give, news } = watchedPool(3, { ...off, consecutiveGateway: 3 })
  const [a] = members as Three

  give(a, 2, answer(503))
  give(a, 1, answer(500))
  give(a, 1, answer(502))
  give(a, 1, fault('SP_CONNECT_REFUSED'))
  assert.deepEqual(news(), [])
  give(a, 1, answer(504))

  assert.deepEqual(news(), ['a out consecutive_gateway 30000'])
})

test('with all triggers off nothing ejects', () => {
  const { members, give, news, wait } = watchedPool(6, off)

  for (const member of members) give(member, 200, answer(200))
  give(members[0] as Member, 1000, fault('SP_CONNECT_REFUSED'))
  give(members[0] as Member, 1000, answer(503, 60_000))
  wait(60_000)

  assert.deepEqual(news(), [])
})

test('clients that leave and faults of their requests never count', () => {
  const { members, give, news } = watchedPool(3)

  give(members[0] as Member, 100, fault('SP_CLIENT_GONE'))
  give(members[0] as Member, 100, fault('SP_BODY_TOO_LARGE', 503))
  give(members[0] as Member, 100, { status: 0, error: undefined, latency: -1 })

  assert.deepEqual(news(), [])
})

test('at the end of an interval the one whose success rate stands out is ejected', () => {
  const { members, give, news, wait } = watchedPool(5, { ...off, successRate: {} })
  for (const member of members.slice(0, 4)) give(member, 100, answer(200))
  for (let i = 0; i < 50; i++) {
    give(members[4] as Member, 1, answer(500))
    give(members[4] as Member, 1, answer(200))
  }

  assert.deepEqual(news(), [])
  wait(10_000)

  assert.deepEqual(news(), ['e out success_rate 30000'])
})

test('an interval begins with nothing', () => {
  const { members, give, news, wait } = watchedPool(5, { ...off, successRate: {} })
  const half = (): void => {
    for (const member of members.slice(0, 4)) give(member, 60, answer(200))
    give(members[4] as Member, 60, answer(500))
  }

  half()
  wait(10_000)
  half()
  wait(10_000)

  assert.deepEqual(news(), [])
})

test('at the end of an interval the one that fails most of the time is ejected', () => {
  const { members, give, news, wait } = watchedPool(5, { ...off, failurePercentage: {} })
  for (const member of members) give(member, 8, answer(200))
  for (const member of members.slice(1)) give(member, 42, answer(200))
  give(members[0] as Member, 46, answer(500))

  wait(10_000)

  assert.deepEqual(news(), ['a out failure_percentage 30000'])
})

test('one of three that fails every other time is ejected within the interval', () => {
  const { members, give, news } = watchedPool(3)
  const [a, b, c] = members as Three
  let failures = 0

  while (news().length === 0 && failures < 100) {
    give(b, 2, answer(200))
    give(c, 2, answer(200))
    give(a, 1, answer(200))
    give(a, 1, answer(503))
    failures++
  }

  assert.equal(a.ejected, true)
  assert.equal(failures, 15)
})

test('what one did that is ejected does not excuse the next one', () => {
  const { members, give, news } = watchedPool(4, { ...off, failureGap: {} })
  const [a, b, c, d] = members as [...Three, Member]
  for (const member of [c, d]) give(member, 20, answer(200))
  give(a, 30, answer(500))
  assert.deepEqual(news(), ['a out failure_gap 30000'])

  give(b, 15, answer(200))
  give(b, 15, answer(500))

  assert.deepEqual(news(), ['b out failure_gap 30000'])
})

test('what the others did in the interval before does not excuse one now', () => {
  const { members, give, news, wait } = watchedPool(3, { ...off, failureGap: {} })
  const [a, b, c] = members as Three
  for (const member of members) {
    for (let i = 0; i < 100; i++) give(member, 1, answer(i % 2 === 0 ? 200 : 503))
  }
  wait(10_000)
  for (const member of [b, c]) give(member, 15, answer(200))

  for (let i = 0; i < 30; i++) give(a, 1, answer(i % 2 === 0 ? 200 : 503))

  assert.deepEqual(news(), ['a out failure_gap 30000'])
})

test('when all fail as often, nobody is ejected for it', () => {
  const { members, give, news, wait } = watchedPool(3)

  for (let i = 0; i < 200; i++) {
    for (const member of members) {
      give(member, 1, answer(200))
      give(member, 1, answer(503))
    }
    wait(100)
  }

  assert.deepEqual(news(), [])
})

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

test('a pardon brings back at once, and the next ejection is longer all the same', () => {
  const { members, give, news, outlier, wait } = watchedPool(3)
  const [a, b] = members as Three
  give(a, 5, answer(500))
  news()

  outlier.pardon(a)
  outlier.pardon(a)
  outlier.pardon(b)
  assert.deepEqual(news(), ['a back'])
  assert.equal(a.ejected, false)

  give(a, 5, answer(500))
  assert.deepEqual(news(), ['a out consecutive_5xx 60000'])
  wait(30_000)
  assert.equal(a.ejected, true)
})

test('a pardon makes room for another', () => {
  const { members, give, outlier } = watchedPool(3)
  const [a, b] = members as Three
  give(a, 5, answer(500))

  outlier.pardon(a)
  give(b, 5, answer(500))

  assert.deepEqual([a.ejected, b.ejected], [false, true])
})

test('of one that is forgotten nothing is kept', () => {
  const { members, give, news, outlier, wait } = watchedPool(3)
  const [a, b] = members as Three
  give(a, 5, answer(500))
  news()
  members.shift()

  outlier.forget(a)
  outlier.forget(a)

  assert.equal(a.ejected, false)
  assert.equal(outlier.reason(a), undefined)
  assert.equal(outlier.nextReturn([a]), Number.POSITIVE_INFINITY)
  give(a, 50, answer(500))
  outlier.pardon(a)
  wait(60_000)
  assert.deepEqual(news(), [], 'attempts that end late say nothing')
  give(b, 5, answer(500))
  assert.deepEqual(news(), ['b out consecutive_5xx 30000'], 'its place is free')
})

test('a tick learns who has come and who is gone', () => {
  const { members, give, news, wait } = watchedPool(3)
  const [a, b] = members as Three
  give(a, 5, answer(500))
  news()
  members.shift()
  members.push(memberWith('new'))

  wait(10_000)
  give(a, 50, answer(500))
  give(b, 5, answer(500))
  assert.deepEqual(news(), ['b out consecutive_5xx 30000'])
  wait(30_000)
  news()
  give(members[2] as Member, 5, answer(500))

  assert.deepEqual(news(), ['new out consecutive_5xx 30000'])
})

test('one that is added is watched from then on, and widens the share that may be out', () => {
  const { members, give, news, outlier } = watchedPool(3)
  const fourth = memberWith('d')
  members.push(fourth)

  outlier.add(fourth)
  outlier.add(fourth)
  give(fourth, 5, answer(500))
  give(members[0] as Member, 5, answer(500))

  assert.deepEqual(news(), ['d out consecutive_5xx 30000', 'a out consecutive_5xx 30000'])
})

test('due is the next return or the next interval, whichever comes first', () => {
  const { members, give, outlier, wait } = watchedPool(4, { baseEjection: '12s' })

  assert.equal(outlier.due, 10_000)
  wait(5000)
  give(members[0] as Member, 5, answer(500))
  assert.equal(outlier.due, 10_000)
  wait(5000)
  assert.equal(outlier.due, 17_000)
  wait(7000)
  assert.equal(outlier.due, 20_000)
})

test('the next return is that of the first of those asked about', () => {
  const { members, give, outlier, wait } = watchedPool(4)
  const [a, b, c] = members as Three
  give(a, 5, answer(500))
  wait(1000)
  give(b, 5, answer(500))

  assert.equal(outlier.nextReturn(members), 30_000)
  assert.equal(outlier.nextReturn([b, c]), 31_000)
  assert.equal(outlier.nextReturn([c]), Number.POSITIVE_INFINITY)
})
