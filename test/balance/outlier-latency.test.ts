import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Member } from '../../src/balance/member.ts'
import type { OutlierOptions } from '../../src/balance/outlier-options.ts'
import { seededRandom } from '../support/random.ts'
import { answer, off, watchedPool } from './watched-pool.ts'

interface Scenario {
  readonly members?: number
  /** Requests a second in all; they go to the members at random. */
  readonly rate: number
  readonly seconds: number
  /** Of a request that is sent at `at` seconds. */
  readonly latency: (member: number, at: number, random: () => number) => number
  readonly options?: OutlierOptions
  readonly seed?: number
  readonly upTo?: number
}

/** What was ejected in the course of it, and how many answers of the first member had come since `from` seconds. */
function play({ members: count = 3, rate, seconds, latency, options = {}, seed = 1, upTo = 1 }: Scenario) {
  const random = seededRandom(seed)
  const pool = watchedPool(count, { ...off, latency: {}, ...options }, random)
  const answers = Array.from({ length: rate * seconds }, (_, i) => {
    const member = Math.floor(random() * count)
    const sent = (1000 * i) / rate
    const took = latency(member, sent / 1000, random)
    return { member, took, at: sent + took }
  }).sort((a, b) => a.at - b.at)

  const news: string[] = []
  let slow = 0
  for (const { member, took, at } of answers) {
    pool.wait(at - pool.now())
    if (pool.members[member]?.ejected) continue
    if (member === 0 && took > 100) slow++
    pool.give(pool.members[member] as (typeof pool.members)[0], 1, answer(200, took))
    news.push(...pool.news())
    if (news.length >= upTo) break
  }
  return { news, slow, at: pool.now() }
}

/** Between half and one and a half times as long. */
const around = (ms: number, random: () => number): number => ms * (0.5 + random())

test('one of three that becomes 100 times slower is out after a few slow answers', () => {
  const found = play({
    rate: 1000,
    seconds: 20,
    latency: (member, at, random) => around(member === 0 && at >= 5 ? 300 : 3, random),
  })

  assert.deepEqual(found.news, ['a out latency 30000'])
  assert.ok(found.at < 5500, `out at ${found.at}`)
})

test('with little traffic five slow answers are enough', () => {
  const found = play({
    rate: 3,
    seconds: 120,
    latency: (member, at, random) => around(member === 0 && at >= 60 ? 1000 : 10, random),
  })

  assert.deepEqual(found.news, ['a out latency 30000'])
  assert.equal(found.slow, 5)
})

test('of two, the slow one is out', () => {
  const found = play({
    members: 2,
    rate: 100,
    seconds: 20,
    latency: (member, at, random) => around(member === 1 && at >= 5 ? 500 : 5, random),
  })

  assert.deepEqual(found.news, ['b out latency 30000'])
})

test('when all slow down together nobody is out, in whatever order the answers come', () => {
  for (let seed = 1; seed <= 40; seed++) {
    for (const rate of [3, 100, 1000]) {
      const found = play({
        rate,
        seconds: rate === 3 ? 60 : 8,
        seed,
        latency: (_, at, random) => around(at >= 4 ? 1000 : 5, random),
      })
      assert.deepEqual(found.news, [], `seed ${seed}, ${rate} a second`)
    }
  }
})

test('one that does nothing quicker than 9 times the others stays, 20 times is too much', () => {
  const times = (factor: number): string[] =>
    play({ rate: 200, seconds: 20, latency: (member) => 20 * (member === 0 ? factor : 1) }).news

  assert.deepEqual(times(9), [])
  assert.deepEqual(times(20), ['a out latency 30000'])
})

test('answers up to the floor are never slow', () => {
  const latency = (member: number): number => (member === 0 ? 99 : 1)

  assert.deepEqual(play({ rate: 200, seconds: 20, latency }).news, [])
  assert.deepEqual(play({ rate: 200, seconds: 20, latency, options: { latency: { floor: '50ms' } } }).news, [
    'a out latency 30000',
  ])
})

test('one pause of one upstream, after which all that waited is answered within 80 ms, is no slowness', () => {
  const pause = (at: number): number => (at >= 5 && at < 6 ? 1000 * (6 - at) + 80 * (at - 5) : 2)

  const found = play({ rate: 1000, seconds: 12, latency: (member, at) => (member === 0 ? pause(at) : 2) })

  assert.deepEqual(found.news, [])
})

test('when this process stood still, all that was under way is slow, and nobody is out', () => {
  const stall = (at: number): number => (at >= 5 && at < 6 ? 1000 * (6 - at) + 2 : 2)

  assert.deepEqual(play({ rate: 1000, seconds: 12, latency: (_, at) => stall(at) }).news, [])
})

test('requests of which some take long wherever they go eject nobody', () => {
  for (const part of [0.01, 0.1, 0.3]) {
    const found = play({
      rate: 500,
      seconds: 120,
      latency: (_, __, random) => (random() < part ? 3000 : 5),
    })
    assert.deepEqual(found.news, [], `${part} of them`)
  }
})

