import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hash32, mix32 } from '../../../src/balance/hash.ts'
import { identityOf } from '../../../src/balance/identity.ts'
import type { Member } from '../../../src/balance/member.ts'
import { rendezvous } from '../../../src/balance/policy/rendezvous.ts'
import { policyContract } from './contract.ts'
import { askFor, hashContract, places } from './hash-contract.ts'
import { equals, weighted } from './members.ts'

policyContract('rendezvous', rendezvous, { weights: 0.01 })
hashContract('rendezvous', rendezvous, { extra: 0 })

test('a key goes to the highest of w / -ln(u), and without that one to the next', () => {
  const members = weighted([1, 3, 0.5, 2, 1])
  const policy = rendezvous({ random: () => 0, slowStart: undefined, boundedLoad: undefined })
  policy.update(members)
  const score = (member: Member, hash: number): number => {
    const identity = identityOf(member.upstream)
    const drawn = mix32(Math.imul(hash ^ hash32(identity), 0x9e3779b1) ^ hash32(identity, 1))
    return member.weight / -Math.log((drawn + 0.5) / 2 ** 32)
  }

  for (let i = 0; i < 2000; i++) {
    const hash = mix32(i + 99)
    const ranked = [...members].sort((a, b) => score(b, hash) - score(a, hash))
    for (let tried = 0; tried < members.length; tried++) {
      const gone = ranked.slice(0, tried).map(({ upstream }) => upstream)

      assert.equal(policy.pick(askFor(hash, gone)), ranked[tried])
    }
  }
})

test('a weight that grows takes keys from others, and no other key moves', () => {
  const members = equals(8)
  const grown = members[5] as Member
  const policy = rendezvous({ random: () => 0, slowStart: undefined, boundedLoad: undefined })
  policy.update(members)
  const before = places(policy)
  grown.weight = 2

  policy.update(members)

  const after = places(policy)
  after.forEach((member, i) => {
    assert.ok(member === before[i] || member === grown)
  })
  const share = after.filter((member) => member === grown).length / after.length
  assert.ok(Math.abs(share - 2 / 9) < 0.01, `${share}`)
})
