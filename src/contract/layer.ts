import type { Dispatcher } from 'undici'
import type { Exchange } from './exchange.ts'
import type { Mirror } from './mirror.ts'
import type { Pool, RetryPolicy, Upstream } from './pool.ts'

/**
 * What a layer may tell the one inside. undici's options, and ours beside them.
 * `headers` is a flat array (name, value, ...): case, order and duplicates survive.
 */
export interface DispatchOptions extends Dispatcher.DispatchOptions {
  exchange?: Exchange | undefined
  /** Where the balance layer picks. */
  pool?: Pool | undefined
  /** What the balance layer shall not pick: the retry layer says it, for each attempt. */
  tried?: readonly Upstream[] | undefined
  /** The balance layer adds what it picks, for the retry layer to read. */
  picked?: Upstream[] | undefined
  /** How this exchange may be tried again. @default the pool's own */
  retry?: RetryPolicy | undefined
  /** What the route says of caching. Read by the cache layer alone. */
  cache?: boolean | object | undefined
  /** Stands for the field rules that the request was made with, `''` when there are none: other rules, another answer. */
  rules?: string | undefined
  /** A Location of the answer as the client would say it. Read by the cache layer, for what it invalidates. */
  locate?: ((value: string, exchange: Exchange) => string) | undefined
  /** Where a copy goes beside. Read by the mirror layer alone. */
  mirror?: Mirror | undefined
  /** Where the transport sends. The balance layer sets it; without it the transport goes to `origin`. */
  upstream?: Upstream | undefined
  /** Milliseconds for a connection to stand. 0 is no limit. */
  connectTimeout?: number | undefined
  /** Do not send on a connection that has served before. */
  freshConnection?: boolean | undefined
  /** For what depends on the upstream picked (Host, `{upstream}`): returns the fields to send there. */
  atUpstream?: ((fields: readonly string[], upstream: Upstream) => readonly string[]) | undefined
  /** Trailers of the request, read when the body has ended. Sent where the transport can (HTTP/2). */
  requestTrailers?: (() => readonly string[]) | undefined
}

export type DispatchController = Dispatcher.DispatchController

/**
 * undici 8's handler. Interim answers (1xx, never 100 or 101) come as `onResponseStart` with a status below 200, any
 * number of times, before the final one. `controller.rawHeaders` and `rawTrailers` are flat arrays of Buffer or string.
 * An error before `onRequestStart` means that no connection stood: nothing was sent.
 */
export type DispatchHandler = Dispatcher.DispatchHandler

/** The only way to the upstream. */
export type Dispatch = (options: DispatchOptions, handler: DispatchHandler) => boolean

/** Wraps the call to the upstream. A stock undici interceptor is one. */
export type Layer = (dispatch: Dispatch) => Dispatch

/** Outermost first. Order is data: this list and nothing else says it. */
export const layerSlots = ['observe', 'cache', 'collapse', 'retry', 'balance', 'transport'] as const
export type LayerSlot = (typeof layerSlots)[number]

/** Stands in where no connection stood: there is nothing to pause or abort. */
export const idleController: DispatchController = {
  aborted: false,
  paused: false,
  reason: null,
  rawHeaders: null,
  rawTrailers: null,
  abort() {},
  pause() {},
  resume() {},
}
