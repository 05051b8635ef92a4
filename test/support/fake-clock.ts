import type { Clock, Timer } from '../../src/contract/clock.ts'

/** A clock whose hands a test moves. */
export interface FakeClock extends Clock {
  /** Moves time on and fires what comes due, in order of time; what is set meanwhile counts too. */
  advance(ms: number): void
  /** Timers that are set and have neither fired nor been cleared. */
  readonly pending: number
}

interface FakeTimer {
  readonly at: number
  readonly order: number
  readonly fn: () => void
}

/** @param wall where `wall()` begins, in milliseconds since the epoch */
export function fakeClock(wall = Date.UTC(2026, 0, 1)): FakeClock {
  const timers = new Set<FakeTimer>()
  let now = 0
  let order = 0

  const next = (until: number): FakeTimer | undefined => {
    let first: FakeTimer | undefined
    for (const timer of timers) {
      if (timer.at > until) continue
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) {
        first = timer
      }
    }
    return first
  }

  return {
    now: () => now,
    wall: () => wall + now,
    setTimer(fn, ms) {
      const timer: FakeTimer = { at: now + Math.max(0, ms), order: order++, fn }
      timers.add(timer)
      return timer satisfies Timer
    },
    clearTimer(timer) {
      timers.delete(timer as FakeTimer)
    },
    advance(ms) {
      const until = now + ms
      for (let timer = next(until); timer !== undefined; timer = next(until)) {
        timers.delete(timer)
        now = timer.at
        timer.fn()
      }
      now = until
    },
    get pending() {
      return timers.size
    },
  }
}
