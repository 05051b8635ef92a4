import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Member } from '../../src/balance/member.ts'
import { answer, failuresUntilOut, fault, off, watchedPool } from './watched-pool.ts'

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
  const pool = watchedPool(3)

  const failures = failuresUntilOut(pool)

  assert.equal(pool.members[0]?.ejected, true)
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
