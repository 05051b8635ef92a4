import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { Clock } from '../../contract/clock.ts'
import { ProxyError } from '../../contract/errors.ts'
import { borrows, WrappedHandler } from '../../contract/handler.ts'
import {
  type Dispatch,
  type DispatchController,
  type DispatchHandler,
  type DispatchOptions,
  idleController,
} from '../../contract/layer.ts'
import type { Pool, RetryPolicy, Upstream } from '../../contract/pool.ts'
import { Discard, isShort, superseded } from '../../http/discard.ts'
import { connectFailed, errorMatches, isIdempotent, statusMatches } from './conditions.ts'
import { History } from './history.ts'
import { lastError } from './last-error.ts'
import { isAtHand, isUntouched } from './replay-body.ts'

/** Connections tried for one exchange. */
const maxConnects = 10

/** What all attempts of one layer share. */
export interface Surroundings {
  readonly dispatch: Dispatch
  readonly clock: Clock
}

const waiting = 0
const answering = 1
const discarded = 2

/**
 * One attempt of an exchange; makes the next when it fails in a way that allows one. An attempt that failed has said its
 * last word; one whose answer is discarded may go on talking, so each is an object of its own.
 * With a `policy` it moves about in `options.pool`; without, it knows the transparent retry alone.
 */
export class Attempt extends WrappedHandler {
  readonly #around: Surroundings
  readonly #options: DispatchOptions
  readonly #policy: RetryPolicy | undefined
  #history: History | undefined
  #started = false
  #state = waiting
  #interims = false
  /** Bytes of content sent in this attempt. */
  #bytes = 0
  #sent = false
  #discard: Discard | undefined

  constructor(
    around: Surroundings,
    options: DispatchOptions,
    policy: RetryPolicy | undefined,
    handler: DispatchHandler,
    history: History | undefined,
  ) {
    super(handler)
    this.#around = around
    this.#options = options
    this.#policy = policy
    this.#history = history
  }

  get borrows(): boolean {
    return borrows(this.inner)
  }

  override onRequestStart(controller: DispatchController, context: unknown): void {
    this.#started = true
    super.onRequestStart(controller, context)
  }

