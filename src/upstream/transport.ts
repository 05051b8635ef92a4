import type { Clock } from '../contract/clock.ts'
import { ProxyError } from '../contract/errors.ts'
import { type Dispatch, type DispatchHandler, type DispatchOptions, idleController } from '../contract/layer.ts'
import type { Upstream } from '../contract/pool.ts'
import { createHttp1Upstream } from './http1.ts'
import { createHttp2Upstream } from './http2.ts'
import { dispatchUpgrade } from './upgrade.ts'
import { createUpstreams, type Upstreams } from './upstreams.ts'

/** The connections to one upstream, behind the one contract. */
export interface UpstreamTransport {
  readonly dispatch: Dispatch
  /** Lets what is in flight finish, closes the idle, and takes nothing more. */
  close(): Promise<void>
  /** Ends everything now. */
  destroy(error: Error): void
}

export interface Transport extends UpstreamTransport {
  readonly upstreams: Upstreams
  /** Nothing more is sent there: what is in flight ends, then its connections close. With an error all ends now. */
  forget(upstream: Upstream, error?: Error): void
}

/** The innermost slot: sends to `options.upstream`, or to `options.origin`, by the protocol that fits. */
export function createTransport(settings: { readonly clock: Clock }): Transport {
  const transports = new Map<Upstream, UpstreamTransport>()
  /** Forgotten, with exchanges still in flight. */
  const leaving = new Set<UpstreamTransport>()
  let closed = false
  const upstreams = createUpstreams((upstream) => forget(upstream))

  function forget(upstream: Upstream, error?: Error): void {
    const known = transports.get(upstream)
    if (known === undefined) return
    transports.delete(upstream)
    if (error !== undefined) {
      known.destroy(error)
      return
    }
    leaving.add(known)
    known.close().finally(() => leaving.delete(known))
  }

  function dispatch(options: DispatchOptions, handler: DispatchHandler): boolean {
    if (closed) {
      handler.onResponseError?.(idleController, new ProxyError('SP_SHUTDOWN'))
      return true
    }
    let { upstream } = options
    if (upstream === undefined) {
      try {
        upstream = upstreams.get(String(options.origin))
      } catch (error) {
        handler.onResponseError?.(idleController, error as Error)
        return true
      }
    }
    if (options.upgrade) return dispatchUpgrade({ ...options, upstream }, handler, settings)
    return connectionsTo(upstream).dispatch(options, handler)
  }

  function connectionsTo(upstream: Upstream): UpstreamTransport {
    const known = transports.get(upstream)
    if (known !== undefined) return known
    const made = upstream.http2 ? createHttp2Upstream(upstream, settings) : createHttp1Upstream(upstream, settings)
    transports.set(upstream, made)
    return made
  }

  return {
    dispatch,
    upstreams,
    forget,
    async close() {
      closed = true
      await Promise.all([...transports.values(), ...leaving].map((one) => one.close()))
    },
    destroy(error) {
      closed = true
      for (const one of [...transports.values(), ...leaving]) one.destroy(error)
      transports.clear()
    },
  }
}
