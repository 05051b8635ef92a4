import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRetryBudget } from '../../../src/balance/retry/budget.ts'

/** How many can be taken, one after the other. */
function room(ratio: number, minimum: number, active: number): number {
  const budget = createRetryBudget({ ratio, minimum }, () => active)
  let taken = 0
  while (taken < 1000 && budget.take()) taken++
  return taken
}

test('max(minimum, ratio * active) retries at a time, as Envoy counts', () => {
  assert.equal(room(0.2, 3, 0), 3)
  assert.equal(room(0.2, 3, 15), 3)
  assert.equal(room(0.2, 3, 20), 4)
  assert.equal(room(0.2, 3, 100), 20)
  assert.equal(room(1, 0, 7), 7)
  assert.equal(room(0, 0, 100), 0)
})

test('what is given back can be taken again; a load that falls lets no more through', () => {
  let active = 20
  const budget = createRetryBudget({ ratio: 0.2, minimum: 1 }, () => active)
  for (let i = 0; i < 4; i++) assert.equal(budget.take(), true)

  assert.equal(budget.take(), false)
  budget.release()
  assert.equal(budget.take(), true)
  active = 5
  budget.release()
  assert.equal(budget.take(), false)
})
