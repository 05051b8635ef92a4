import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PeakEwma } from '../../src/balance/peak-ewma.ts'

const near = (found: number, expected: number): void => {
  assert.ok(Math.abs(found - expected) < 1e-9, `${found} is not ${expected}`)
}

test('the first observation is the estimate', () => {
  const latency = new PeakEwma(10_000)

  assert.equal(latency.known, false)
  assert.equal(latency.at(5000), 0)
  latency.observe(40, 5000)

  assert.equal(latency.known, true)
  assert.equal(latency.at(5000), 40)
})

test('a rise is believed at once', () => {
  const latency = new PeakEwma(10_000)
  latency.observe(10, 0)

  latency.observe(500, 1)

  assert.equal(latency.at(1), 500)
})

test('a fall is believed in proportion to the age of what was known', () => {
  const latency = new PeakEwma(10_000)
  latency.observe(100, 0)

  latency.observe(10, 5000)

  const w = Math.exp(-0.5)
  near(latency.at(5000), 10 * (1 - w) + 100 * w)
})

test('a reading fades as if zeros were observed, and reading changes nothing', () => {
  const latency = new PeakEwma(10_000)
  latency.observe(100, 0)

  near(latency.at(10_000), 100 / Math.E)
  near(latency.at(10_000 * Math.LN2), 50)
  near(latency.at(10_000), 100 / Math.E)
})

test('an answer slower than what has faded is a peak', () => {
  const latency = new PeakEwma(10_000)
  latency.observe(100, 0)

  latency.observe(50, 10_000)

  assert.equal(latency.at(10_000), 50)
})

/** Finagle's `Metric`, read before each observation as its balancer does at each pick. */
function finagle(observations: readonly (readonly [at: number, latency: number])[], tau: number): number[] {
  let cost = 0
  let stamp = 0
  const observe = (x: number, now: number): void => {
    const w = Math.exp(-Math.max(now - stamp, 0) / tau)
    cost = x > cost ? x : cost * w + x * (1 - w)
    stamp = now
  }
  return observations.map(([at, latency]) => {
    const before = cost === 0 ? 0 : cost * Math.exp(-(at - stamp) / tau)
    if (latency > before) observe(0, at)
    observe(latency, at)
    return cost
  })
}

test('it goes the way that Finagle goes', () => {
  const observations = [
    [0, 12],
    [100, 9],
    [2500, 80],
    [2600, 11],
    [9000, 10],
    [40_000, 7],
    [40_001, 7.5],
  ] as const
  const latency = new PeakEwma(10_000)

  const found = observations.map(([at, x]) => {
    latency.observe(x, at)
    return latency.at(at)
  })

  finagle(observations, 10_000).forEach((expected, i) => {
    near(found[i] as number, expected)
  })
})

test('observations that come out of order make nobody slower than he was', () => {
  const latency = new PeakEwma(10_000)
  latency.observe(100, 5000)

  latency.observe(50, 1000)

  assert.equal(latency.at(1000), 100)
  assert.equal(latency.at(5000), 100)
})
