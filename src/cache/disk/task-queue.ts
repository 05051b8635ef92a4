import type { Outstanding } from './outstanding.ts'

/** A piece of work that calls `done` exactly once. */
export type Task = (done: () => void) => void

/** Does work in the background, a few at a time, in the order in which it came. */
export class TaskQueue {
  readonly #limit: number
  readonly #outstanding: Outstanding
  #waiting: Task[] = []
  /** Those before it have been taken. */
  #first = 0
  #running = 0

  constructor(limit: number, outstanding: Outstanding) {
    this.#limit = limit
    this.#outstanding = outstanding
  }

  add(task: Task): void {
    this.#outstanding.begin()
    this.#waiting.push(task)
    this.#pump()
  }

  #pump(): void {
    while (this.#running < this.#limit && this.#first < this.#waiting.length) {
      const task = this.#waiting[this.#first++] as Task
      if (this.#first === this.#waiting.length) {
        this.#waiting = []
        this.#first = 0
      } else if (this.#first >= 1024 && this.#first * 2 > this.#waiting.length) {
        this.#waiting = this.#waiting.slice(this.#first)
        this.#first = 0
      }
      this.#running++
      task(this.#done)
    }
  }

  readonly #done = (): void => {
    this.#running--
    this.#pump()
    this.#outstanding.end()
  }
}
