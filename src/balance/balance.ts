import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import { ProxyError } from '../contract/errors.ts'
import { borrows, WrappedHandler } from '../contract/handler.ts'
import {
  type Dispatch,
  type DispatchController,
  type DispatchHandler,
  type DispatchOptions,
  idleController,
  type Layer,
} from '../contract/layer.ts'
import type { Lease, Pool, Upstream } from '../contract/pool.ts'

const none: readonly Upstream[] = Object.freeze([])

/**
 * Layer: picks an upstream of `options.pool`. A connection that could not be made moves on to the next one: nothing was
 * sent, so that is safe for every method. What has been sent is never sent again from here.
 */
export function balance(): Layer {
  return function balanceLayer(dispatch) {
    return function balanceDispatch(options, handler) {
      const { pool } = options
      if (pool === undefined || options.upstream !== undefined) return dispatch(options, handler)
      return new Attempts(dispatch, options, pool, handler).next(undefined)
    }
  }
}

class Attempts extends WrappedHandler {
  readonly #dispatch: Dispatch
  readonly #options: DispatchOptions
  readonly #pool: Pool
  #tried: readonly Upstream[] = none
  #lease: Lease | undefined
  #started = false
  #status = 0

  constructor(dispatch: Dispatch, options: DispatchOptions, pool: Pool, handler: DispatchHandler) {
    super(handler)
    this.#dispatch = dispatch
    this.#options = options
    this.#pool = pool
  }

  get borrows(): boolean {
    return borrows(this.inner)
  }

  next(last: Error | undefined): boolean {
    const { exchange, headers, atUpstream } = this.#options
    const lease = this.#pool.pick({ exchange, tried: this.#tried })
    if (lease === undefined) {
      const error = last ?? new ProxyError('SP_NO_UPSTREAM', `pool '${this.#pool.name}': no upstream is ready`)
      this.inner.onResponseError?.(idleController, error)
      return true
    }
    this.#lease = lease
    if (exchange !== undefined) {
      exchange.facts.attempts++
      exchange.facts.upstream = lease.upstream.name
      exchange.upstream = lease.upstream
    }
    const fields = atUpstream === undefined ? headers : atUpstream(headers as readonly string[], lease.upstream)
    return this.#dispatch({ ...this.#options, headers: fields as string[], upstream: lease.upstream }, this)
  }

  #release(ok: boolean, connectFailed: boolean): void {
    this.#lease?.release({ ok, status: this.#status, firstByte: -1, connectFailed })
  }

  override onRequestStart(controller: DispatchController, context: unknown): void {
    this.#started = true
    super.onRequestStart(controller, context)
  }

  override onRequestUpgrade(
    controller: DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    socket: Duplex,
  ): void {
    this.#status = status
    this.#release(true, false)
    super.onRequestUpgrade(controller, status, headers, socket)
  }

  override onResponseStart(
    controller: DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    statusMessage?: string,
  ): void {
    this.#status = status
    super.onResponseStart(controller, status, headers, statusMessage)
  }

  override onResponseEnd(controller: DispatchController, trailers: IncomingHttpHeaders): void {
    this.#release(true, false)
    super.onResponseEnd(controller, trailers)
  }

  override onResponseError(controller: DispatchController, error: Error): void {
    this.#release(false, !this.#started)
    if (this.#started || (error instanceof ProxyError && error.source === 'downstream')) {
      super.onResponseError(controller, error)
      return
    }
    this.#tried = [...this.#tried, (this.#lease as Lease).upstream]
    this.next(error)
  }
}
