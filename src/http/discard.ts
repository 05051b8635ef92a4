import type { Clock, Timer } from '../contract/clock.ts'
import { ProxyError } from '../contract/errors.ts'
import type { DispatchController } from '../contract/layer.ts'

/** Content that is read to its end, so that its connection can serve again. */
const maxBytes = 64 * 1024
/** Milliseconds for that. */
const maxTime = 1000

/** What a call is aborted with when its answer is not needed any more: no fault of anyone's. */
export function superseded(): ProxyError {
  return new ProxyError('SP_CLIENT_GONE', 'another answer has taken its place')
}

/** The rest of an answer that nobody wants: read to its end if that comes soon, aborted if not. */
export class Discard {
  readonly #controller: DispatchController
  readonly #clock: Clock
  #left = maxBytes
  #timer: Timer | undefined

  constructor(controller: DispatchController, clock: Clock) {
    this.#controller = controller
    this.#clock = clock
    this.#timer = clock.setTimer(() => this.abort(), maxTime)
  }

  data(chunk: Buffer): void {
    this.#left -= chunk.length
    if (this.#left < 0) this.abort()
  }

  abort(): void {
    this.over()
    this.#controller.abort(superseded())
  }

  over(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
    this.#timer = undefined
  }
}

/** Is it likely that the rest of an answer comes soon and is short? */
export function isShort(length: string | string[] | undefined): boolean {
  return length !== undefined && Number(length) <= maxBytes
}
