import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOutlier } from '../../src/balance/outlier-options.ts'

test('passive health is on unless something else is said', () => {
  assert.deepEqual(readOutlier('outlier', undefined), {
    consecutive5xx: 5,
    consecutiveGateway: 0,
    consecutiveLocal: 5,
    successRate: { minimumHosts: 5, minimumRequests: 100, deviations: 1.9 },
    failurePercentage: { threshold: 85, minimumHosts: 5, minimumRequests: 50 },
    failureGap: { points: 30, minimumRequests: 30 },
    latency: { factor: 10, floor: 100, consecutive: 5, minimumRequests: 20 },
    interval: 10_000,
    baseEjection: 30_000,
    maxEjection: 300_000,
    ejectionJitter: 0,
    maxEjected: 50,
  })
  assert.deepEqual(readOutlier('outlier', true), readOutlier('outlier', {}))
  assert.equal(readOutlier('outlier', false), undefined)
})

test('each trigger can be switched off', () => {
  const settings = readOutlier('outlier', {
    consecutive5xx: false,
    consecutiveGateway: false,
    consecutiveLocal: false,
    successRate: false,
    failurePercentage: false,
    failureGap: false,
    latency: false,
  })

  assert.deepEqual(
    [
      settings?.consecutive5xx,
      settings?.consecutiveGateway,
      settings?.consecutiveLocal,
      settings?.successRate,
      settings?.failurePercentage,
      settings?.failureGap,
      settings?.latency,
    ],
    [0, 0, 0, undefined, undefined, undefined, undefined],
  )
})

test('what is given stands, and the longest ejection is never below the first', () => {
  const settings = readOutlier('outlier', {
    consecutiveGateway: 3,
    latency: { factor: 3, floor: false },
    interval: '1s',
    baseEjection: '10m',
    ejectionJitter: '2s',
    maxEjected: 10,
  })

  assert.equal(settings?.consecutiveGateway, 3)
  assert.deepEqual(settings?.latency, { factor: 3, floor: 0, consecutive: 5, minimumRequests: 20 })
  assert.equal(settings?.interval, 1000)
  assert.equal(settings?.maxEjection, 600_000)
  assert.equal(settings?.ejectionJitter, 2000)
  assert.equal(settings?.maxEjected, 10)
})

test('settings cannot be changed', () => {
  const settings = readOutlier('outlier', {})

  assert.ok(Object.isFrozen(settings) && Object.isFrozen(settings?.latency) && Object.isFrozen(settings?.successRate))
})

for (const [given, option] of [
  [{ consecutive5xx: 0 }, 'outlier.consecutive5xx'],
  [{ consecutive5xx: true }, 'outlier.consecutive5xx'],
  [{ consecutiveLocal: 1.5 }, 'outlier.consecutiveLocal'],
  [{ interval: 0 }, 'outlier.interval'],
  [{ interval: false }, 'outlier.interval'],
  [{ baseEjection: 'long' }, 'outlier.baseEjection'],
  [{ maxEjected: 0 }, 'outlier.maxEjected'],
  [{ maxEjected: 101 }, 'outlier.maxEjected'],
  [{ successRate: { minimumHosts: 1 } }, 'outlier.successRate.minimumHosts'],
  [{ successRate: { deviations: 0 } }, 'outlier.successRate.deviations'],
  [{ successRate: true }, 'outlier.successRate'],
  [{ failurePercentage: { threshold: 0 } }, 'outlier.failurePercentage.threshold'],
  [{ failureGap: { points: 200 } }, 'outlier.failureGap.points'],
  [{ latency: { factor: 1 } }, 'outlier.latency.factor'],
  [{ latency: { flor: 1 } }, 'outlier.latency.flor'],
  [{ consecutive: 5 }, 'outlier.consecutive'],
  ['on', 'outlier'],
  [null, 'outlier'],
] as const) {
  test(`${JSON.stringify(given)} is refused, and the fault is said to be in ${option}`, () => {
    assert.throws(() => readOutlier('outlier', given as never), { code: 'SP_BAD_OPTION', option })
  })
}
