import type { Clock, Timer } from '../contract/clock.ts'
import type { Ask, Lease } from '../contract/pool.ts'

export interface QueueSettings {
  /** Exchanges that may wait. */
  readonly size: number
  /** Milliseconds that each may wait. */
  readonly timeout: number
}

/** In a ring with all others, the queue itself between the last and the first: any may leave at once. */
interface Place {
  before: Place
  after: Place
}

class Waiting implements Place {
  before: Place = this
  after: Place = this
  readonly ask: Ask
  readonly callback: (lease: Lease | undefined) => void
  /** Clock reading. */
  readonly deadline: number

  constructor(ask: Ask, callback: (lease: Lease | undefined) => void, deadline: number) {
    this.ask = ask
    this.callback = callback
    this.deadline = deadline
  }
}

/** A place that comes free may suit a later one where the first has tried that upstream. No more are looked at. */
const lookedAt = 16

/** Exchanges that wait for a place, first come first served, each for the same time at most. */
export class Queue implements Place {
  before: Place = this
  after: Place = this
  size = 0
  readonly #settings: QueueSettings
  readonly #clock: Clock
  #timer: Timer | undefined
  #serving = false
  /** More places came free while it was serving. */
  #again = false

  constructor(settings: QueueSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  /** Undefined when there is no room. Else a function that leaves. */
  join(ask: Ask, callback: (lease: Lease | undefined) => void): (() => void) | undefined {
    const { size, timeout } = this.#settings
    if (this.size >= size) return undefined
    const one = new Waiting(ask, callback, this.#clock.now() + timeout)
    one.before = this.before
    one.after = this
    this.before.after = one
    this.before = one
    this.size++
    this.#arm()
    return () => {
      if (!this.#remove(one)) return
      this.#arm()
    }
  }

  /** Places may have come free. Who is served may free one in the same turn: then the loop goes on, and not deeper. */
  serve(pick: (ask: Ask) => Lease | undefined): void {
    this.#again = true
    if (this.#serving) return
    this.#serving = true
    try {
      while (this.#again) {
        this.#again = false
        this.#serveOnce(pick)
      }
    } finally {
      this.#serving = false
      this.#arm()
    }
  }

  #serveOnce(pick: (ask: Ask) => Lease | undefined): void {
    let passed = 0
    for (let at = this.after; at instanceof Waiting; ) {
      const lease = pick(at.ask)
      if (lease === undefined) {
        // Where one that has tried nobody finds nobody, no other does.
        if (at.ask.tried.length === 0 || ++passed === lookedAt) return
        at = at.after
        continue
      }
      const { callback } = at
      this.#remove(at)
      callback(lease)
      // Whoever was called may have changed all of it. Those passed over are looked at again, a few of them.
      if (passed > 0) {
        this.#again = true
        return
      }
      at = this.after
    }
  }

  /** Nobody waits any longer. */
  close(): void {
    while (this.after instanceof Waiting) this.#end(this.after)
    this.#arm()
  }

  #end(one: Waiting): void {
    this.#remove(one)
    one.callback(undefined)
  }

  #remove(one: Waiting): boolean {
    if (one.after === one) return false
    one.before.after = one.after
    one.after.before = one.before
    one.before = one
    one.after = one
    this.size--
    return true
  }

  #arm(): void {
    const first = this.after
    if (!(first instanceof Waiting)) {
      if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
      this.#timer = undefined
    } else if (this.#timer === undefined) {
      this.#timer = this.#clock.setTimer(this.#expire, Math.max(1, first.deadline - this.#clock.now()))
    }
  }

  readonly #expire = (): void => {
    this.#timer = undefined
    const now = this.#clock.now()
    while (this.after instanceof Waiting && this.after.deadline <= now) this.#end(this.after)
    this.#arm()
  }
}
