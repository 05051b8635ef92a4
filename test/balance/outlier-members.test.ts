import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Member } from '../../src/balance/member.ts'
import { memberWith } from './policy/members.ts'
import { answer, watchedPool } from './watched-pool.ts'

type Three = [Member, Member, Member]

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
