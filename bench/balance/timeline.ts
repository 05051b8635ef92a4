import type { Clock } from '../../src/contract/clock.ts'
import { Heap, type Ordered } from './heap.ts'

export interface Event extends Ordered {
  /** Undefined once it is cancelled. */
  run: (() => void) | undefined
}

/** Time that jumps from one event to the next. Milliseconds. It is the clock of what it runs. */
export class Timeline implements Clock {
  readonly #events = new Heap<Event>()
  #now = 0
  #order = 0

  now(): number {
    return this.#now
  }

  wall(): number {
    return this.#now
  }

  setTimer(run: () => void, ms: number): Event {
    return this.at(this.#now + ms, run)
  }

  clearTimer(timer: object): void {
    this.cancel(timer as Event)
  }

  at(at: number, run: () => void): Event {
    const event: Event = { at, order: this.#order++, run }
    this.#events.push(event)
    return event
  }

  cancel(event: Event): void {
    event.run = undefined
  }

  /** Runs all that happens before `end`. */
  run(end: number): void {
    for (let first = this.#events.first; first !== undefined && first.at < end; first = this.#events.first) {
      this.#events.pop()
      if (first.run === undefined) continue
      this.#now = first.at
      first.run()
    }
    this.#now = end
  }
}
