import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Member } from '../../../src/balance/member.ts'
import { leastRequests } from '../../../src/balance/policy/least-requests.ts'
import type { PolicySettings } from '../../../src/balance/policy/policy.ts'
import { seededRandom } from '../../support/random.ts'
import { policyContract } from './contract.ts'
import { equals, weighted } from './members.ts'
import { type Picker, sequence, startPolicy } from './picks.ts'

policyContract('least-requests', leastRequests, { weights: 0.02 })

function started(members: readonly Member[], settings: Partial<PolicySettings> = {}): Picker {
  return startPolicy(
    leastRequests({ random: () => 0, slowStart: undefined, boundedLoad: undefined, ...settings }),
    members,
  )
}

/** Picks so many, which all stay. */
function fill(pick: Picker, picks: number): void {
  for (let i = 0; i < picks; i++) (pick() as Member).active++
}

for (const [weights, expected] of [
  [[1, 1, 1], 'abcabc'],
  [[3, 1], 'aabaaaba'],
  [[5, 1, 1], 'aabacaa'],
] as const) {
  test(`without load, weights ${weights.join(', ')} give ${expected}`, () => {
    assert.equal(sequence(started(weighted(weights)), expected.length), expected)
  })
}

test('the one with the fewest exchanges is given', () => {
  const members = equals(4)
  const pick = started(members)
  for (const [i, active] of [3, 2, 5, 2].entries()) (members[i] as Member).active = active

  // Two have the fewest: they take turns.
  assert.equal(sequence(pick, 6), 'bdbdbd')
})

test('exchanges that stay are spread by weight', () => {
  const members = weighted([6, 3, 1])

  fill(started(members), 100)

  assert.deepEqual(
    members.map(({ active }) => active),
    [60, 30, 10],
  )
})

test('in a large group exchanges that stay are spread almost evenly', () => {
  const members = equals(100)

  fill(started(members, { random: seededRandom(7) }), 2000)

  const loads = members.map(({ active }) => active)
  assert.ok(Math.max(...loads) <= 23 && Math.min(...loads) >= 16, `${Math.min(...loads)} to ${Math.max(...loads)}`)
})

test('in a large group exchanges that stay follow the weights', () => {
  const members = weighted(Array.from({ length: 60 }, (_, i) => 1 + (i % 3)))

  fill(started(members, { random: seededRandom(7) }), 6000)

  for (const { id, weight, active } of members) {
    assert.ok(Math.abs(active - 50 * weight) <= 6, `${id} of weight ${weight} has ${active}`)
  }
})

for (const size of [5, 50]) {
  test(`of ${size}, one that starts slowly carries a tenth of its part`, () => {
    const members = equals(size)
    const late = members[3] as Member
    late.rampSince = 0
    const slowStart = { window: 30_000, aggression: 1, minimum: 0.1 }

    fill(started(members, { slowStart, random: seededRandom(2) }), size * 100)

    assert.ok(late.active >= 8 && late.active <= 13, `${late.active} of about 100`)
  })
}
