import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Breaker } from '../../../src/balance/breaker.ts'
import type { Member } from '../../../src/balance/member.ts'
import { type CreatePolicy, usable } from '../../../src/balance/policy/policy.ts'
import { seededRandom } from '../../support/random.ts'
import { equals, memberWith, weighted } from './members.ts'
import { assertShares, countPicks, type Picker, sequence, startPolicy } from './picks.ts'

export interface Promised {
  /**
   * How far the share of a member may be off the one that its weight asks for, as a part of that share.
   * False: the policy does not go by weights. @default 0.1
   */
  readonly weights?: number | false
}

/** What every policy holds to. Times stand still, hashes are drawn at random, nobody has a load unless a test says so. */
export function policyContract(name: string, create: CreatePolicy, promised: Promised = {}): void {
  const tolerance = promised.weights ?? 0.1

  function started(members: readonly Member[], seed = 1): Picker {
    const random = seededRandom(seed)
    return startPolicy(create({ random, slowStart: undefined, boundedLoad: undefined }), members, random)
  }

  test(`${name}: without members there is nothing to give, before the first update and after an empty one`, () => {
    const random = seededRandom(1)
    const policy = create({ random, slowStart: undefined, boundedLoad: undefined })

    const before = policy.pick({ now: 0, tried: [], hash: 1 })
    policy.update([])
    const empty = policy.pick({ now: 0, tried: [], hash: 1 })

    assert.deepEqual([before, empty], [undefined, undefined])
  })

  test(`${name}: a member that is alone is given, unless it has been tried or is full`, () => {
    const a = memberWith('a', { maxRequests: 1 })
    const pick = started([a])

    assert.equal(pick(), a)
    assert.equal(pick(), a)
    assert.equal(pick({ tried: [a.upstream] }), undefined)
    a.active = 1
    assert.equal(pick(), undefined)
    a.active = 0
    assert.equal(pick(), a)
  })

  for (const size of [2, 3, 10, 16, 17, 64, 65, 200]) {
    test(`${name}: of ${size}, a usable one is given, and nothing only when none is usable`, () => {
      const random = seededRandom(size)
      const members = Array.from({ length: size }, (_, i) =>
        memberWith(`m${i}`, { weight: 1 + (i % 5), maxRequests: 2 }, i % 7 === 3 ? openBreaker() : undefined),
      )
      const pick = started(members, size)

      for (let round = 0; round < 600; round++) {
        // From nearly all of them free to none at all.
        const share = random() ** 3
        for (const member of members) member.active = random() < share ? 0 : 2
        if (round % 10 === 0) for (const member of members) member.active = 2
        const tried = members.filter(() => random() < 0.2).map(({ upstream }) => upstream)
        const some = members.some((member) => usable(member, { now: 0, tried, hash: 0 }))

        const picked = pick({ tried })

        assert.equal(picked !== undefined, some)
        if (picked === undefined) continue
        assert.ok(members.includes(picked))
        assert.ok(!tried.includes(picked.upstream), 'it had been tried')
        assert.ok(picked.hasRoom(0), 'it was full')
      }
    })
  }

  test(`${name}: the only one left of many is found`, () => {
    for (const size of [16, 17, 100, 1000]) {
      const members = equals(size)
      const pick = started(members)
      const left = members[Math.floor(size / 2)] as Member
      const tried = members.filter((member) => member !== left).map(({ upstream }) => upstream)

      for (let i = 0; i < 5; i++) assert.equal(pick({ tried }), left)
    }
  })

  test(`${name}: those that have left are not given any more`, () => {
    for (const size of [4, 40, 400]) {
      const members = equals(size)
      const pick = started(members)
      for (let i = 0; i < size; i++) pick()
      const stay = members.filter((_, i) => i % 2 === 1)

      pick.update(stay)

      for (let i = 0; i < size * 5; i++) assert.ok(stay.includes(pick() as Member))
    }
  })

  test(`${name}: a list that a caller changes later is not the policy's`, () => {
    const members = equals(3)
    const pick = started(members)

    pick()
    members.length = 0

    assert.notEqual(pick(), undefined)
  })

  test(`${name}: a pick changes nothing on a member but its credit`, () => {
    const members = equals(20)
    const before = members.map((member) => ({ ...member, credit: 0 }))
    const pick = started(members)

    for (let i = 0; i < 100; i++) pick()

    assert.deepEqual(
      members.map((member) => ({ ...member, credit: 0 })),
      before,
    )
  })

  test(`${name}: the same chances give the same picks`, () => {
    for (const size of [5, 100]) {
      const run = (): string => sequence(started(equals(size), 7), 200)

      assert.equal(run(), run())
    }
  })

  test(`${name}: members that fill up and empty are never given more than they may have`, () => {
    const random = seededRandom(5)
    const members = Array.from({ length: 30 }, (_, i) => memberWith(`m${i}`, { weight: 1 + (i % 3), maxRequests: 3 }))
    const pick = started(members)
    const running: Member[] = []

    for (let i = 0; i < 5000; i++) {
      const picked = random() < 0.55 ? pick() : undefined
      if (picked !== undefined) {
        picked.active++
        running.push(picked)
      } else if (running.length > 0) {
        const [ended] = running.splice(Math.floor(random() * running.length), 1) as [Member]
        ended.active--
      }
      assert.ok(members.every(({ active }) => active <= 3))
    }
  })

  if (tolerance === false) return

  for (const weights of [[1, 1, 1], [3, 1], [5, 1, 1], [10, 3, 2], [0.5, 0.25, 0.25], mixed(40), mixed(100)]) {
    const title =
      weights.length > 9 ? `${weights.length} members of different weights` : `weights ${weights.join(', ')}`
    test(`${name}: ${title} have their shares when nobody has a load`, () => {
      const members = weighted(weights)

      assertShares(members, countPicks(started(members), 2000 * weights.length), tolerance)
    })
  }

  test(`${name}: a changed weight counts after the update`, () => {
    const members = weighted([1, 1, 1])
    const pick = started(members)
    for (let i = 0; i < 100; i++) pick()
    ;(members[1] as Member).weight = 8

    pick.update(members)

    assertShares(members, countPicks(pick, 20_000), tolerance)
  })

  test(`${name}: one that comes is given its share from then on`, () => {
    const members = equals(6)
    const pick = started(members.slice(0, 5))
    for (let i = 0; i < 1000; i++) pick()

    pick.update(members)

    assertShares(members, countPicks(pick, 12_000), tolerance)
  })

  for (const size of [3, 30, 300]) {
    test(`${name}: of ${size}, one that was full for a while comes back without a burst and without a wait`, () => {
      const members = Array.from({ length: size }, (_, i) => memberWith(`m${i}`, { maxRequests: 1 }))
      const full = members[1] as Member
      const pick = started(members)
      const before = countPicks(pick, size * 40).get(full) ?? 0
      full.active = 1
      for (let i = 0; i < size * 200; i++) pick()
      full.active = 0

      const after = countPicks(pick, size * 40).get(full) ?? 0

      // Chance needs room; turns that were saved up would be two hundred.
      assert.ok(after >= before * 0.4 - 5 && after <= before * 1.6 + 10, `${before} picks, then ${after}`)
    })
  }

  test(`${name}: 1,000 members all get traffic`, () => {
    const members = equals(1000)

    const counts = countPicks(started(members), 50_000)

    // A ring may leave a few with next to nothing.
    assert.ok(counts.size >= 950, `${counts.size} of 1000`)
  })
}

function openBreaker(): Breaker {
  const breaker = new Breaker({ failures: 1, open: 1000, maxOpen: 1000 })
  breaker.failed(breaker.taken(0), 0)
  return breaker
}

/** Weights 1 to 7 in turn. */
function mixed(count: number): number[] {
  return Array.from({ length: count }, (_, i) => 1 + (i % 7))
}
