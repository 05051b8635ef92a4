import { Heap, type Ordered } from './heap.ts'
import type { Event, Timeline } from './timeline.ts'

/** One request at a server; `at` is when it is done, in the server's own time. */
export interface Job extends Ordered {
  /** Undefined once it has been taken back. */
  done: (() => void) | undefined
}

/**
 * A server whose requests share its processors evenly, none using more than one. Its own time passes at the speed at
 * which a request is worked on; so requests end in the order of their ends in that time, whoever comes or goes.
 */
export class SharingServer {
  readonly #timeline: Timeline
  #cores: number
  readonly #jobs = new Heap<Job>()
  #running = 0
  #order = 0
  #own = 0
  #at = 0
  #next: Event | undefined

  constructor(timeline: Timeline, cores: number) {
    this.#timeline = timeline
    this.#cores = cores
  }

  /** Processors from now on; may be a fraction. */
  set cores(cores: number) {
    this.#advance()
    this.#cores = cores
    this.#plan()
  }

  /** Requests that it has now. */
  get running(): number {
    return this.#running
  }

  /** @param work milliseconds of one processor */
  add(work: number, done: () => void): Job {
    this.#advance()
    const job: Job = { at: this.#own + work, order: this.#order++, done }
    this.#jobs.push(job)
    this.#running++
    this.#plan()
    return job
  }

  /** Nobody waits for it any more: no more work is done on it. */
  remove(job: Job): void {
    this.#advance()
    job.done = undefined
    this.#running--
    this.#plan()
  }

  get #speed(): number {
    return this.#running <= this.#cores ? 1 : this.#cores / this.#running
  }

  #advance(): void {
    const now = this.#timeline.now()
    if (this.#running > 0) this.#own += (now - this.#at) * this.#speed
    this.#at = now
  }

  #plan(): void {
    if (this.#next !== undefined) this.#timeline.cancel(this.#next)
    this.#next = undefined
    const jobs = this.#jobs
    while (jobs.first !== undefined && jobs.first.done === undefined) jobs.pop()
    const { first } = jobs
    if (first === undefined) return
    const ms = Math.max(0, first.at - this.#own) / this.#speed
    this.#next = this.#timeline.setTimer(() => this.#finish(first), ms)
  }

  #finish(job: Job): void {
    this.#advance()
    this.#own = Math.max(this.#own, job.at)
    this.#jobs.pop()
    this.#running--
    this.#next = undefined
    this.#plan()
    job.done?.()
  }
}
