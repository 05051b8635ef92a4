import type { Clock, Timer } from '../../src/contract/clock.ts'
import { ProxyError } from '../../src/contract/errors.ts'

export interface UploadLimits {
  /** Bytes of all of it. */
  readonly size: number
  /** After the grace, in milliseconds, at least so many bytes a second; undefined for no rate. */
  readonly rate: { readonly bytesPerSecond: number; readonly grace: number } | undefined
}

/**
 * Holds one upload to a size and, after a grace, to a rate (as Apache's mod_reqtimeout does against slow bodies). The rate
 * is the client's: while bytes lie here that the upstream has not taken, the client is not to blame, and the count begins
 * anew.
 */
export class UploadWatch {
  readonly #clock: Clock
  readonly #limits: UploadLimits
  readonly #body: { readonly readableLength: number }
  readonly #fail: (error: ProxyError) => void
  #startedAt: number
  #counted = 0
  #bytes = 0
  #timer: Timer | undefined

  constructor(
    clock: Clock,
    limits: UploadLimits,
    body: { readonly readableLength: number },
    fail: (error: ProxyError) => void,
  ) {
    this.#clock = clock
    this.#limits = limits
    this.#body = body
    this.#fail = fail
    this.#startedAt = clock.now()
    if (limits.rate !== undefined) this.#timer = clock.setTimer(() => this.#check(), limits.rate.grace)
  }

  received(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes > this.#limits.size) {
      this.stopRate()
      this.#fail(new ProxyError('SP_BODY_TOO_LARGE', `more than ${this.#limits.size} bytes`))
    }
  }

  /** No rate from here on: the upload is over, or the answer has begun and the two talk to each other. */
  stopRate(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
    this.#timer = undefined
  }

  #check(): void {
    const { bytesPerSecond, grace } = this.#limits.rate as NonNullable<UploadLimits['rate']>
    if (this.#body.readableLength > 0) {
      this.#startedAt = this.#clock.now()
      this.#counted = this.#bytes
      this.#timer = this.#clock.setTimer(() => this.#check(), grace)
      return
    }
    const seconds = (this.#clock.now() - this.#startedAt) / 1000
    if (this.#bytes - this.#counted < bytesPerSecond * seconds) {
      this.stopRate()
      this.#fail(new ProxyError('SP_REQUEST_TIMEOUT', `upload slower than ${bytesPerSecond} bytes a second`))
      return
    }
    this.#timer = this.#clock.setTimer(() => this.#check(), 1000)
  }
}