test('a new member that warms up is not judged by its first answers', () => {
  const { members, give, wait, news } = watchedPool(3, { ...off, latency: {} })
  const [a, b, c] = members as [(typeof members)[0], (typeof members)[0], (typeof members)[0]]
  give(b, 50, answer(200, 2))
  give(c, 50, answer(200, 2))

  for (let i = 0; i < 19; i++) {
    give(a, 1, answer(200, 500))
    give(b, 1, answer(200, 2))
    give(c, 1, answer(200, 2))
    wait(50)
  }
  assert.deepEqual(news(), [])
  give(a, 1, answer(200, 500))

  assert.deepEqual(news(), ['a out latency 30000'])
})

test('who has answered too little is no measure', () => {
  const { members, give, wait, news } = watchedPool(2, { ...off, latency: {} })
  const [a, b] = members as [(typeof members)[0], (typeof members)[0]]
  give(a, 20, answer(200, 500))

  for (let i = 0; i < 18; i++) {
    wait(100)
    give(b, 1, answer(200, 1))
    give(a, 1, answer(200, 500))
  }

  assert.deepEqual(news(), [])
})

test('one that is as slow after its return is out again after five answers', () => {
  const found = play({
    rate: 30,
    seconds: 60,
    upTo: 3,
    latency: (member, at) => (member === 0 && at >= 5 ? 400 : 4),
  })

  assert.deepEqual(found.news, ['a out latency 30000', 'a back', 'a out latency 60000'])
  assert.equal(found.slow, 10)
})

test('one very slow answer makes nobody an outlier whose others are only somewhat slow', () => {
  const { members, give, wait, news } = watchedPool(3, { ...off, latency: {} })
  for (const member of members) give(member, 30, answer(200, 20))
  give(members[0] as (typeof members)[0], 1, answer(200, 60_000))

  for (let i = 0; i < 20; i++) {
    wait(100)
    give(members[0] as (typeof members)[0], 1, answer(200, 150))
    for (const member of members.slice(1)) give(member, 1, answer(200, 20))
  }

  assert.deepEqual(news(), [])
})

test('one that is somewhat slow and becomes very slow is out', () => {
  const found = play({
    rate: 30,
    seconds: 40,
    latency: (member, at) => (member > 0 ? 20 : at < 20 ? 150 : 600),
  })

  assert.deepEqual(found.news, ['a out latency 30000'])
  assert.ok(found.at > 20_000 && found.at < 24_000, `out at ${found.at}`)
})

test('failures say nothing of latency: neither quick ones nor slow ones', () => {
  const { members, give, wait, news } = watchedPool(3, { ...off, latency: {} })
  const [a, b, c] = members as [(typeof members)[0], (typeof members)[0], (typeof members)[0]]
  for (const member of members) give(member, 30, answer(200, 2))

  for (let i = 0; i < 4; i++) {
    wait(100)
    give(a, 1, answer(200, 400))
    give(a, 1, answer(503, 1))
    give(b, 1, answer(200, 2))
    give(c, 1, answer(503, 9000))
    give(c, 1, answer(200, -1))
  }
  assert.deepEqual(news(), [])
  give(a, 1, answer(200, 400))

  assert.deepEqual(news(), ['a out latency 30000'])
})

test('in a pool of a thousand the slow one is found', () => {
  const found = play({
    members: 1000,
    rate: 20_000,
    seconds: 10,
    latency: (member, at, random) => around(member === 0 && at >= 3 ? 500 : 5, random),
  })

  assert.deepEqual(found.news, ['a out latency 30000'])
})

test('one that never answers before its clients leave is slow', () => {
  const { members, give, news, wait } = watchedPool(3, { ...off, latency: {} })
  const [a, b, c] = members as [Member, Member, Member]
  for (const member of members) give(member, 20, answer(200, 20))

  for (let i = 0; i < 5; i++) {
    give(a, 1, answer(0, 1000))
    wait(50)
    for (const member of [b, c]) give(member, 1, answer(200, 20))
  }

  assert.equal(a.ejected, true)
  assert.deepEqual(news(), ['a out latency 30000'])
})

test('clients that leave sooner than a slow answer would come say nothing, nor do they when all are left', () => {
  const { members, give, news, wait } = watchedPool(3, { ...off, latency: {} })
  const [a, b, c] = members as [Member, Member, Member]
  for (const member of members) give(member, 20, answer(200, 20))

  for (let i = 0; i < 20; i++) {
    give(a, 1, answer(0, 150))
    wait(50)
    for (const member of [b, c]) give(member, 1, answer(200, 20))
  }
  wait(50)
  for (let i = 0; i < 20; i++) {
    for (const member of members) give(member, 1, answer(0, 1000))
    wait(50)
  }

  assert.deepEqual(news(), [])
})
