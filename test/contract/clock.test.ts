import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/contract/clock.ts'

test('a timer that is further away than Node can wait does not fire at once', async () => {
  let fired = 0
  const timers = [2 ** 31, 2 ** 31 * 1.05, Number.POSITIVE_INFINITY].map((ms) => {
    return systemClock.setTimer(() => fired++, ms)
  })

  await new Promise((resolve) => setTimeout(resolve, 20))

  assert.equal(fired, 0)
  for (const timer of timers) systemClock.clearTimer(timer)
})
