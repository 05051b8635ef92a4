import type { Clock, Timer } from '../contract/clock.ts'
import type { Answer } from './answer.ts'

/** Answers that wait for the same thing, for a limited time. */
export class Crowd {
  readonly #clock: Clock
  readonly #answers = new Set<Answer>()
  readonly #tired: (answers: readonly Answer[]) => void
  #timer: Timer | undefined

  /** @param tired called with those that have waited too long; they are no longer of the crowd */
  constructor(clock: Clock, tired: (answers: readonly Answer[]) => void) {
    this.#clock = clock
    this.#tired = tired
  }

  get size(): number {
    return this.#answers.size
  }

  /** @param patience milliseconds; the first that is limited sets the time for all. 0 is none */
  add(answer: Answer, patience: number): void {
    this.#answers.add(answer)
    if (patience > 0) this.#timer ??= this.#clock.setTimer(() => this.#tired(this.take()), patience)
  }

  delete(answer: Answer): boolean {
    return this.#answers.delete(answer)
  }

  /** All of them; none is left. */
  take(): Answer[] {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
    this.#timer = undefined
    const all = [...this.#answers]
    this.#answers.clear()
    return all
  }
}
