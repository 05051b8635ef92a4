import type { Clock, Timer } from '../contract/clock.ts'

/** Something whose patience may end. */
export interface Watched {
  /** Clock reading at which patience ends, or Infinity. May move later freely; tell `arm` when it moves earlier. */
  readonly deadline: number
  expire(): void
}

/** Who is told of deadlines. */
export interface Watcher {
  add(one: Watched): void
  delete(one: Watched): void
  /** A deadline may have moved earlier, to this. */
  arm(deadline: number): void
}

/** Deadlines of many with one timer: set for the earliest of them, and set again only when it fires. */
export class Watch implements Watcher {
  readonly #clock: Clock
  readonly #all = new Set<Watched>()
  #timer: Timer | undefined
  #due = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(one: Watched): void {
    this.#all.add(one)
    this.arm(one.deadline)
  }

  delete(one: Watched): void {
    this.#all.delete(one)
  }

  arm(deadline: number): void {
    if (deadline >= this.#due) return
    this.close()
    this.#due = deadline
    this.#timer = this.#clock.setTimer(this.#look, Math.max(1, Math.ceil(deadline - this.#clock.now())))
  }

  close(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
    this.#timer = undefined
    this.#due = Number.POSITIVE_INFINITY
  }

  readonly #look = (): void => {
    this.close()
    const now = this.#clock.now()
    let next = Number.POSITIVE_INFINITY
    for (const one of this.#all) {
      const { deadline } = one
      if (deadline <= now) one.expire()
      else if (deadline < next) next = deadline
    }
    this.arm(next)
  }
}
