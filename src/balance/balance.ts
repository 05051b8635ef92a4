import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../contract/clock.ts'
import { type ErrorCode, ProxyError } from '../contract/errors.ts'
import type { Exchange } from '../contract/exchange.ts'
import { borrows, WrappedHandler } from '../contract/handler.ts'
import {
  type Dispatch,
  type DispatchController,
  type DispatchHandler,
  type DispatchOptions,
  idleController,
  type Layer,
} from '../contract/layer.ts'
import type { Ask, Lease, Pool, Upstream } from '../contract/pool.ts'
import { isAtHand } from './retry/replay-body.ts'

const none: readonly Upstream[] = Object.freeze([])

/**
 * Layer: one attempt at an upstream of `options.pool`. Picks it, waits for a place where the pool has a queue, sends,
 * tells the pool what became of it. Whether there is another attempt is for the retry layer, outside of this one.
 */
export function balance(settings: { readonly clock: Clock }): Layer {
  return function balanceLayer(dispatch) {
    return function balanceDispatch(options, handler) {
      const { pool } = options
      if (pool === undefined || options.upstream !== undefined) return dispatch(options, handler)
      const { exchange } = options
      const ask = { exchange, tried: options.tried ?? none }
      const lease = pool.pick(ask)
      if (lease !== undefined) return new Attempt(lease, handler, settings.clock).send(dispatch, options)
      waitFor(pool, ask, settings.clock, (late, error) => {
        if (late === undefined) handler.onResponseError?.(idleController, error as ProxyError)
        else new Attempt(late, handler, settings.clock).sendLate(dispatch, options)
      })
      return true
    }
  }
}

function waitFor(
  pool: Pool,
  ask: Ask,
  clock: Clock,
  callback: (lease: Lease | undefined, error: ProxyError | undefined) => void,
): void {
  const { exchange } = ask
  // A pick says it; whoever is not picked for wants to know as well.
  if (exchange !== undefined) exchange.facts.pool = pool.name
  if (exchange?.gone === true) {
    callback(undefined, new ProxyError('SP_CLIENT_GONE'))
    return
  }
  const began = clock.now()
  // It may be told before `wait` has returned: whoever hears that it waits may bring another upstream.
  let told = false
  const leave = pool.wait(ask, (lease) => {
    told = true
    exchange?.offGone(onGone)
    if (exchange !== undefined) exchange.facts.queued = clock.now() - began
    callback(lease, lease === undefined ? nobody(pool, 'no place within the time of the queue') : undefined)
  })
  if (leave === undefined) callback(undefined, nobody(pool, 'no upstream is ready'))
  else if (!told) exchange?.onGone(onGone)

  function onGone(): void {
    leave?.()
    callback(undefined, new ProxyError('SP_CLIENT_GONE'))
  }
}

/** 503, with the time after which asking again makes sense. */
export function nobody(pool: Pool, why: string, cause?: unknown): ProxyError {
  const error = new ProxyError('SP_NO_UPSTREAM', `pool '${pool.name}': ${why}`, cause)
  error.retryAfter = pool.retryAfter()
  return error
}

class Attempt extends WrappedHandler {
  readonly #lease: Lease
  readonly #clock: Clock
  /** Content comes from a client as it likes. */
  #uploads = false
  #answered = false
  #over = false

  constructor(lease: Lease, handler: DispatchHandler, clock: Clock) {
    super(handler)
    this.#lease = lease
    this.#clock = clock
  }

  get borrows(): boolean {
    return borrows(this.inner)
  }

  send(dispatch: Dispatch, options: DispatchOptions): boolean {
    const { upstream } = this.#lease
    const { exchange, picked, headers, atUpstream, body } = options
    this.#uploads = !isAtHand(body)
    picked?.push(upstream)
    if (exchange !== undefined) markAttempt(exchange, upstream)
    try {
      const fields = atUpstream === undefined ? headers : atUpstream(headers as readonly string[], upstream)
      return dispatch({ ...options, headers: fields as string[], upstream }, this)
    } catch (error) {
      this.#release()
      throw error
    }
  }

  /** The same in the turn of another exchange, which is not to hear of what is thrown here. */
  sendLate(dispatch: Dispatch, options: DispatchOptions): void {
    try {
      this.send(dispatch, options)
    } catch (error) {
      super.onResponseError(idleController, error as Error)
    }
  }

  override onRequestStart(controller: DispatchController, context: unknown): void {
    if (this.#uploads) this.#lease.upload?.(this.#clock.now(), false)
    super.onRequestStart(controller, context)
  }

  override onBodySent(chunk: Buffer): void {
    if (this.#uploads) this.#lease.upload?.(this.#clock.now(), false)
    super.onBodySent(chunk)
  }

  override onRequestSent(): void {
    if (this.#uploads) this.#lease.upload?.(this.#clock.now(), true)
    super.onRequestSent()
  }

  #release(error?: ErrorCode): void {
    if (this.#over) return
    this.#over = true
    this.#lease.release(error)
  }

  override onRequestUpgrade(
    controller: DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    socket: Duplex,
  ): void {
    this.#answer(status)
    // The place is taken for as long as the connection stands.
    if (socket.destroyed) this.#release()
    else socket.once('close', () => this.#release())
    super.onRequestUpgrade(controller, status, headers, socket)
  }

  override onResponseStart(
    controller: DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    statusMessage?: string,
  ): void {
    this.#answer(status)
    super.onResponseStart(controller, status, headers, statusMessage)
  }

  #answer(status: number): void {
    if (this.#answered || (status < 200 && status !== 101)) return
    this.#answered = true
    this.#lease.answered(status)
  }

  override onResponseEnd(controller: DispatchController, trailers: IncomingHttpHeaders): void {
    this.#release()
    super.onResponseEnd(controller, trailers)
  }

  override onResponseError(controller: DispatchController, error: Error): void {
    // Whoever ends it says by the code whose fault it is. A connection that was closed while idle is none.
    const blame = error instanceof ProxyError && error.source === 'upstream' && !error.unprocessed
    this.#release(blame ? error.code : undefined)
    super.onResponseError(controller, error)
  }
}

function markAttempt(exchange: Exchange, upstream: Upstream): void {
  exchange.facts.attempts++
  exchange.facts.upstream = upstream.name
  exchange.upstream = upstream
}
