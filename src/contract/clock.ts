/** A timer that has been set and can be cleared. Opaque. */
export type Timer = object

/**
 * Time, handed in. Engines never reach for a clock of their own, so that a test can hold the hands.
 * All durations are milliseconds.
 */
export interface Clock {
  /** Monotonic milliseconds, with fractions. For durations. */
  now(): number
  /** Milliseconds since the epoch. For dates that people or peers read. */
  wall(): number
  /** Calls `fn` once after `ms`. The timer never keeps the process alive. */
  setTimer(fn: () => void, ms: number): Timer
  clearTimer(timer: Timer): void
}

/** Node fires a timer at once that is to wait longer. */
const longest = 2 ** 31 - 1

/** The machine's own clock. What is more than 25 days away comes after 25 days. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  setTimer: (fn, ms) => setTimeout(fn, Math.min(ms, longest)).unref(),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
}
