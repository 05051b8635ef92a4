import type { Clock, Timer } from '../contract/clock.ts'
import type { Ask, Lease } from '../contract/pool.ts'

export interface QueueSettings {
  /** Exchanges that may wait. */
  readonly size: number
  /** Milliseconds that each may wait. */
  readonly timeout: number
}

interface Waiting {
  readonly ask: Ask
  readonly callback: (lease: Lease | undefined) => void
  readonly deadline: number
}

/** A place that comes free may suit a later one where the first has tried that upstream. No more are looked at. */
const lookedAt = 16

/** Exchanges that wait for a place, first come first served, each for the same time at most. */
export class Queue {
  readonly #settings: QueueSettings
  readonly #clock: Clock
  readonly #waiting = new Set<Waiting>()
  #timer: Timer | undefined

  constructor(settings: QueueSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  get size(): number {
    return this.#waiting.size
  }

  /** Undefined when there is no room. Else a function that leaves. */
  join(ask: Ask, callback: (lease: Lease | undefined) => void): (() => void) | undefined {
    const { size, timeout } = this.#settings
    if (this.#waiting.size >= size) return undefined
    const one: Waiting = { ask, callback, deadline: this.#clock.now() + timeout }
    this.#waiting.add(one)
    this.#arm()
    return () => {
      this.#waiting.delete(one)
      this.#arm()
    }
  }

  /** Places may have come free. */
  serve(pick: (ask: Ask) => Lease | undefined): void {
    let left = lookedAt
    for (const one of this.#waiting) {
      const lease = pick(one.ask)
      if (lease === undefined) {
        if (--left === 0) return
        continue
      }
      this.#waiting.delete(one)
      one.callback(lease)
    }
    this.#arm()
  }

  close(): void {
    this.#end(this.#waiting)
    this.#arm()
  }

  #arm(): void {
    const [first] = this.#waiting
    if (first === undefined) {
      if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
      this.#timer = undefined
    } else if (this.#timer === undefined) {
      this.#timer = this.#clock.setTimer(this.#expire, Math.max(1, first.deadline - this.#clock.now()))
    }
  }

  readonly #expire = (): void => {
    this.#timer = undefined
    const now = this.#clock.now()
    const late: Waiting[] = []
    for (const one of this.#waiting) {
      if (one.deadline > now) break
      late.push(one)
    }
    this.#end(late)
    this.#arm()
  }

  #end(some: Iterable<Waiting>): void {
    for (const one of [...some]) if (this.#waiting.delete(one)) one.callback(undefined)
  }
}
