import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PriorityLoadSettings, priorityLoads } from '../../src/balance/priority-load.ts'

/** Levels of 100 members, so many of them well. */
const levels = (...healthy: number[]) => healthy.map((one) => ({ healthy: one, total: 100 }))

/** As Envoy's tables print: rounded, and the last level has what is left of 100 (35.7, 35.7, 28.6 are 36, 36, 28). */
function whole(loads: readonly number[]): number[] {
  let left = Math.round(sum(loads))
  return loads.map((load, i) => {
    const share = i === loads.length - 1 ? left : Math.round(load)
    left -= share
    return share
  })
}

const rounded = (healthy: readonly number[], settings?: PriorityLoadSettings): number[] =>
  whole(priorityLoads(levels(...healthy), settings).loads)

const sum = (loads: readonly number[]): number => loads.reduce((all, load) => all + load, 0)

for (const [healthy, loads, panic] of [
  // Envoy, "Priority levels".
  [
    [100, 100],
    [100, 0],
    [false, false],
  ],
  [
    [72, 100],
    [100, 0],
    [false, false],
  ],
  [
    [71, 100],
    [99, 1],
    [false, false],
  ],
  [
    [50, 100],
    [70, 30],
    [false, false],
  ],
  [
    [25, 100],
    [35, 65],
    [false, false],
  ],
  [
    [0, 100],
    [0, 100],
    [false, false],
  ],
  [
    [25, 25],
    [50, 50],
    [true, true],
  ],
  [
    [100, 100, 100],
    [100, 0, 0],
    [false, false, false],
  ],
  [
    [72, 72, 100],
    [100, 0, 0],
    [false, false, false],
  ],
  [
    [71, 71, 100],
    [99, 1, 0],
    [false, false, false],
  ],
  [
    [50, 50, 100],
    [70, 30, 0],
    [false, false, false],
  ],
  [
    [25, 100, 100],
    [35, 65, 0],
    [false, false, false],
  ],
  [
    [25, 25, 100],
    [35, 35, 30],
    [false, false, false],
  ],
  [
    [25, 25, 20],
    [36, 36, 28],
    [true, true, true],
  ],
  // "Panic threshold". Its rows 50/60 and 25/100 do not follow from its own formula; these do.
  [
    [72, 72],
    [100, 0],
    [false, false],
  ],
  [
    [71, 71],
    [99, 1],
    [false, false],
  ],
  [
    [50, 60],
    [70, 30],
    [false, false],
  ],
  [
    [5, 65],
    [7, 93],
    [true, false],
  ],
] as const) {
  test(`levels that are ${healthy.join(', ')} % well take ${loads.join(', ')} %`, () => {
    const found = priorityLoads(levels(...healthy))

    assert.deepEqual(whole(found.loads), loads)
    assert.deepEqual(found.panic, panic)
  })
}

test('when nobody is well anywhere, all panic and share by their heads', () => {
  const found = priorityLoads([
    { healthy: 0, total: 3 },
    { healthy: 0, total: 1 },
  ])

  assert.deepEqual(found, { loads: [75, 25], panic: [true, true] })
})

test('without a panic threshold nothing is given to those that are not well', () => {
  assert.deepEqual(priorityLoads(levels(0, 0), { panicThreshold: 0 }), { loads: [0, 0], panic: [false, false] })
  assert.deepEqual(priorityLoads(levels(5, 5), { panicThreshold: 0 }).panic, [false, false])
  assert.deepEqual(rounded([5, 5], { panicThreshold: 0 }), [50, 50])
})

test('a level without members takes nothing and never panics', () => {
  const empty = { healthy: 0, total: 0 }

  assert.deepEqual(priorityLoads([empty, { healthy: 2, total: 2 }]), { loads: [0, 100], panic: [false, false] })
  assert.deepEqual(priorityLoads([empty, { healthy: 0, total: 2 }]), { loads: [0, 100], panic: [false, true] })
  assert.deepEqual(priorityLoads([empty]), { loads: [0], panic: [false] })
  assert.deepEqual(priorityLoads([]), { loads: [], panic: [] })
})

test('the overprovisioning says from when on a level gives away', () => {
  assert.deepEqual(rounded([90, 100], { overprovisioning: 1 }), [90, 10])
  assert.deepEqual(rounded([50, 100], { overprovisioning: 2 }), [100, 0])
})

test('of three members one may fail before anything moves to the backup', () => {
  const well = (healthy: number): number[] =>
    priorityLoads([
      { healthy, total: 3 },
      { healthy: 1, total: 1 },
    ]).loads.map(Math.round)

  assert.deepEqual(
    [well(3), well(2), well(1), well(0)],
    [
      [100, 0],
      [93, 7],
      [47, 53],
      [0, 100],
    ],
  )
})

test('whatever the health, the loads add up to 100 and none is negative', () => {
  for (let total = 1; total <= 7; total++) {
    for (let a = 0; a <= total; a++) {
      for (let b = 0; b <= total; b++) {
        const { loads } = priorityLoads([
          { healthy: a, total },
          { healthy: b, total },
          { healthy: 1, total: 3 },
        ])
        assert.ok(Math.abs(sum(loads) - 100) < 1e-6, `${a}, ${b} of ${total}: ${loads}`)
        assert.ok(loads.every((load) => load === 0 || load > 1e-6))
      }
    }
  }
})
