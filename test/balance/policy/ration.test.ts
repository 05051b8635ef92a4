import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Member } from '../../../src/balance/member.ts'
import { leastRequests } from '../../../src/balance/policy/least-requests.ts'
import { peakEwma } from '../../../src/balance/policy/peak-ewma.ts'
import type { CreatePolicy } from '../../../src/balance/policy/policy.ts'
import { Ration } from '../../../src/balance/policy/ration.ts'
import { equals, memberWith } from './members.ts'
import { countPicks, type Picker, startPolicy } from './picks.ts'

const slowStart = { window: 30_000, aggression: 1, minimum: 0.1 }
const policies: readonly (readonly [string, CreatePolicy])[] = [
  ['peak-ewma', peakEwma],
  ['least-requests', leastRequests],
]

/** Three members, the last of which has just come: a tenth of its weight, which is one pick in 21. */
function threeOfThem(create: CreatePolicy): { members: readonly Member[]; late: Member; pick: Picker } {
  const members = equals(3)
  const late = members[2] as Member
  late.rampSince = 0
  return { members, late, pick: startPolicy(create({ random: () => 0, slowStart, boundedLoad: undefined }), members) }
}

for (const [name, create] of policies) {
  test(`${name}: one that starts slowly has no more than its share while the others are busy`, () => {
    const { members, late, pick } = threeOfThem(create)
    for (const member of members) if (member !== late) member.active = 30

    const count = countPicks(pick, 2100).get(late) as number

    assert.ok(Math.abs(count - 100) <= 1, `${count} of about 100`)
  })

  test(`${name}: its share grows with time, and has no bound after the window`, () => {
    const { members, late, pick } = threeOfThem(create)
    for (const member of members) if (member !== late) member.active = 30

    // Half of its weight: one pick in five.
    const half = countPicks(pick, 1000, { now: 15_000 }).get(late) as number
    const whole = countPicks(pick, 1000, { now: 30_000 }).get(late)

    assert.ok(Math.abs(half - 200) <= 2, `${half} of about 200`)
    assert.equal(whole, 1000)
  })

  test(`${name}: after a time in which it was dear there is no burst`, () => {
    const { members, late, pick } = threeOfThem(create)
    late.active = 1000
    countPicks(pick, 1000)
    late.active = 0
    for (const member of members) if (member !== late) member.active = 30

    const burst = countPicks(pick, 21).get(late) as number

    assert.ok(burst <= 3, `${burst} of 21`)
  })

  test(`${name}: where all that are left start slowly, somebody is given all the same`, () => {
    const { members, late, pick } = threeOfThem(create)
    const tried = members.filter((member) => member !== late).map(({ upstream }) => upstream)

    assert.equal(countPicks(pick, 100, { tried }).get(late), 100)
  })

  test(`${name}: where all start slowly they share as ever`, () => {
    const members = equals(4)
    for (const member of members) member.rampSince = 0
    const pick = startPolicy(create({ random: () => 0, slowStart, boundedLoad: undefined }), members)

    assert.deepEqual([...countPicks(pick, 400).values()], [100, 100, 100, 100])
  })
}

test('peak-ewma: one that starts slowly and is by far the quickest does not draw the traffic', () => {
  const { members, late, pick } = threeOfThem(peakEwma)
  for (const member of members) member.latency.observe(member === late ? 5 : 600, 0)

  const count = countPicks(pick, 2100).get(late) as number

  assert.ok(Math.abs(count - 100) <= 1, `${count} of about 100`)
})

test('a ration saves up two picks, and begins with one', () => {
  const ration = new Ration()
  const member = memberWith('a')

  assert.ok(ration.mayBeGiven(member))
  for (let i = 0; i < 10; i++) ration.gain(member, 0.5)
  for (const expected of [true, true, false]) {
    assert.equal(ration.mayBeGiven(member), expected)
    ration.spend(member)
  }
  assert.equal(ration.gain(member, 0.5), false)
  assert.equal(ration.gain(member, 0.5), true)
})
