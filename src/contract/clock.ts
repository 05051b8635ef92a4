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

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  setTimer: (fn, ms) => setTimeout(fn, ms).unref(),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
}
