import type { Clock, Timer } from '../contract/clock.ts'
import { ProxyError } from '../contract/errors.ts'
import { type Dispatch, type DispatchHandler, type DispatchOptions, idleController } from '../contract/layer.ts'
import type { Upstream } from '../contract/pool.ts'
import { connectTimeoutOf } from './dial.ts'
import { Http2Call } from './http2-call.ts'
import { type Http2Session, openSession } from './http2-session.ts'

/** Sessions to one upstream that take streams, and those being dialled; fewer where it may have fewer connections. */
const maxSessions = 8
/** Exchanges that wait for a stream. Past it they are refused. */
const maxWaiting = 1024
/** Streams that a session not yet there is thought to take. RFC 9113 6.5.2 advises no fewer. */
const expectedStreams = 100

export interface Http2Upstream {
  readonly dispatch: Dispatch
  /** Lets what is in flight and what waits finish, then closes the connections. */
  close(): Promise<void>
  /** Ends everything now. */
  destroy(error?: Error): void
  /** Connections that are open. */
  readonly sessions: number
}

interface Waiting {
  readonly options: DispatchOptions
  readonly handler: DispatchHandler
  readonly began: number
  timer: Timer | undefined
  readonly onGone: () => void
}

/**
 * HTTP/2 to one upstream: streams share a session up to what the peer allows, then another is opened. A session that
 * says GOAWAY takes no more streams; those in flight finish.
 */
export function createHttp2Upstream(upstream: Upstream, settings: { readonly clock: Clock }): Http2Upstream {
  const { clock } = settings
  const sessions = Math.min(maxSessions, upstream.maxConnections)
  const open = new Set<Http2Session>()
  const draining = new Set<Http2Session>()
  const waiting = new Set<Waiting>()
  let dialling = 0
  let closed = false
  let destroyed: Error | undefined
  const quiet = Promise.withResolvers<void>()

  const listener = {
    room: serveWaiting,
    draining(session: Http2Session): void {
      if (!open.delete(session)) return
      draining.add(session)
      grow()
    },
    closed(session: Http2Session): void {
      draining.delete(session)
      settle()
    },
  }

  function dispatch(options: DispatchOptions, handler: DispatchHandler): boolean {
    const session = withRoom()
    if (session !== undefined && waiting.size === 0) new Http2Call(options, handler, upstream, clock, session).send()
    else if (closed) refuse(handler, 'closing')
    else if (waiting.size >= maxWaiting) refuse(handler, `${maxWaiting} exchanges wait for a stream`)
    else wait(options, handler)
    return true
  }

  function refuse(handler: DispatchHandler, why: string): void {
    handler.onResponseError?.(idleController, new ProxyError('SP_NO_UPSTREAM', `${upstream.name}: ${why}`))
  }

  function wait(options: DispatchOptions, handler: DispatchHandler): void {
    const one: Waiting = { options, handler, began: clock.now(), timer: undefined, onGone }
    function onGone(): void {
      leave(one, new ProxyError('SP_CLIENT_GONE'))
    }
    options.exchange?.onGone(onGone)
    const timeout = connectTimeoutOf(options)
    if (timeout > 0) {
      one.timer = clock.setTimer(() => {
        one.timer = undefined
        leave(one, new ProxyError('SP_CONNECT_TIMEOUT', `${upstream.name}: no stream within ${timeout} ms`))
      }, timeout)
    }
    waiting.add(one)
    grow()
  }

  function leave(one: Waiting, error: Error | undefined): boolean {
    if (!waiting.delete(one)) return false
    if (one.timer !== undefined) clock.clearTimer(one.timer)
    one.options.exchange?.offGone(one.onGone)
    if (error !== undefined) one.handler.onResponseError?.(idleController, error)
    return true
  }

  function grow(): void {
    if (destroyed !== undefined) return
    while (open.size + dialling < sessions && dialling * expectedStreams < waiting.size) dialOne()
  }

  function dialOne(): void {
    const [first] = waiting
    const began = clock.now()
    dialling++
    const timeout = first === undefined ? 0 : connectTimeoutOf(first.options)
    openSession(upstream, { clock, timeout, listener }, (error, session) => {
      dialling--
      if (session !== null && destroyed !== undefined) {
        session.destroy()
      } else if (session !== null) {
        open.add(session)
        const took = clock.now() - began
        for (const { options } of waiting) if (options.exchange !== undefined) options.exchange.facts.connect = took
        serveWaiting()
        grow()
      } else if (dialling === 0 && open.size === 0) {
        for (const one of [...waiting]) leave(one, error as ProxyError)
      }
      settle()
    })
  }

  function serveWaiting(): void {
    for (const one of waiting) {
      const session = withRoom()
      if (session === undefined) return
      if (leave(one, undefined)) new Http2Call(one.options, one.handler, upstream, clock, session).send()
    }
    settle()
  }

  // The first is taken, so that the others grow idle and close.
  function withRoom(): Http2Session | undefined {
    for (const session of open) if (session.hasRoom) return session
    return undefined
  }

  function settle(): void {
    if (!closed || waiting.size > 0) return
    for (const session of [...open]) session.close()
    if (dialling === 0 && open.size === 0 && draining.size === 0) quiet.resolve()
  }

  return {
    dispatch,
    close() {
      closed = true
      settle()
      return quiet.promise
    },
    destroy(error = new ProxyError('SP_SHUTDOWN')) {
      closed = true
      destroyed = error
      for (const one of [...waiting]) leave(one, error)
      for (const session of [...open, ...draining]) session.destroy(error)
      settle()
    },
    get sessions() {
      return open.size + draining.size
    },
  }
}
