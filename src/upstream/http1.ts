import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import { Client } from 'undici'
import type { Clock } from '../contract/clock.ts'
import { ProxyError } from '../contract/errors.ts'
import { WrappedHandler } from '../contract/handler.ts'
import {
  type Dispatch,
  type DispatchController,
  type DispatchHandler,
  type DispatchOptions,
  idleController,
} from '../contract/layer.ts'
import type { Upstream } from '../contract/pool.ts'
import { dial } from './dial.ts'
import { answerError } from './failure.ts'
import { guardHeads, type HeadGuard } from './head-guard.ts'
import type { UpstreamTransport } from './transport.ts'

/** Connections to one upstream at a time. Past it an exchange is refused rather than queued without end. */
const maxConnections = 4096
/** Bytes of the head of an answer: what Node allows a request. */
const maxHeaderSize = 16 * 1024
const alpn = ['http/1.1'] as const

/**
 * HTTP/1.1 to one upstream: each connection is one undici Client around a socket that we dialled, so that we know which
 * connection a request went out on, what it had served before, and that nothing was sent when none could be made.
 */
export function createHttp1Upstream(upstream: Upstream, settings: { readonly clock: Clock }): UpstreamTransport {
  const { clock } = settings
  const all = new Set<Connection>()
  /** Last in, first out: the rest grow old and close. */
  const idle: Connection[] = []
  const dialling = new Set<Socket>()
  let closed = false

  function dispatch(options: DispatchOptions, handler: DispatchHandler): boolean {
    if (options.freshConnection !== true) {
      let connection = idle.pop()
      // One that ended in this turn of the loop has not left the list yet.
      while (connection?.socket.destroyed === true) connection = idle.pop()
      if (connection !== undefined) {
        send(connection, options, handler)
        return true
      }
    }
    if (closed || all.size + dialling.size >= maxConnections) {
      const why = closed ? 'closing' : `${maxConnections} connections are open`
      handler.onResponseError?.(idleController, new ProxyError('SP_NO_UPSTREAM', `${upstream.name}: ${why}`))
      return true
    }
    const began = clock.now()
    const attempt = dial(upstream, { clock, timeout: options.connectTimeout ?? 5000, alpn }, (error, socket) => {
      dialling.delete(attempt)
      if (socket === null) {
        handler.onResponseError?.(idleController, error as ProxyError)
        return
      }
      if (options.exchange !== undefined) options.exchange.facts.connect = clock.now() - began
      send(open(socket), options, handler)
    })
    dialling.add(attempt)
    return true
  }

  function open(socket: Socket): Connection {
    let dialled: Socket | undefined = socket
    const client = new Client(upstream.origin, {
      // The socket stands already. A Client that has lost it is thrown away, never reconnected.
      connect: (_, callback) => {
        const mine = dialled
        dialled = undefined
        // Not in this turn: undici is inside its own resume, and would not look again.
        queueMicrotask(() => {
          if (mine === undefined)
            callback(new ProxyError('SP_UPSTREAM_RESET', `${upstream.name}: connection lost`), null)
          else callback(null, mine)
        })
      },
      allowH2: false,
      pipelining: 1,
      maxHeaderSize,
    })
    const connection = new Connection(client, socket, upstream.name, over)
    all.add(connection)
    client.once('disconnect', () => drop(connection))
    return connection
  }

  function drop(connection: Connection): void {
    if (!all.delete(connection)) return
    const at = idle.indexOf(connection)
    if (at !== -1) idle.splice(at, 1)
    connection.client.destroy().catch(ignore)
  }

  function send(connection: Connection, options: DispatchOptions, handler: DispatchHandler): void {
    connection.client.dispatch(
      {
        path: upstream.basePath + options.path,
        method: options.method,
        headers: options.headers as string[],
        body: options.body ?? null,
        headersTimeout: options.headersTimeout ?? null,
        bodyTimeout: options.bodyTimeout ?? null,
        // undici closes after each HEAD unless told that the upstream can be trusted to send no body.
        reset: false,
        // Fixed, or undici reconnects whenever the Host field changes.
        servername: upstream.hostname,
      } as DispatchOptions,
      new Sending(connection, options, handler, dispatch),
    )
  }

  function over(connection: Connection, reusable: boolean): void {
    if (!reusable || closed) {
      drop(connection)
    } else if (all.has(connection)) {
      connection.served++
      idle.push(connection)
    }
  }

  async function close(): Promise<void> {
    closed = true
    const open = [...all]
    idle.length = 0
    await Promise.all(open.map(({ client }) => client.close().catch(ignore)))
  }

  function destroy(error: Error): void {
    closed = true
    for (const connection of [...all]) {
      all.delete(connection)
      connection.client.destroy(error).catch(ignore)
    }
    for (const socket of dialling) socket.destroy(error)
    idle.length = 0
  }

  return { dispatch, close, destroy }
}

