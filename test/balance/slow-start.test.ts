import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSlowStart, type SlowStart, slowStartShare } from '../../src/balance/slow-start.ts'

const minute = (aggression: number): SlowStart => ({ window: 60_000, aggression, minimum: 0.1 })

for (const [aggression, shares] of [
  [1, [100, 100, 250, 500, 750, 1000]],
  [2, [129, 316, 500, 707, 866, 1000]],
] as const) {
  test(`in a window of 60 s with aggression ${aggression} the shares at 1, 6, 15, 30, 45, 60 s are ${shares.join(', ')} thousandths`, () => {
    const found = [1, 6, 15, 30, 45, 60].map((s) => slowStartShare(minute(aggression), s * 1000))

    assert.deepEqual(
      found.map((share) => Math.round(share * 1000)),
      shares,
    )
  })
}

test('the share at the very start is that of the first second', () => {
  assert.equal(slowStartShare(minute(2), 0), slowStartShare(minute(2), 1000))
})

test('a share never shrinks, and is never above 1, in short windows too', () => {
  for (const window of [100, 1500, 30_000]) {
    let last = 0
    for (let since = 0; since <= window; since += window / 50) {
      const share = slowStartShare({ window, aggression: 1, minimum: 0.1 }, since)
      assert.ok(share >= last && share <= 1)
      last = share
    }
    assert.equal(last, 1)
  }
})

test('slow start is on with 30 seconds unless something else is said', () => {
  const byDefault = { window: 30_000, aggression: 1, minimum: 0.1 }

  assert.deepEqual(readSlowStart('slowStart', undefined), byDefault)
  assert.deepEqual(readSlowStart('slowStart', {}), byDefault)
  assert.deepEqual(readSlowStart('slowStart', '1m'), { ...byDefault, window: 60_000 })
  assert.deepEqual(readSlowStart('slowStart', 500), { ...byDefault, window: 500 })
  assert.deepEqual(readSlowStart('slowStart', { window: '5s', aggression: 2, minimum: 1 }), {
    window: 5000,
    aggression: 2,
    minimum: 1,
  })
})

test('false, and a window of nothing, is off', () => {
  assert.equal(readSlowStart('slowStart', false), undefined)
  assert.equal(readSlowStart('slowStart', 0), undefined)
  assert.equal(readSlowStart('slowStart', { window: 0 }), undefined)
})

for (const [given, option] of [
  ['soon', 'slowStart'],
  [{ window: -1 }, 'slowStart.window'],
  [{ aggression: 0 }, 'slowStart.aggression'],
  [{ aggression: '2' }, 'slowStart.aggression'],
  [{ aggression: Number.POSITIVE_INFINITY }, 'slowStart.aggression'],
  [{ minimum: 0 }, 'slowStart.minimum'],
  [{ minimum: 1.1 }, 'slowStart.minimum'],
  [{ minimal: 0.1 }, 'slowStart.minimal'],
  [true, 'slowStart'],
] as const) {
  test(`${JSON.stringify(given)} is refused, and the fault is said to be in ${option}`, () => {
    assert.throws(() => readSlowStart('slowStart', given as never), { code: 'SP_BAD_OPTION', option })
  })
}
