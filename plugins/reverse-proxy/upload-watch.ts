import type { Clock, Timer } from '../../src/contract/clock.ts'
import { ProxyError } from '../../src/contract/errors.ts'

/** Holds one upload to a size and, after a grace, to a rate (as Apache's mod_reqtimeout does against slow bodies). */
export class UploadWatch {
  readonly #clock: Clock
  readonly #rate: { readonly bytesPerSecond: number; readonly grace: number } | undefined
  readonly #limit: number
  readonly #fail: (error: ProxyError) => void
  readonly #startedAt: number
  #bytes = 0
  #timer: Timer | undefined

  constructor(
    clock: Clock,
    rate: { readonly bytesPerSecond: number; readonly grace: number } | undefined,
    limit: number,
    fail: (error: ProxyError) => void,
  ) {
    this.#clock = clock
    this.#rate = rate
    this.#limit = limit
    this.#fail = fail
    this.#startedAt = clock.now()
    if (rate !== undefined) this.#timer = clock.setTimer(() => this.#check(), rate.grace)
  }

  received(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes > this.#limit) {
      this.stop()
      this.#fail(new ProxyError('SP_BODY_TOO_LARGE', `more than ${this.#limit} bytes`))
    }
  }

  stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
    this.#timer = undefined
  }

  #check(): void {
    const { bytesPerSecond } = this.#rate as { bytesPerSecond: number }
    const seconds = (this.#clock.now() - this.#startedAt) / 1000
    if (this.#bytes < bytesPerSecond * seconds) {
      this.stop()
      this.#fail(new ProxyError('SP_REQUEST_TIMEOUT', `upload slower than ${bytesPerSecond} bytes a second`))
      return
    }
    this.#timer = this.#clock.setTimer(() => this.#check(), 1000)
  }
}
