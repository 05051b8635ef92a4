import type { Clock } from '../contract/clock.ts'
import { ProxyError } from '../contract/errors.ts'
import { type Dispatch, type DispatchHandler, type DispatchOptions, idleController } from '../contract/layer.ts'
import type { Upstream } from '../contract/pool.ts'
import { createHttp1Upstream } from './http1.ts'
import { createHttp2Upstream } from './http2.ts'
import { createUpstream } from './origin.ts'
import { dispatchUpgrade } from './upgrade.ts'

/** The connections to one upstream, behind the one contract. */
export interface UpstreamTransport {
  readonly dispatch: Dispatch
  /** Lets what is in flight finish, closes the idle. */
  close(): Promise<void>
  /** Ends everything now. */
  destroy(error: Error): void
}

export interface Transport extends UpstreamTransport {
  /** Closes the connections to an upstream that is no longer in use. */
  forget(upstream: Upstream): void
}

/** Origins that come without an Upstream (reply.from, a chooser): the ones used last are kept. */
const maxOrigins = 1000

/** The innermost slot: sends to `options.upstream`, or to `options.origin`, by the protocol that fits. */
export function createTransport(settings: { readonly clock: Clock }): Transport {
  const transports = new Map<Upstream, UpstreamTransport>()
  const origins = new Map<string, Upstream>()

  function dispatch(options: DispatchOptions, handler: DispatchHandler): boolean {
    let upstream = options.upstream
    if (upstream === undefined) {
      try {
        upstream = byOrigin(String(options.origin))
      } catch (error) {
        handler.onResponseError?.(idleController, error as Error)
        return true
      }
    }
    // undici writes neither an Upgrade of every kind nor the asterisk form: those go out by node:http.
    if (options.upgrade || options.path === '*') return dispatchUpgrade({ ...options, upstream }, handler, settings)
    return connectionsTo(upstream).dispatch(upstream === options.upstream ? options : { ...options, upstream }, handler)
  }

  function connectionsTo(upstream: Upstream): UpstreamTransport {
    let found = transports.get(upstream)
    if (found === undefined) {
      found = upstream.http2 ? createHttp2Upstream(upstream, settings) : createHttp1Upstream(upstream, settings)
      transports.set(upstream, found)
    }
    return found
  }

  function byOrigin(origin: string): Upstream {
    const known = origins.get(origin)
    if (known !== undefined) {
      origins.delete(origin)
      origins.set(origin, known)
      return known
    }
    const upstream = createUpstream('origin', origin)
    origins.set(origin, upstream)
    if (origins.size > maxOrigins) {
      const [oldest, gone] = origins.entries().next().value as [string, Upstream]
      origins.delete(oldest)
      forget(gone)
    }
    return upstream
  }

  function forget(upstream: Upstream): void {
    transports
      .get(upstream)
      ?.close()
      .catch(() => {})
    transports.delete(upstream)
  }

  return {
    dispatch,
    forget,
    async close() {
      await Promise.all([...transports.values()].map((one) => one.close()))
    },
    destroy(error = new ProxyError('SP_SHUTDOWN')) {
      for (const one of transports.values()) one.destroy(error)
      transports.clear()
    },
  }
}
