import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Member } from '../../../src/balance/member.ts'
import type { PolicySettings } from '../../../src/balance/policy/policy.ts'
import { roundRobin } from '../../../src/balance/policy/round-robin.ts'
import { seededRandom } from '../../support/random.ts'
import { policyContract } from './contract.ts'
import { equals, memberWith, weighted } from './members.ts'
import { assertShares, countPicks, type Picker, sequence, startPolicy } from './picks.ts'

policyContract('round-robin', roundRobin, { weights: 0.01 })

/** Begins at the start of the cycle. */
function started(members: readonly Member[], settings: Partial<PolicySettings> = {}): Picker {
  return startPolicy(
    roundRobin({ random: () => 0, slowStart: undefined, boundedLoad: undefined, ...settings }),
    members,
  )
}

for (const [weights, expected] of [
  [[5, 1, 1], 'aabacaa'],
  [[4, 2, 1], 'abacaba'],
  [[3, 1], 'aaba'],
  [[10, 3, 2], 'abaacaabaacaaba'],
  [[1, 1, 1], 'abc'],
  [[1], 'a'],
  [[0.5, 0.25], 'aba'],
] as const) {
  test(`weights ${weights.join(', ')} give ${expected}, again and again`, () => {
    assert.equal(sequence(started(weighted(weights)), expected.length * 3), expected.repeat(3))
  })
}

test('the turn begins at a random place of the cycle', () => {
  for (const weights of [
    [3, 2],
    [0.75, 0.5],
  ]) {
    const chances = [0, 0.2, 0.4, 0.6, 0.8, 0.999]

    const starts = chances.map((random) => sequence(started(weighted(weights), { random: () => random }), 5))

    const all = weights[0] === 3 ? ['aabab', 'abaab', 'ababa', 'baaba', 'babaa'] : ['abaab', 'ababa', 'babaa']
    for (const start of all) assert.ok(starts.includes(start), `${weights}: ${start} of ${starts}`)
  }
})

test('large weights and many members do not make the start slow', () => {
  const began = performance.now()

  sequence(started(weighted([1_000_000_000, 1]), { random: () => 0.999 }), 1)
  sequence(started(weighted([1e-9, 1]), { random: () => 0.999 }), 1)
  sequence(started(weighted(Array.from({ length: 64 }, (_, i) => 1000 + i)), { random: () => 0.999 }), 1)

  assert.ok(performance.now() - began < 1000)
})

test('one that has been tried is passed over and keeps its turn', () => {
  const members = weighted([1, 1, 1])
  const pick = started(members)
  const [a, b] = members as [Member, Member]

  assert.equal(pick(), a)
  assert.equal(sequence(pick, 1, { tried: [b.upstream] }), 'c')
  assert.equal(pick(), b)
})

test('picks among the rest do not unbalance the whole for long', () => {
  for (const size of [2, 80]) {
    const members = equals(size)
    const a = members[0] as Member
    const pick = started(members)
    for (let i = 0; i < 50 * size; i++) pick({ tried: [a.upstream] })

    const ofA = countPicks(pick, 50 * size).get(a) ?? 0

    assert.ok(ofA >= 49 && ofA <= 51, `${ofA} of 50`)
  }
})

test('one that comes back from being full is not given a row of turns', () => {
  const members = Array.from({ length: 3 }, (_, i) => memberWith('abc'.charAt(i), { maxRequests: 1 }))
  const b = members[1] as Member
  const pick = started(members)
  b.active = 1

  assert.equal(sequence(pick, 20), 'ac'.repeat(10))
  b.active = 0
  assert.match(sequence(pick, 9), /^(?:(?:abc|bca|cab|acb|bac|cba)){3}$/)
})

test('those that stay through an update keep their place in the cycle', () => {
  const members = weighted([5, 1, 1])
  const pick = started(members)
  const before = sequence(pick, 3)

  pick.update([...members])

  assert.equal(before + sequence(pick, 4), 'aabacaa')
})

test('a weight that falls far does not make its member wait for the old one', () => {
  const members = weighted([1000, 1000])
  const pick = started(members)
  pick()
  for (const member of members) member.weight = 1

  pick.update(members)

  assert.match(sequence(pick, 6), /^.{0,2}(?:ab|ba){2}.{0,2}$/)
})

test('above 64 members, equal ones are given in strict rotation, whatever the start', () => {
  const members = equals(100)
  const pick = started(members, { random: seededRandom(3) })

  const round = Array.from({ length: 100 }, () => pick())

  assert.equal(new Set(round).size, 100)
  for (let i = 0; i < 1000; i++) assert.equal(pick(), round[i % 100])
})

test('above 64 members, those that stay through an update keep their place too', () => {
  const members = equals(100)
  const pick = started(members, { random: seededRandom(3) })
  const round = Array.from({ length: 100 }, () => pick())
  for (const member of round.slice(0, 30)) assert.equal(pick(), member)

  pick.update([...members].reverse())

  for (const member of round.slice(30)) assert.equal(pick(), member)
})

for (const [title, random] of [
  ['without a random start', () => 0],
  ['with one', seededRandom(11)],
] as const) {
  test(`of weights 1 to 128 each has its weight of the first 8256 picks, ${title}`, () => {
    const members = weighted(Array.from({ length: 128 }, (_, i) => i + 1))

    const counts = countPicks(started(members, { random }), 8256)

    for (const member of members) assert.equal(counts.get(member), member.weight)
  })
}

test('two processes do not march in step', () => {
  for (const size of [10, 100]) {
    const [one, other] = [1, 2].map((seed) =>
      Array.from({ length: 3 }, started(equals(size), { random: seededRandom(seed) })).map((member) => member?.id),
    )

    assert.notDeepEqual(one, other)
  }
})

test('a set that grows and shrinks across 64 keeps everyone to its share', () => {
  const members = weighted(Array.from({ length: 70 }, (_, i) => 1 + (i % 3)))
  const stay = members.slice(0, 60)
  const pick = started(stay, { random: seededRandom(4) })
  const counts = new Map<Member, number>()

  for (let round = 0; round < 20; round++) {
    // Not a whole number of cycles, which are 120 and 139 picks.
    pick.update(round % 2 === 0 ? stay : members)
    for (const [member, count] of countPicks(pick, 1234)) counts.set(member, (counts.get(member) ?? 0) + count)
  }

  const kept = new Map([...counts].filter(([member]) => stay.includes(member)))
  assertShares(stay, kept, 0.02)
  for (const [member, count] of kept) {
    const fair = (10 * 1234 * member.weight) / 120 + (10 * 1234 * member.weight) / 139
    // One turn at most is won or lost at a change.
    assert.ok(Math.abs(count - fair) <= 21, `${member.id}: ${count}, fair is ${fair}`)
  }
})

for (const size of [5, 100]) {
  test(`of ${size}, one that starts slowly has a tenth of its part at a tenth, half of it at a half`, () => {
    const slowStart = { window: 100_000, aggression: 1, minimum: 0.1 }
    const members = equals(size)
    const late = members[2] as Member
    late.rampSince = 0
    const pick = started(members, { slowStart, random: seededRandom(6) })

    for (const [now, share] of [
      [0, 0.1],
      [50_000, 0.5],
      [100_000, 1],
    ] as const) {
      // What its last deadline knew of its share passes first.
      for (let i = 0; i < 20 * size; i++) pick({ now })
      const counts = countPicks(pick, 200 * size, { now })

      assertShares(members, counts, 0.05, (member) => (member === late ? share : 1))
    }
  })
}
