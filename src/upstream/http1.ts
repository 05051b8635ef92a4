import type { Socket } from 'node:net'
import type { Clock } from '../contract/clock.ts'
import { ProxyError } from '../contract/errors.ts'
import { type DispatchHandler, type DispatchOptions, idleController } from '../contract/layer.ts'
import type { Upstream } from '../contract/pool.ts'
import { connectTimeoutOf, dial } from './dial.ts'
import { type Content, contentOf } from './http1-body.ts'
import { Http1Call } from './http1-call.ts'
import { type ConnectionOwner, Http1Connection } from './http1-connection.ts'
import { type RequestHead, requestHead } from './http1-head.ts'
import type { UpstreamTransport } from './transport.ts'
import { Watch } from './watch.ts'

const alpn = ['http/1.1'] as const

/** HTTP/1.1 to one upstream: one exchange at a time on each connection, no pipelining. */
export function createHttp1Upstream(upstream: Upstream, settings: { readonly clock: Clock }): UpstreamTransport {
  const { clock } = settings
  // Past it an exchange is refused rather than queued without end.
  const { maxConnections } = upstream
  const watch = new Watch(clock)
  const all = new Set<Http1Connection>()
  /** Last in, first out: the rest grow old and close. */
  const idle: Http1Connection[] = []
  /** Exchanges that will take an idle connection within this turn: options, handler, options, handler. */
  let waiting: (DispatchOptions | DispatchHandler)[] = []
  const dialling = new Set<Socket>()
  let closed = false
  const quiet = Promise.withResolvers<void>()

  const owner: ConnectionOwner = {
    watch,
    idle(connection) {
      if (closed) connection.drop()
      else idle.push(connection)
    },
    gone(connection) {
      all.delete(connection)
      const at = idle.indexOf(connection)
      if (at !== -1) idle.splice(at, 1)
      settle()
    },
  }

  function dispatch(options: DispatchOptions, handler: DispatchHandler): boolean {
    if (closed) {
      refuse(handler, 'closing')
    } else if (options.freshConnection !== true && idle.length * 2 > waiting.length) {
      // What lies unread on idle connections is read first, a FIN or an answer that nobody asked for: that is what this
      // turn of the loop does before its immediates. Such a connection gets no request (GHSA-35p6-xmwp-9g52).
      if (waiting.length === 0) setImmediate(sendWaiting)
      waiting.push(options, handler)
    } else {
      connect(options, handler)
    }
    return true
  }

  function sendWaiting(): void {
    const these = waiting
    waiting = []
    const now = clock.now()
    const unread: Http1Connection[] = []
    for (let i = 0; i < these.length; i += 2) {
      const options = these[i] as DispatchOptions
      const handler = these[i + 1] as DispatchHandler
      const connection = takeIdle(now)
      if (connection === undefined) {
        connect(options, handler)
      } else if (connection.unread) {
        // It became idle in this very turn, and is read in the next.
        unread.push(connection)
        if (waiting.length === 0) setImmediate(sendWaiting)
        waiting.push(options, handler)
      } else {
        send(connection, options, handler, now)
      }
    }
    for (const connection of unread) {
      connection.unread = false
      idle.push(connection)
    }
  }

  function takeIdle(now: number): Http1Connection | undefined {
    let connection = idle.pop()
    while (connection !== undefined && !connection.usable(now)) {
      connection.drop()
      connection = idle.pop()
    }
    return connection
  }

  function refuse(handler: DispatchHandler, why: string): void {
    handler.onResponseError?.(idleController, new ProxyError('SP_NO_UPSTREAM', `${upstream.name}: ${why}`))
  }

  function connect(options: DispatchOptions, handler: DispatchHandler): void {
    if (all.size + dialling.size >= maxConnections) {
      refuse(handler, `${maxConnections} connections are open`)
      return
    }
    const began = clock.now()
    const connection = new Http1Connection(owner)
    const { onread } = connection
    const timeout = connectTimeoutOf(options)
    const attempt = dial(upstream, { clock, timeout, alpn, onread, exchange: options.exchange }, (error, socket) => {
      dialling.delete(attempt)
      if (socket === null) {
        settle()
        handler.onResponseError?.(idleController, error as ProxyError)
        return
      }
      const now = clock.now()
      if (options.exchange !== undefined) options.exchange.facts.connect = now - began
      all.add(connection)
      connection.attach(socket)
      send(connection, options, handler, now)
    })
    dialling.add(attempt)
  }

  function send(connection: Http1Connection, options: DispatchOptions, handler: DispatchHandler, now: number): void {
    let content: Content
    let head: RequestHead
    try {
      content = contentOf(options.body)
      head = requestHead(upstream, options, content)
    } catch (error) {
      // Nothing has been sent: the connection is as good as it was.
      connection.rest(now)
      handler.onResponseError?.(idleController, error as ProxyError)
      return
    }
    new Http1Call(options, handler, upstream, clock, connection, head.closes, now).send(head, content)
  }

  function settle(): void {
    if (all.size > 0 || dialling.size > 0 || waiting.length > 0) return
    watch.close()
    if (closed) quiet.resolve()
  }

  function close(): Promise<void> {
    sendWaiting()
    closed = true
    for (const connection of [...idle]) connection.drop()
    settle()
    return quiet.promise
  }

  function destroy(error: Error): void {
    closed = true
    for (let i = 1; i < waiting.length; i += 2) {
      ;(waiting[i] as DispatchHandler).onResponseError?.(idleController, error)
    }
    waiting = []
    for (const connection of [...all]) connection.destroy(error)
    for (const socket of dialling) socket.destroy(error)
    settle()
  }

  return { dispatch, close, destroy }
}
