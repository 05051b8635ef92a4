import type { IncomingHttpHeaders } from 'node:http'
import type { Readable, Writable } from 'node:stream'
import type { Clock } from '../contract/clock.ts'
import { ProxyError } from '../contract/errors.ts'
import type { DispatchController, DispatchHandler, DispatchOptions } from '../contract/layer.ts'
import type { Upstream } from '../contract/pool.ts'
import { answerError } from './failure.ts'
import { type Uploader, type UploadSink, upload } from './upload.ts'
import type { Watched, Watcher } from './watch.ts'

/**
 * One exchange on a connection that stands, whatever the protocol: the controller, the order of the handler's calls, the
 * two timeouts of the answer, and an end that comes exactly once.
 */
export abstract class Call implements DispatchController, Uploader, Watched {
  aborted = false
  paused = false
  reason: Error | null = null
  rawHeaders: string[] | null = null
  rawTrailers: string[] | null = null
  /** True once the final head of the answer has come. */
  answered = false
  /** True once End, Error or Upgrade has been told. */
  over = false

  protected readonly options: DispatchOptions
  protected readonly handler: DispatchHandler
  protected readonly upstream: Upstream
  readonly #clock: Clock
  readonly #watch: Watcher
  /** Clock reading of the last sign of life, from either side. */
  #moved: number
  #stopUpload: (() => void) | undefined

  constructor(
    options: DispatchOptions,
    handler: DispatchHandler,
    upstream: Upstream,
    clock: Clock,
    watch: Watcher,
    now = clock.now(),
  ) {
    this.options = options
    this.handler = handler
    this.upstream = upstream
    this.#clock = clock
    this.#watch = watch
    this.#moved = now
  }

  /** Lets go of the connection: what the answer is worth has been told, or nothing more of it is wanted. */
  protected abstract halt(complete: boolean): void
  /** Stops or resumes the reading of the answer. */
  protected abstract flow(on: boolean): void

  protected get movedAt(): number {
    return this.#moved
  }

  // The upload counts as life: the upstream may wait for the end of it before it answers.
  get deadline(): number {
    if (this.over || this.paused) return Number.POSITIVE_INFINITY
    const limit = (this.answered ? this.options.bodyTimeout : this.options.headersTimeout) ?? 0
    return limit > 0 ? this.#moved + limit : Number.POSITIVE_INFINITY
  }

  expire(): void {
    const { answered, options, upstream } = this
    const limit = answered ? options.bodyTimeout : options.headersTimeout
    const code = answered ? 'SP_UPSTREAM_STALLED' : 'SP_UPSTREAM_TIMEOUT'
    this.fail(
      new ProxyError(code, `${upstream.name}: ${answered ? 'nothing more of the' : 'no'} answer within ${limit} ms`),
    )
  }

  touch(): void {
    this.#moved = this.#clock.now()
  }

  /** Tells the handler that a connection stands. False when it has lost interest: send nothing. */
  protected begin(): boolean {
    try {
      this.handler.onRequestStart?.(this, {})
    } catch (error) {
      this.abort(error as Error)
    }
    if (!this.over) this.#watch.add(this)
    return !this.over
  }

  protected sendBody(to: Writable): void {
    const { body } = this.options
    if (typeof body === 'string' || body instanceof Uint8Array) to.end(body)
    else if (body == null) to.end()
    else this.upload(body as Readable, to)
  }

  protected upload(body: Readable, to: UploadSink): void {
    this.#stopUpload = upload(body, to, this)
  }

  uploaded(chunk: Buffer): void {
    if (this.over) return
    this.touch()
    try {
      this.handler.onBodySent?.(chunk)
    } catch (error) {
      this.abort(error as Error)
    }
  }

  uploadDone(): void {
    if (this.over) return
    this.touch()
    try {
      this.handler.onRequestSent?.()
    } catch (error) {
      this.abort(error as Error)
    }
  }

  uploadFailed(error: Error): void {
    this.fail(error)
  }

  /** A head of the answer, interim or final. `raw` holds name, value, name, value. */
  protected head(status: number, headers: IncomingHttpHeaders, raw: string[], text: string): void {
    if (this.over) return
    this.touch()
    // RFC 9110 15.2.1: 100 is for whoever waited for it, and that is not the client.
    if (status === 100) return
    if (status === 101) {
      this.fail(new ProxyError('SP_UPSTREAM_PROTOCOL', `${this.upstream.name}: 101 without an upgrade`))
      return
    }
    this.rawHeaders = raw
    if (status >= 200) this.answered = true
    try {
      this.handler.onResponseStart?.(this, status, headers, text)
    } catch (error) {
      this.abort(error as Error)
    }
    this.#watch.arm(this.deadline)
  }

  protected data(chunk: Buffer): void {
    if (this.over) return
    this.touch()
    try {
      this.handler.onResponseData?.(this, chunk)
    } catch (error) {
      this.abort(error as Error)
    }
  }

  protected end(trailers: IncomingHttpHeaders, raw: string[]): void {
    if (this.over) return
    this.rawTrailers = raw
    this.#finish(true)
    try {
      this.handler.onResponseEnd?.(this, trailers)
    } catch (error) {
      this.handler.onResponseError?.(this, error as Error)
    }
  }

  /** Ends the exchange with an error. What was not ours to begin with becomes ours. */
  protected fail(error: unknown): void {
    if (this.over) return
    const { name } = this.upstream
    const failure =
      this.answered && !(error instanceof ProxyError)
        ? new ProxyError('SP_UPSTREAM_INCOMPLETE', `${name}: ${(error as Error).message}`, error)
        : answerError(error, name)
    this.#finish(false)
    this.handler.onResponseError?.(this, failure)
  }

  /** Nothing more is told: the connection has changed hands, or the end is told by the caller. */
  protected release(): void {
    this.over = true
    this.#watch.delete(this)
    this.#stopUpload?.()
    this.#stopUpload = undefined
  }

  #finish(complete: boolean): void {
    this.release()
    this.halt(complete)
  }

  abort(reason: Error): void {
    if (this.over) return
    this.aborted = true
    this.reason = reason ?? new ProxyError('SP_CLIENT_GONE')
    this.#finish(false)
    this.handler.onResponseError?.(this, this.reason)
  }

  pause(): void {
    if (this.paused || this.over) return
    this.paused = true
    this.flow(false)
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    if (this.over) return
    this.touch()
    this.#watch.arm(this.deadline)
    this.flow(true)
  }
}
