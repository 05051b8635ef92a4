import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Member } from '../../../src/balance/member.ts'
import { buildRing, pointCounts, ringHash } from '../../../src/balance/policy/ring-hash.ts'
import { seededRandom } from '../../support/random.ts'
import { policyContract } from './contract.ts'
import { askFor, hashContract } from './hash-contract.ts'
import { equals, weighted } from './members.ts'

// Points stand by chance: four standard deviations of 1 / sqrt(363).
policyContract('ring hash', ringHash, { weights: 0.21 })
hashContract('ring hash', ringHash, { extra: 0 })

test('a key belongs to the first point at or after it, and after the last one to the first', () => {
  const members = weighted([1, 2, 1])
  const { points, owners } = buildRing(members)
  const policy = ringHash({ random: () => 0, slowStart: undefined, boundedLoad: undefined })
  policy.update(members)
  const random = seededRandom(4)
  const edges = [...points].flatMap((point) => [point - 1, point, point + 1]).filter((h) => h >= 0 && h < 2 ** 32)

  for (const hash of [
    0,
    2 ** 32 - 1,
    ...edges,
    ...Array.from({ length: 1000 }, () => Math.floor(random() * 2 ** 32)),
  ]) {
    const place = points.findIndex((point) => point >= hash)
    const owner = members[owners[place === -1 ? 0 : place] as number]

    assert.equal(policy.pick(askFor(hash)), owner)
  }
})

test('points stand in ascending order, as many for each member as its weight asks for', () => {
  for (const members of [equals(1), weighted([1, 2, 5]), equals(100), equals(2000)]) {
    const counts = pointCounts(members.map(({ weight }) => weight))
    const { points, owners } = buildRing(members)

    assert.ok(points.every((point, i) => i === 0 || (points[i - 1] as number) <= point))
    const found = members.map(() => 0)
    for (const owner of owners) found[owner] = (found[owner] as number) + 1
    assert.deepEqual(found, counts)
  }
})

test('a member of average weight has 512 points, others in proportion, whatever the unit of the weights is', () => {
  assert.deepEqual(pointCounts([1, 1]), [512, 512])
  assert.deepEqual(pointCounts([0.001, 0.001, 0.001]), pointCounts([1.024, 1.024, 1.024]))
  assert.deepEqual(pointCounts([1, 2, 1]), [512, 1024, 512])
  assert.deepEqual(pointCounts([1, 1e9])[0], 1)
})

test('a ring has at most 262,144 points beside the one that each member has at least', () => {
  for (const weights of [Array(10_000).fill(1), Array(600).fill(7), [1e-9, ...Array(2000).fill(1)]]) {
    const total = pointCounts(weights).reduce((sum, count) => sum + count, 0)

    assert.ok(total <= 2 ** 18 + weights.length, `${total}`)
    assert.ok(total > 2 ** 16, `${total}`)
  }
})

test('one that comes or goes among different weights leaves the points of the others where they are', () => {
  const members = weighted([3, 1, 2, 2, 1, 3, 2])
  const pointsOf = (list: readonly Member[]): Map<Member, number> =>
    new Map(pointCounts(list.map(({ weight }) => weight)).map((count, i) => [list[i] as Member, count]))
  const all = pointsOf(members)

  for (const gone of members) {
    for (const [member, count] of pointsOf(members.filter((member) => member !== gone))) {
      assert.equal(count, all.get(member))
    }
  }
})
