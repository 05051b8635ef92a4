import assert from 'node:assert/strict'
import { test } from 'node:test'
import { localityLoads } from '../../src/balance/locality-load.ts'

for (const [healthy, share] of [
  [100, 33],
  [70, 33],
  [69, 32],
  [50, 26],
  [25, 15],
  [0, 0],
] as const) {
  test(`weights 1 and 2, the first ${healthy} % well: it takes ${share} %`, () => {
    const loads = localityLoads([
      { weight: 1, healthy, total: 100 },
      { weight: 2, healthy: 100, total: 100 },
    ])

    assert.deepEqual(loads.map(Math.round), [share, 100 - share])
  })
}

test('when nobody is well anywhere, the weights alone count', () => {
  const loads = localityLoads([
    { weight: 1, healthy: 0, total: 5 },
    { weight: 3, healthy: 0, total: 1 },
  ])

  assert.deepEqual(loads, [25, 75])
})

test('a place without members, or with weight 0, takes nothing', () => {
  const well = { weight: 1, healthy: 1, total: 1 }

  assert.deepEqual(localityLoads([well, { weight: 5, healthy: 0, total: 0 }]), [100, 0])
  assert.deepEqual(localityLoads([well, { weight: 0, healthy: 5, total: 5 }]), [100, 0])
  assert.deepEqual(localityLoads([{ weight: 0, healthy: 5, total: 5 }]), [0])
})

test('when only a place of weight 0 is well, the others share by weight', () => {
  const loads = localityLoads([
    { weight: 1, healthy: 0, total: 1 },
    { weight: 0, healthy: 1, total: 1 },
  ])

  assert.deepEqual(loads, [100, 0])
})

test('one that is well among a thousand keeps a part', () => {
  const [one] = localityLoads([
    { weight: 1, healthy: 1, total: 1000 },
    { weight: 1, healthy: 1000, total: 1000 },
  ]) as [number]

  assert.equal(Math.round(one), 1)
})

test('the overprovisioning says from when on a place gives away', () => {
  const loads = localityLoads(
    [
      { weight: 1, healthy: 50, total: 100 },
      { weight: 1, healthy: 100, total: 100 },
    ],
    2,
  )

  assert.deepEqual(loads, [50, 50])
})
