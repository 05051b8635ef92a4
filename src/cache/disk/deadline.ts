import type { Clock, Timer } from '../../contract/clock.ts'

/** How long the disk may take for one operation, in milliseconds. */
export const patience = 5000
const steps = 4

/**
 * Tells when the disk has not answered in time. It waits in a few steps, with a turn of the event loop after each: an answer
 * that came while the process itself stood still is in time.
 */
export class Deadline {
  readonly #clock: Clock
  readonly #onLate: () => void
  #timer: Timer | undefined
  #immediate: NodeJS.Immediate | undefined
  #left = 0

  constructor(clock: Clock, onLate: () => void) {
    this.#clock = clock
    this.#onLate = onLate
  }

  arm(): void {
    this.disarm()
    this.#left = steps
    this.#timer = this.#clock.setTimer(this.#step, patience / steps)
  }

  disarm(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
    if (this.#immediate !== undefined) clearImmediate(this.#immediate)
    this.#timer = undefined
    this.#immediate = undefined
  }

  readonly #step = (): void => {
    this.#timer = undefined
    this.#immediate = setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    this.#immediate = undefined
    if (--this.#left === 0) this.#onLate()
    else this.#timer = this.#clock.setTimer(this.#step, patience / steps)
  }
}

/** The disk took longer than `patience`. */
export function stalled(): Error {
  return Object.assign(new Error(`the disk did not answer within ${patience / 1000} s`), { code: 'ETIMEDOUT' })
}