  override onBodySent(chunk: Buffer): void {
    const told = this.#history === undefined ? 0 : this.#history.bytes
    const before = this.#bytes
    this.#bytes += chunk.length
    if (before >= told) super.onBodySent(chunk)
    else if (this.#bytes > told) super.onBodySent(chunk.subarray(told - before))
  }

  override onRequestSent(): void {
    this.#sent = true
    if (this.#history?.sent !== true) super.onRequestSent()
  }

  override onResponseStart(
    controller: DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    statusMessage?: string,
  ): void {
    if (this.#state === discarded) return
    if (status < 200) {
      // Those of an earlier attempt have gone out, and will not be said twice.
      if (this.#history?.interims === true) return
      this.#interims = true
    } else {
      if (status >= 429 && this.#statusRetries(controller, status)) {
        this.#leave(controller, headers)
        this.#again(undefined)
        return
      }
      this.#state = answering
      this.#history?.replay?.forget()
    }
    super.onResponseStart(controller, status, headers, statusMessage)
  }

  override onResponseData(controller: DispatchController, chunk: Buffer): void {
    if (this.#state === discarded) this.#discard?.data(chunk)
    else super.onResponseData(controller, chunk)
  }

  override onResponseEnd(controller: DispatchController, trailers: IncomingHttpHeaders): void {
    if (this.#state === discarded) {
      this.#discard?.over()
      return
    }
    this.#history?.settle(this.#policy)
    super.onResponseEnd(controller, trailers)
  }

  override onResponseError(controller: DispatchController, error: Error): void {
    if (this.#state === discarded) {
      this.#discard?.over()
      return
    }
    if (this.#state === waiting && error instanceof ProxyError) {
      if (!controller.aborted && this.#wanted && this.#errorRetries(error)) return
      this.#history?.settle(this.#policy)
      super.onResponseError(controller, this.#started ? error : lastError(error, this.#options, this.#history))
      return
    }
    this.#history?.settle(this.#policy)
    super.onResponseError(controller, error)
  }

  /** Does anyone still wait for an answer? */
  get #wanted(): boolean {
    return this.#options.exchange?.gone !== true && this.#history?.leg?.wanted !== false
  }

  /** Did the pool give an upstream to this attempt? */
  get #picked(): boolean {
    const { picked } = this.#options
    return picked !== undefined && picked.length > 0
  }

  /** All that is not worth another attempt. */
  get #tried(): Upstream[] {
    const { tried = [], picked = [] } = this.#options
    return [...tried, ...picked]
  }

  /** True when an error has led to another attempt. */
  #errorRetries(error: ProxyError): boolean {
    const { method, upgrade, exchange, picked } = this.#options
    const mayRepeat = isIdempotent(method) || error.refused
    if (error.unprocessed && mayRepeat && this.#history?.transparent !== true && !upgrade && this.#hasContent()) {
      this.#remember().transparent = true
      // Nothing speaks against that upstream.
      if (this.#policy !== undefined) picked?.pop()
      else if (exchange !== undefined) exchange.facts.attempts++
      this.#again(error, true)
      return true
    }
    if (this.#policy === undefined) return false
    if (!this.#started) return this.#movesOn(error)
    if (!mayRepeat || upgrade || !errorMatches(this.#policy.on, error) || !this.#hasContent()) return false
    return this.#takeRetry() && this.#again(error)
  }

  /** Nothing was sent: any method may go elsewhere. */
  #movesOn(error: ProxyError): boolean {
    const { upstreams } = this.#options.pool as Pool
    if (!this.#picked || !connectFailed(error) || !this.#hasContent()) return false
    if (++this.#remember().connects >= maxConnects) return false
    // What is left may be full, and then there may be a queue to wait in: not for `pool.has` to say.
    const tried = this.#tried
    if (!upstreams.some((one) => !tried.includes(one))) return false
    return this.#again(error)
  }

  #statusRetries(controller: DispatchController, status: number): boolean {
    const policy = this.#policy
    if (policy === undefined || !statusMatches(policy.on, status)) return false
    const { method, upgrade } = this.#options
    if (!isIdempotent(method) || upgrade || controller.aborted || !this.#wanted) return false
    return this.#hasContent() && this.#takeRetry()
  }

  /** Takes what another attempt needs: a number, an upstream, time, a place in the budget. */
  #takeRetry(): boolean {
    const { attempts, budget } = this.#policy as RetryPolicy
    const { exchange } = this.#options
    const pool = this.#options.pool as Pool
    const history = this.#remember()
    if (history.retries >= attempts || !pool.has({ exchange, tried: this.#tried })) return false
    if (history.perTry > 0 && this.#around.clock.now() >= history.deadline) return false
    if (!history.borrow(budget)) return false
    history.retries++
    return true
  }

  /** Can the content be sent from its beginning? */
  #hasContent(): boolean {
    const { body } = this.#options
    if (isAtHand(body)) return true
    const replay = this.#history?.replay
    if (replay !== undefined) return replay.replayable
    return !this.#started && isUntouched(body as Readable)
  }

  #remember(): History {
    this.#history ??= new History()
    return this.#history
  }

  /** The answer that has begun is not wanted. */
  #leave(controller: DispatchController, headers: IncomingHttpHeaders): void {
    const { body, picked } = this.#options
    this.#state = discarded
    // A stream of HTTP/2 costs nothing to cancel. A connection of HTTP/1 does; while content goes up on it there is no
    // other way.
    const drains = body == null && picked?.at(-1)?.http2 !== true && isShort(headers['content-length'])
    if (drains) this.#discard = new Discard(controller, this.#around.clock)
    else controller.abort(superseded())
  }

  #again(error: Error | undefined, freshConnection = this.#options.freshConnection): true {
    const history = this.#remember()
    history.add(error, this.#started, this.#interims, this.#bytes, this.#sent)
    const { dispatch, clock } = this.#around
    const options = {
      ...this.#options,
      tried: this.#tried,
      picked: [],
      freshConnection,
      body: history.replay?.open() ?? this.#options.body,
      headersTimeout: history.headersTimeout(this.#options.headersTimeout, clock),
    } as DispatchOptions
    history.leg?.begins(options)
    const next = new Attempt(this.#around, options, this.#policy, this.inner, history)
    try {
      dispatch(options, next)
    } catch (thrown) {
      // By a layer inside. Nobody stands above us in this turn.
      next.onResponseError(idleController, new ProxyError('SP_INTERNAL', (thrown as Error).message, thrown))
    }
    return true
  }
}
