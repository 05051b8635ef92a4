import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPolicy, policyNames } from '../../../src/balance/policy/policies.ts'
import { equals } from './members.ts'

test('every name makes a policy of its own', () => {
  for (const name of policyNames) {
    const make = () => createPolicy(name, { random: () => 0.5, slowStart: undefined, boundedLoad: undefined })
    const [one, other] = [make(), make()]
    const members = equals(3)

    one.update(members)

    assert.ok(members.includes(one.pick({ now: 0, tried: [], hash: 1 }) as (typeof members)[0]), name)
    assert.equal(other.pick({ now: 0, tried: [], hash: 1 }), undefined, name)
  }
})

test('the first name, which is the default, is peak EWMA', () => {
  assert.equal(policyNames[0], 'peak-ewma')
})
