import assert from 'node:assert/strict'
import { test } from 'node:test'
import { smoothWeightedRoundRobin } from '../../src/balance/smooth-wrr.ts'
import type { Upstream } from '../../src/contract/pool.ts'
import { upstreamWith } from '../http/exchange-with.ts'

const weighted = (weights: readonly number[]): Upstream[] =>
  weights.map((weight, i) => upstreamWith({ name: String.fromCharCode(97 + i), weight }))

const fromStart = (): number => 0

function sequence(weights: readonly number[], picks: number, random: () => number = fromStart): string {
  const pick = smoothWeightedRoundRobin(weighted(weights), random)
  return Array.from({ length: picks }, () => pick([])?.name).join('')
}

for (const [weights, expected] of [
  [[5, 1, 1], 'aabacaa'],
  [[4, 2, 1], 'abacaba'],
  [[3, 1], 'aaba'],
  [[10, 3, 2], 'abaacaabaacaaba'],
  [[1, 1, 1], 'abc'],
  [[1], 'a'],
  [[0.5, 0.25], 'aba'],
] as const) {
  test(`weights ${weights.join(', ')} give ${expected}, again and again`, () => {
    assert.equal(sequence(weights, expected.length * 2), expected + expected)
  })
}

test('the turn begins at a random place of the cycle', () => {
  const starts = [0, 0.2, 0.4, 0.6, 0.8, 0.999].map((random) => sequence([3, 2], 5, () => random))

  assert.deepEqual([...new Set(starts)].sort(), ['aabab', 'abaab', 'ababa', 'baaba', 'babaa'].sort())
})

test('large weights do not make the start slow', () => {
  const began = performance.now()

  sequence([1_000_000_000, 1], 1, () => 0.999)

  assert.ok(performance.now() - began < 1000)
})

test('what has been tried is not given again; when all have been, there is none', () => {
  const [a, b, c] = weighted([5, 1, 1]) as [Upstream, Upstream, Upstream]
  const pick = smoothWeightedRoundRobin([a, b, c], fromStart)

  assert.equal(pick([]), a)
  assert.notEqual(pick([a]), a)
  assert.equal(pick([a, b]), c)
  assert.equal(pick([a, b, c]), undefined)
})

test('one upstream alone is given once', () => {
  const [a] = weighted([1]) as [Upstream]
  const pick = smoothWeightedRoundRobin([a], fromStart)

  assert.deepEqual([pick([]), pick([a]), pick([])], [a, undefined, a])
})

test('picks among the rest do not unbalance the whole for long', () => {
  const [a, b] = weighted([1, 1]) as [Upstream, Upstream]
  const pick = smoothWeightedRoundRobin([a, b], fromStart)
  for (let i = 0; i < 100; i++) pick([a])
  let ofA = 0

  for (let i = 0; i < 100; i++) if (pick([]) === a) ofA++

  assert.ok(ofA >= 49 && ofA <= 51, `${ofA} of 100`)
})
