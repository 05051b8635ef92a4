import { test } from 'node:test'
import type { Member } from '../../../src/balance/member.ts'
import { random } from '../../../src/balance/policy/random.ts'
import { seededRandom } from '../../support/random.ts'
import { policyContract } from './contract.ts'
import { equals, weighted } from './members.ts'
import { assertShares, countPicks, startPolicy } from './picks.ts'

policyContract('random', random, { weights: 0 })

test('those with room share by weight what the others cannot take, be they many or few', () => {
  for (const room of [3, 30]) {
    const members = weighted(Array.from({ length: 40 }, (_, i) => 1 + (i % 4)))
    const tried = members.slice(room).map(({ upstream }) => upstream)
    const pick = startPolicy(random({ random: seededRandom(8), slowStart: undefined, boundedLoad: undefined }), members)

    const counts = countPicks(pick, 20_000, { tried })

    assertShares(members.slice(0, room), counts, 0)
  }
})

test('one that starts slowly has a tenth of its part', () => {
  const members = equals(10)
  const late = members[4] as Member
  late.rampSince = 0
  const slowStart = { window: 30_000, aggression: 1, minimum: 0.1 }
  const pick = startPolicy(random({ random: seededRandom(9), slowStart, boundedLoad: undefined }), members)

  const counts = countPicks(pick, 50_000)

  assertShares(members, counts, 0, (member) => (member === late ? 0.1 : 1))
})