/** One socket, and the undici Client around it. */
class Connection {
  readonly client: Client
  readonly socket: Socket
  readonly name: string
  readonly over: (connection: Connection, reusable: boolean) => void
  readonly heads: HeadGuard
  /** Exchanges that it has carried to their end. */
  served = 0

  constructor(client: Client, socket: Socket, name: string, over: (connection: Connection, reusable: boolean) => void) {
    this.client = client
    this.socket = socket
    this.name = name
    this.over = over
    this.heads = guardHeads(socket, name)
  }
}

/** Watches one exchange on its connection. */
class Sending extends WrappedHandler {
  readonly #connection: Connection
  readonly #options: DispatchOptions
  readonly #dispatch: Dispatch
  #started = false
  #ended = false
  #bytesBefore = 0
  /** What the handler itself threw: no failure of the upstream. */
  #thrown: unknown

  constructor(connection: Connection, options: DispatchOptions, handler: DispatchHandler, dispatch: Dispatch) {
    super(handler)
    this.#connection = connection
    this.#options = options
    this.#dispatch = dispatch
  }

  override onRequestStart(controller: DispatchController, context: unknown): void {
    this.#started = true
    this.#connection.heads.expectHead()
    this.#bytesBefore = this.#connection.socket.bytesRead
    const facts = this.#options.exchange?.facts
    if (facts !== undefined) {
      facts.upstreamProtocol = 'HTTP/1.1'
      facts.reused = this.#connection.served > 0
    }
    super.onRequestStart(controller, context)
  }

  override onResponseStart(
    controller: DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    statusMessage?: string,
  ): void {
    try {
      super.onResponseStart(controller, status, headers, statusMessage)
    } catch (error) {
      this.#thrown = error
      throw error
    }
  }

  override onResponseData(controller: DispatchController, chunk: Buffer): void {
    try {
      super.onResponseData(controller, chunk)
    } catch (error) {
      this.#thrown = error
      throw error
    }
  }

  override onResponseEnd(controller: DispatchController, trailers: IncomingHttpHeaders): void {
    this.#ended = true
    this.#connection.over(this.#connection, true)
    super.onResponseEnd(controller, trailers)
  }

  override onResponseError(controller: DispatchController | undefined, error: Error): void {
    const { served, socket, name } = this.#connection
    // The answer was whole: this is what the handler made of it.
    if (this.#ended) {
      super.onResponseError(controller ?? idleController, error)
      return
    }
    this.#connection.over(this.#connection, false)
    if (!this.#started && served > 0 && socket.destroyed) {
      // Lost before a byte of ours was written: the same as never having chosen it.
      this.#dispatch(this.#options, this.inner)
      return
    }
    if (controller?.aborted === true || error === this.#thrown) {
      super.onResponseError(controller ?? idleController, error)
      return
    }
    const failure = answerError(error, name)
    // A reused connection that died with not one byte read since we sent: the upstream closed it while it was idle.
    if (served > 0 && socket.bytesRead === this.#bytesBefore && failure.code === 'SP_UPSTREAM_RESET') {
      failure.unprocessed = true
    }
    super.onResponseError(controller ?? idleController, failure)
  }
}

function ignore(): void {}
