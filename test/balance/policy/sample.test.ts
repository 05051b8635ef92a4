import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Member } from '../../../src/balance/member.ts'
import type { PolicySettings } from '../../../src/balance/policy/policy.ts'
import { WeightedSample } from '../../../src/balance/policy/sample.ts'
import { seededRandom } from '../../support/random.ts'
import { equals, weighted } from './members.ts'
import { assertShares } from './picks.ts'

function sampleOf(members: readonly Member[], settings: Partial<PolicySettings> = {}): WeightedSample {
  const sample = new WeightedSample({
    random: seededRandom(2),
    slowStart: undefined,
    boundedLoad: undefined,
    ...settings,
  })
  sample.update(members)
  return sample
}

function count(draws: number, draw: () => Member): Map<Member, number> {
  const counts = new Map<Member, number>()
  for (let i = 0; i < draws; i++) {
    const member = draw()
    counts.set(member, (counts.get(member) ?? 0) + 1)
  }
  return counts
}

/** Pearson's statistic over its degrees of freedom: about 1 where chance alone is at work. */
function chiSquare(members: readonly Member[], counts: ReadonlyMap<Member, number>): number {
  const total = members.reduce((sum, { weight }) => sum + weight, 0)
  const draws = [...counts.values()].reduce((sum, one) => sum + one, 0)
  const sum = members.reduce((sum, member) => {
    const fair = (draws * member.weight) / total
    return sum + ((counts.get(member) ?? 0) - fair) ** 2 / fair
  }, 0)
  return sum / (members.length - 1)
}

for (const [title, members] of [
  ['equal ones', equals(50)],
  ['weights 1 to 50', weighted(Array.from({ length: 50 }, (_, i) => i + 1))],
  ['one heavy among light ones', weighted([1000, ...Array.from({ length: 49 }, () => 1)])],
  ['one light among heavy ones', weighted([0.01, ...Array.from({ length: 49 }, () => 1)])],
  ['fractions', weighted(Array.from({ length: 50 }, (_, i) => 1 / (i + 1)))],
] as const) {
  test(`draws follow the weights: ${title}`, () => {
    const sample = sampleOf(members)

    const counts = count(200_000, () => sample.draw(0))

    const statistic = chiSquare(members, counts)
    // Of 49 degrees of freedom: beyond these once in a million.
    assert.ok(statistic > 0.3 && statistic < 2.2, `${statistic}`)
  })
}

test('a new table is made after an update', () => {
  const members = weighted([1, 1])
  const sample = sampleOf(members)
  sample.draw(0)
  ;(members[1] as Member).weight = 9

  sample.update(members)

  assertShares(
    members,
    count(20_000, () => sample.draw(0)),
    0,
  )
})

test('slow start takes from the share of a member, and gives it to the others by weight', () => {
  const members = weighted([4, 2, 2, 8])
  const late = members[0] as Member
  late.rampSince = 0
  const sample = sampleOf(members, { slowStart: { window: 100_000, aggression: 1, minimum: 0.1 } })

  for (const [now, share] of [
    [0, 0.1],
    [50_000, 0.5],
    [99_999, 1],
  ] as const) {
    const counts = count(50_000, () => sample.draw(now))

    assertShares(members, counts, 0, (member) => (member === late ? share * member.weight : member.weight))
  }
})

test('where all start slowly they are drawn by weight', () => {
  const members = weighted([3, 2, 1])
  for (const member of members) member.rampSince = 0
  const sample = sampleOf(members, { slowStart: { window: 100_000, aggression: 1, minimum: 0.001 } })

  assertShares(
    members,
    count(30_000, () => sample.draw(0)),
    0,
  )
})

test('the second of two is never the first, even where one has nearly all of the weight', () => {
  for (const weights of [
    [1, 1],
    [1_000_000, 1, 1],
  ]) {
    const members = weighted(weights)
    const sample = sampleOf(members)

    const seconds = count(1000, () => sample.drawOther(members[0] as Member, 0))

    assert.ok(!seconds.has(members[0] as Member))
    assert.equal(seconds.size, members.length - 1)
  }
})

test('the second of two is drawn by weight too', () => {
  const members = weighted([2, 1, 7])
  const first = members[0] as Member
  const sample = sampleOf(members)

  const seconds = count(20_000, () => sample.drawOther(first, 0))

  assertShares(members.slice(1), seconds, 0.02)
})
