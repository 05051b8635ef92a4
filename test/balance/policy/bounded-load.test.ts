import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Member } from '../../../src/balance/member.ts'
import { LoadBounds, loadBound } from '../../../src/balance/policy/bounded-load.ts'
import { askFor } from './hash-contract.ts'
import { equals, weighted } from './members.ts'

test('the bound is the factor times the fair share of what runs and the one that comes, rounded up', () => {
  for (const [factor, active, weight, weights, bound] of [
    [1.5, 0, 1, 3, 1],
    [1.5, 1, 1, 3, 1],
    [1.5, 2, 1, 3, 2],
    [1.5, 9, 1, 10, 2],
    [1.5, 99, 1, 10, 15],
    [1.2, 99, 1, 10, 12],
    [2, 99, 1, 10, 20],
    [1.5, 99, 5, 7, 108],
    [1.5, 99, 1, 7, 22],
    [1, 8, 1, 3, 3],
  ] as const) {
    assert.equal(loadBound(factor, active, weight, weights), bound)
  }
})

test('the bounds of all hold one more than what runs, with any weights and a factor of 1', () => {
  for (const weights of [
    [1, 1, 1],
    [5, 1, 1],
    [0.3, 0.9, 7, 2],
  ]) {
    const sum = weights.reduce((total, weight) => total + weight, 0)
    for (let active = 0; active < 500; active++) {
      const room = weights.reduce((total, weight) => total + loadBound(1, active, weight, sum), 0)
      assert.ok(room >= active + 1)
    }
  }
})

test('what runs is counted once for each pick', () => {
  const members = weighted([1, 1])
  const [a, b] = members as [Member, Member]
  const bounds = new LoadBounds(1.5, members)
  a.active = 3
  b.active = 1

  bounds.begin()
  assert.equal(bounds.reached(a), false)
  b.active = 0
  assert.equal(bounds.reached(a), false)
  bounds.begin()
  assert.equal(bounds.reached(a), true)
})

test('one that has nothing to do is never at its bound', () => {
  const members = weighted([1, 1e-9])
  const bounds = new LoadBounds(1, members)

  bounds.begin()

  assert.equal(bounds.reached(members[1] as Member), false)
})

test('those below their bound are found from the place that the hash says; none is undefined', () => {
  const members = equals(4)
  const bounds = new LoadBounds(1, members)
  for (const member of members) member.active = 2
  const [, b, c] = members as [Member, Member, Member]
  b.active = 0
  c.active = 0
  bounds.begin()

  assert.equal(bounds.below(0, askFor(0)), b)
  assert.equal(bounds.below(2, askFor(0)), c)
  assert.equal(bounds.below(3, askFor(0)), b)
  assert.equal(bounds.below(3, askFor(0, [b.upstream, c.upstream])), undefined)
})
