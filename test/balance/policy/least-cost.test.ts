import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Member } from '../../../src/balance/member.ts'
import { compareUpTo, leastCost } from '../../../src/balance/policy/least-cost.ts'
import type { PolicySettings } from '../../../src/balance/policy/policy.ts'
import { seededRandom } from '../../support/random.ts'
import { equals, memberWith, weighted } from './members.ts'
import { countPicks, type Picker, sequence, startPolicy } from './picks.ts'

/** Latencies are given by the test; who has none is not known. */
function started(
  members: readonly Member[],
  latencies: ReadonlyMap<Member, number>,
  settings: Partial<PolicySettings> = {},
): Picker {
  const whole = { random: () => 0, slowStart: undefined, boundedLoad: undefined, ...settings }
  return startPolicy(
    leastCost(whole, (member) => latencies.get(member) ?? Number.NaN),
    members,
  )
}

test('for equal weights the cost is latency times exchanges plus one', () => {
  const random = seededRandom(1)
  for (let round = 0; round < 500; round++) {
    const members = equals(5)
    const latencies = new Map(members.map((member) => [member, 10 + random() * 100]))
    for (const member of members) member.active = Math.floor(random() * 5)
    const cost = (member: Member): number => (latencies.get(member) as number) * (member.active + 1)

    const picked = started(members, latencies)() as Member

    assert.equal(cost(picked), Math.min(...members.map(cost)))
  }
})

test('a weight counts by what it is of the mean: exchanges weigh less for the heavy one', () => {
  const members = weighted([30, 10])
  const [a, b] = members as [Member, Member]
  const pick = started(
    members,
    new Map([
      [a, 10],
      [b, 15],
    ]),
  )

  assert.equal(pick(), a)
  // 10 * (1 + 1 / 1.5) = 16.7 beside 15, then beside 15 * (1 + 1 / 0.5) = 45.
  a.active = 1
  assert.equal(pick(), b)
  b.active = 1
  assert.equal(pick(), a)
})

test('one whose latency is not known counts as the mean of the others', () => {
  const members = equals(3)
  const [a, b, c] = members as [Member, Member, Member]
  const pick = started(
    members,
    new Map([
      [a, 10],
      [b, 30],
    ]),
  )

  assert.equal(pick(), a)
  a.active = 1
  // 20, 30, and the mean of 20.
  assert.equal(sequence(pick, 4), 'acac')
  c.active = 1
  a.active = 3
  assert.equal(pick(), b)
})

test('costs that differ by rounding alone are equal', () => {
  const members = equals(2)
  const [a, b] = members as [Member, Member]

  const pick = started(
    members,
    new Map([
      [a, 0.3],
      [b, 0.1 + 0.2],
    ]),
  )

  assert.equal(sequence(pick, 4), 'abab')
})

test('up to sixteen members all are compared: the least cost is always found', () => {
  const members = equals(compareUpTo)
  const best = members[11] as Member
  const latencies = new Map(members.map((member) => [member, member === best ? 9 : 10]))

  assert.equal(countPicks(started(members, latencies), 1000).get(best), 1000)
})

test('above sixteen, two different members are drawn, and the worse of the two is never given', () => {
  const members = equals(compareUpTo + 1)
  const latencies = new Map(members.map((member, i) => [member, 10 + ((i * 7) % 17)]))
  // Equal weights: one draw is one member, by its place.
  for (let i = 0; i < members.length; i++) {
    for (let j = 0; j < members.length; j++) {
      if (i === j) continue
      const places = [i, j]
      const pick = started(members, latencies, { random: () => ((places.shift() as number) + 0.5) / members.length })
      const better = [members[i], members[j]].sort(
        (a, b) => (latencies.get(a as Member) as number) - (latencies.get(b as Member) as number),
      )[0]

      assert.equal(pick(), better)
      assert.equal(places.length, 0)
    }
  }
})

test('above sixteen, the dearest of all is never given, and the cheapest not always', () => {
  const members = equals(40)
  const latencies = new Map(members.map((member, i) => [member, 10 + i]))

  const counts = countPicks(started(members, latencies, { random: seededRandom(3) }), 20_000)

  assert.equal(counts.get(members[39] as Member), undefined)
  // It is among two of forty once in twenty times.
  const cheapest = counts.get(members[0] as Member) as number
  assert.ok(cheapest > 800 && cheapest < 1200, `${cheapest} of 20000`)
})

test('above sixteen, who is not usable yields to the other; where both are not, others are drawn, then all compared', () => {
  const members = Array.from({ length: 100 }, (_, i) => memberWith(`m${i}`, { maxRequests: 1 }))
  const latencies = new Map(members.map((member, i) => [member, 10 + i]))
  for (const member of members.slice(2)) member.active = 1

  const counts = countPicks(started(members, latencies, { random: seededRandom(3) }), 2000)

  assert.equal(counts.size, 2)
  // Compared as a whole nearly always: the cheaper one.
  assert.ok((counts.get(members[0] as Member) as number) > 1500)
})

test('above sixteen, one whose latency is not known counts as the other that was drawn', () => {
  const members = equals(30)
  const fresh = members[5] as Member
  const latencies = new Map(members.filter((member) => member !== fresh).map((member, i) => [member, 10 + i]))

  const count = countPicks(started(members, latencies, { random: seededRandom(4) }), 20_000).get(fresh) as number

  // It is among two of thirty once in fifteen times, and has half of them.
  assert.ok(count > 550 && count < 800, `${count} of 20000`)
})

test('equal ones of a large group without load are given more evenly than by chance', () => {
  const members = equals(100)
  const latencies = new Map(members.map((member) => [member, 10]))

  const counts = countPicks(started(members, latencies, { random: seededRandom(5) }), 10_000)

  const variance = members.reduce((sum, member) => sum + ((counts.get(member) ?? 0) - 100) ** 2, 0) / 99
  // By chance alone it would be about 100. Each has half of the draws that it is in: half of the chance is left.
  assert.ok(variance < 70, `${variance}`)
})
