import type { IncomingHttpHeaders } from 'node:http'
import type { Clock, Timer } from '../../contract/clock.ts'
import { ProxyError } from '../../contract/errors.ts'
import type { Dispatch, DispatchController, DispatchHandler, DispatchOptions } from '../../contract/layer.ts'
import type { Upstream } from '../../contract/pool.ts'
import { answerFailure, type CheckResult, connectFailure, type RunningCheck, tooSlow } from './check-result.ts'

/** Judges one answer. A result ends the check; what has not come by then is not waited for. */
export interface AnswerReader {
  head(status: number, headers: IncomingHttpHeaders): CheckResult | undefined
  data(chunk: Buffer): CheckResult | undefined
  end(trailers: IncomingHttpHeaders): CheckResult
}

export interface AskMeans {
  readonly clock: Clock
  readonly dispatch: Dispatch
}

export interface Question {
  readonly upstream: Upstream
  readonly method: string
  readonly path: string
  readonly fields: string[]
  readonly body: Buffer | null
  /** Milliseconds for connection and answer together. */
  readonly timeout: number
}

/** Sends one request straight to the transport, and has the answer judged. */
export function ask(
  { clock, dispatch }: AskMeans,
  question: Question,
  reader: AnswerReader,
  done: (result: CheckResult) => void,
): RunningCheck {
  const { upstream, method, path, fields, body, timeout } = question
  const asking = new Asking(clock, timeout, reader, done)
  dispatch(
    {
      upstream,
      origin: upstream.origin,
      method,
      path,
      headers: fields,
      body,
      // To accept a connection is part of being well. One that stands already may outlive a listener that is gone.
      freshConnection: true,
      connectTimeout: timeout,
      // A little before our own end: only by a timeout of its own does the transport learn that a shared HTTP/2 session is
      // dead, and sends nothing there any more.
      headersTimeout: Math.max(1, timeout - 1),
      bodyTimeout: 0,
    } as DispatchOptions,
    asking,
  )
  return asking
}

class Asking implements DispatchHandler, RunningCheck {
  readonly #clock: Clock
  readonly #timeout: number
  readonly #reader: AnswerReader
  readonly #done: (result: CheckResult) => void
  readonly #timer: Timer
  #controller: DispatchController | undefined
  #answered = false
  #over = false

  constructor(clock: Clock, timeout: number, reader: AnswerReader, done: (result: CheckResult) => void) {
    this.#clock = clock
    this.#timeout = timeout
    this.#reader = reader
    this.#done = done
    this.#timer = clock.setTimer(() => this.#expire(), timeout)
  }

  abort(): void {
    if (this.#over) return
    this.#stop()
    this.#hangUp()
  }

  onRequestStart(controller: DispatchController): void {
    this.#controller = controller
    if (this.#over) this.#hangUp()
  }

  onResponseStart(_: DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (this.#over || status < 200) return
    this.#answered = true
    this.#judge(this.#reader.head(status, headers))
  }

  onResponseData(_: DispatchController, chunk: Buffer): void {
    if (!this.#over) this.#judge(this.#reader.data(chunk))
  }

  onResponseEnd(_: DispatchController, trailers: IncomingHttpHeaders): void {
    if (!this.#over) this.#finish(this.#reader.end(trailers))
  }

  onResponseError(_: DispatchController, error: Error): void {
    if (this.#over) return
    this.#finish(
      this.#controller === undefined
        ? connectFailure(error, this.#timeout)
        : answerFailure(error, this.#timeout, this.#answered),
    )
  }

  #judge(result: CheckResult | undefined): void {
    if (result === undefined) return
    this.#stop()
    this.#hangUp()
    this.#done(result)
  }

  #expire(): void {
    const connecting = this.#controller === undefined
    this.#judge(
      connecting
        ? connectFailure(new ProxyError('SP_CONNECT_TIMEOUT'), this.#timeout)
        : tooSlow(this.#timeout, this.#answered),
    )
  }

  #finish(result: CheckResult): void {
    this.#stop()
    this.#done(result)
  }

  #stop(): void {
    this.#over = true
    this.#clock.clearTimer(this.#timer)
  }

  #hangUp(): void {
    this.#controller?.abort(new Error('The check is over'))
  }
}
