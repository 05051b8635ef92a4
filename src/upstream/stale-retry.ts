import type { IncomingHttpHeaders } from 'node:http'
import { ProxyError } from '../contract/errors.ts'
import { borrows, WrappedHandler } from '../contract/handler.ts'
import type { Dispatch, DispatchController, DispatchHandler, DispatchOptions, Layer } from '../contract/layer.ts'

// RFC 9110 9.2.2. PROPFIND, REPORT and SEARCH are safe by their own RFCs (4918, 3253, 5323), QUERY by RFC 10008.
const idempotent = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'PUT',
  'DELETE',
  'TRACE',
  'PROPFIND',
  'REPORT',
  'SEARCH',
  'QUERY',
])

/**
 * Layer: one transparent retry when a reused connection died before any byte of the answer (RFC 9112 9.3.1): the
 * upstream closed it while idle, and our request crossed that on the wire. Idempotent methods without a body only.
 */
export function staleRetry(): Layer {
  return function staleRetryLayer(dispatch) {
    return function staleRetryDispatch(options, handler) {
      if (options.body != null || options.upgrade || !idempotent.has(options.method)) return dispatch(options, handler)
      return dispatch(options, new StaleRetry(dispatch, options, handler))
    }
  }
}

class StaleRetry extends WrappedHandler {
  readonly #dispatch: Dispatch
  readonly #options: DispatchOptions
  #open = true

  constructor(dispatch: Dispatch, options: DispatchOptions, handler: DispatchHandler) {
    super(handler)
    this.#dispatch = dispatch
    this.#options = options
  }

  get borrows(): boolean {
    return borrows(this.inner)
  }

  override onResponseStart(
    controller: DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    statusMessage?: string,
  ): void {
    this.#open = false
    super.onResponseStart(controller, status, headers, statusMessage)
  }

  override onResponseError(controller: DispatchController, error: Error): void {
    if (!this.#open || !(error instanceof ProxyError) || !error.unprocessed || controller.aborted) {
      super.onResponseError(controller, error)
      return
    }
    this.#open = false
    this.#dispatch({ ...this.#options, freshConnection: true }, this)
  }
}
