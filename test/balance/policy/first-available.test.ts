import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Member } from '../../../src/balance/member.ts'
import { firstAvailable } from '../../../src/balance/policy/first-available.ts'
import { policyContract } from './contract.ts'
import { memberWith } from './members.ts'
import { sequence, startPolicy } from './picks.ts'

policyContract('first-available', firstAvailable, { weights: false })

test('the first fills up before the second is given', () => {
  const members = ['a', 'b', 'c'].map((name) => memberWith(name, { maxRequests: 2 }))
  const pick = startPolicy(firstAvailable(), members)
  let given = ''

  for (let i = 0; i < 7; i++) {
    const member = pick()
    given += member?.id ?? '-'
    if (member !== undefined) member.active++
  }

  assert.equal(given, 'aabbcc-')
})

test('the first is given again as soon as it has room', () => {
  const members = ['a', 'b'].map((name) => memberWith(name, { maxRequests: 1 }))
  const a = members[0] as Member
  const pick = startPolicy(firstAvailable(), members)
  a.active = 1

  assert.equal(sequence(pick, 3), 'bbb')
  a.active = 0
  assert.equal(sequence(pick, 3), 'aaa')
})

test('the order is that of the update', () => {
  const [a, b] = ['a', 'b'].map((name) => memberWith(name, { weight: name === 'a' ? 9 : 1 })) as [Member, Member]
  const pick = startPolicy(firstAvailable(), [a, b])

  pick.update([b, a])

  assert.equal(sequence(pick, 3), 'bbb')
})
