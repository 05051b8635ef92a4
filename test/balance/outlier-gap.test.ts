import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Member } from '../../src/balance/member.ts'
import { seededRandom } from '../support/random.ts'
import { answer, failuresUntilOut, off, watchedPool } from './watched-pool.ts'

type Three = [Member, Member, Member]

for (const good of [0, 100, 1000, 3300]) {
  test(`one of three that fails every other time is out soon, after ${good} good answers in the same interval`, () => {
    const pool = watchedPool(3, { ...off, failureGap: {} })
    for (let i = 0; i < good; i++) for (const member of pool.members) pool.give(member, 1, answer(200))

    const failures = failuresUntilOut(pool)

    assert.equal(pool.members[0]?.ejected, true)
    assert.ok(failures <= 100, `${failures} failures`)
  })
}

test('when all fail every other time, by chance, nobody is found to stand out among the newest requests', () => {
  const random = seededRandom(11)
  const { members, give, news, wait } = watchedPool(3, { ...off, failureGap: {} })
  // The interval itself has enough good answers to make no gap.
  for (const member of members) give(member, 3000, answer(200))

  for (let i = 0; i < 2000; i++) for (const member of members) give(member, 1, answer(random() < 0.5 ? 503 : 200))
  wait(1000)

  assert.deepEqual(news(), [])
})

test('one that was out begins with nothing, and so do the others beside it', () => {
  const { members, give, news, outlier } = watchedPool(3, { ...off, failureGap: {} })
  const [a, b, c] = members as Three
  for (const member of [b, c]) give(member, 40, answer(200))
  give(a, 30, answer(503))
  assert.deepEqual(news(), ['a out failure_gap 30000'])
  outlier.pardon(a)
  news()

  give(a, 29, answer(503))
  assert.deepEqual(news(), [])
  give(a, 1, answer(503))

  assert.deepEqual(news(), ['a out failure_gap 60000'])
})

test('one that draws nearly all of the traffic by failing quickly is out soon, however little the others have', () => {
  const { members, give, news, wait } = watchedPool(3, { ...off, failureGap: {} })
  const [a, b, c] = members as Three
  for (let i = 0; i < 30; i++) for (const member of members) give(member, 1, answer(200))
  // Several intervals in which it has all of it.
  for (let i = 0; i < 40; i++) {
    give(a, 100, answer(200))
    wait(1000)
  }
  let failures = 0

  while (news().length === 0 && failures < 1000) {
    give(a, 1, answer(200))
    give(a, 1, answer(503))
    failures++
    if (failures % 50 === 0) give(failures % 100 === 0 ? b : c, 1, answer(200))
  }

  assert.equal(a.ejected, true)
  assert.ok(failures <= 300, `${failures} failures`)
})
