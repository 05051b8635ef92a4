import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Member } from '../../../src/balance/member.ts'
import { latencyFloor, peakEwma } from '../../../src/balance/policy/peak-ewma.ts'
import type { PolicySettings } from '../../../src/balance/policy/policy.ts'
import { seededRandom } from '../../support/random.ts'
import { policyContract } from './contract.ts'
import { equals, weighted } from './members.ts'
import { countPicks, type Picker, sequence, startPolicy } from './picks.ts'

policyContract('peak-ewma', peakEwma, { weights: 0.02 })

function started(members: readonly Member[], settings: Partial<PolicySettings> = {}): Picker {
  return startPolicy(peakEwma({ random: () => 0, slowStart: undefined, boundedLoad: undefined, ...settings }), members)
}

for (const [weights, expected] of [
  [[1, 1, 1], 'abcabc'],
  [[3, 1], 'aabaaaba'],
  [[5, 1, 1], 'aabacaa'],
] as const) {
  test(`without load and history, weights ${weights.join(', ')} give ${expected}`, () => {
    assert.equal(sequence(started(weighted(weights)), expected.length), expected)
  })
}

test('a process begins anywhere in the cycle', () => {
  const starts = [0, 0.25, 0.5, 0.75].map((chance) => sequence(started(weighted([3, 1]), { random: () => chance }), 4))

  assert.deepEqual(starts, ['aaba', 'abaa', 'baaa', 'aaab'])
})

test('below the floor latencies are equal: quick origins take turns', () => {
  const members = equals(3)
  for (const [i, member] of members.entries()) member.latency.observe((latencyFloor * (i + 1)) / 3, 0)

  assert.equal(sequence(started(members), 6), 'abcabc')
})

for (const size of [3, 50]) {
  test(`of ${size}, one that becomes slow is left alone, and is asked again as that is forgotten`, () => {
    const members = equals(size)
    const slow = members[1] as Member
    const pick = started(members, { random: seededRandom(1) })
    for (const member of members) member.latency.observe(20, 0)
    slow.latency.observe(200, 0)
    const share = (now: number): number => {
      for (const member of members) if (member !== slow) member.latency.observe(20, now)
      return (countPicks(pick, 100 * size, { now }).get(slow) ?? 0) / 100
    }

    assert.equal(share(0), 0)
    // 200 ms have become 22.4, and after the mean life of ten seconds once more 8.2.
    assert.equal(share(21_900), 0)
    assert.ok(share(31_900) > 1)
  })
}

test('a slow one still has its part of a great load', () => {
  const members = equals(3)
  const latencies = [10, 10, 50]
  for (const [i, member] of members.entries()) member.latency.observe(latencies[i] as number, 0)
  const pick = started(members)

  for (let i = 0; i < 110; i++) (pick() as Member).active++

  assert.deepEqual(
    members.map(({ active }) => active),
    [50, 50, 10],
  )
})

test('one that comes back from an update has its latency still', () => {
  const members = equals(3)
  const slow = members[0] as Member
  for (const member of members) member.latency.observe(member === slow ? 500 : 20, 0)
  const pick = started(members)
  pick.update(members.slice(1))
  pick()

  pick.update(members)

  assert.equal(countPicks(pick, 100).get(slow), undefined)
})

test('one without history has its share, and not all of the traffic', () => {
  const members = equals(3)
  for (const member of members.slice(0, 2)) member.latency.observe(40, 0)

  assert.equal(sequence(started(members), 6), 'abcabc')
})

test('one that starts slowly has a tenth of its part without load, and under it', () => {
  const slowStart = { window: 30_000, aggression: 1, minimum: 0.1 }
  const members = equals(5)
  const late = members[3] as Member
  late.rampSince = 0
  for (const member of members) member.latency.observe(20, 0)
  const pick = started(members, { slowStart })

  const idle = countPicks(pick, 4100).get(late) as number
  for (let i = 0; i < 410; i++) (pick() as Member).active++

  assert.ok(Math.abs(idle - 100) <= 1, `${idle} of about 100`)
  assert.ok(Math.abs(late.active - 10) <= 2, `${late.active} of about 10`)
})
