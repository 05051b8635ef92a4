import http2, { type ClientHttp2Session, type ClientHttp2Stream, type ClientSessionRequestOptions } from 'node:http2'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '../contract/clock.ts'
import { ProxyError } from '../contract/errors.ts'
import type { Upstream } from '../contract/pool.ts'
import { dial } from './dial.ts'
import { connectError } from './failure.ts'
import { Watch, type Watched } from './watch.ts'

/** Streams on one session, whatever the peer allows. */
const maxStreams = 1000
const idleTimeout = 60_000
/** Bytes of the head of an answer. */
export const maxHeaderListSize = 16 * 1024
/** Bytes that the upstream may send on one stream before the client has taken any: what a slow client costs. */
const streamWindow = 256 * 1024
const alpn = ['h2'] as const

const sessionOptions: http2.ClientSessionOptions = {
  settings: { enablePush: false, maxHeaderListSize, initialWindowSize: streamWindow },
  maxHeaderListPairs: 1000,
  // Megabytes.
  maxSessionMemory: 64,
}

export interface SessionListener {
  /** A stream has ended: there is room for another. */
  room(): void
  /** It takes no more streams. Those in flight go on. */
  draining(session: Http2Session): void
  closed(session: Http2Session): void
}

/**
 * Dials, and waits for the peer's SETTINGS: only then is it known that the peer speaks HTTP/2 and how many streams it
 * takes. Calls back once.
 */
export function openSession(
  upstream: Upstream,
  options: { readonly clock: Clock; readonly timeout: number; readonly listener: SessionListener },
  callback: (error: ProxyError | null, session: Http2Session | null) => void,
): void {
  const { clock, timeout, listener } = options
  const began = clock.now()
  dial(upstream, { clock, timeout, alpn }, (error, socket) => {
    if (socket === null) {
      callback(error, null)
      return
    }
    if (upstream.protocol === 'https:' && (socket as TLSSocket).alpnProtocol !== 'h2') {
      socket.on('error', ignore)
      socket.destroy()
      callback(new ProxyError('SP_TLS_PROTOCOL', `${upstream.name}: the server did not choose h2 (ALPN)`), null)
      return
    }
    greet(
      upstream,
      socket,
      { clock, timeout: timeout > 0 ? Math.max(1, timeout - (clock.now() - began)) : 0, listener },
      callback,
    )
  })
}

function greet(
  upstream: Upstream,
  socket: Socket,
  { clock, timeout, listener }: { clock: Clock; timeout: number; listener: SessionListener },
  callback: (error: ProxyError | null, session: Http2Session | null) => void,
): void {
  // The dialler keeps sockets half-open for HTTP/1. Here the peer's FIN is the end of the session.
  socket.allowHalfOpen = false
  socket.on('error', ignore)
  const h2 = http2.connect(upstream.origin, { ...sessionOptions, createConnection: () => socket })
  const timer =
    timeout > 0
      ? clock.setTimer(
          () => fail(new ProxyError('SP_CONNECT_TIMEOUT', `${upstream.name}: no HTTP/2 SETTINGS`)),
          timeout,
        )
      : undefined

  function stop(): void {
    if (timer !== undefined) clock.clearTimer(timer)
    h2.off('error', onError)
    h2.off('close', onClose)
    h2.off('remoteSettings', onReady)
  }
  function fail(error: ProxyError): void {
    stop()
    h2.on('error', ignore)
    h2.destroy()
    callback(error, null)
  }
  function onError(error: NodeJS.ErrnoException): void {
    fail(
      error.code?.startsWith('ERR_HTTP2') === true
        ? new ProxyError('SP_UPSTREAM_PROTOCOL', `${upstream.name}: ${error.message}`, error)
        : connectError(error, upstream.name),
    )
  }
  function onClose(): void {
    fail(new ProxyError('SP_CONNECT_FAILED', `${upstream.name}: closed before HTTP/2 SETTINGS`))
  }
  function onReady(): void {
    stop()
    callback(null, new Http2Session(h2, socket, clock, listener))
  }
  h2.once('error', onError)
  h2.once('close', onClose)
  h2.once('remoteSettings', onReady)
}

/** One connection and what runs on it. */
export class Http2Session implements Watched {
  readonly watch: Watch
  /** Streams that it has carried. */
  served = 0
  readonly #h2: ClientHttp2Session
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #listener: SessionListener
  #streams = 0
  #limit: number
  #open = true
  #gone = false
  #idleSince: number
  /** The last stream that the peer says it will act on. */
  #lastStream = Number.POSITIVE_INFINITY

  constructor(h2: ClientHttp2Session, socket: Socket, clock: Clock, listener: SessionListener) {
    this.#h2 = h2
    this.#socket = socket
    this.#clock = clock
    this.#listener = listener
    this.#idleSince = clock.now()
    this.watch = new Watch(clock)
    this.watch.add(this)
    this.#limit = limitOf(h2)
    h2.on('error', ignore)
    h2.on('remoteSettings', () => {
      this.#limit = limitOf(h2)
      listener.room()
    })
    h2.on('goaway', (_, lastStream) => {
      this.#lastStream = Math.min(this.#lastStream, lastStream)
      this.#drain()
    })
    h2.on('close', () => {
      this.#gone = true
      this.watch.close()
      this.#drain()
      listener.closed(this)
    })
    h2.unref()
  }

  get hasRoom(): boolean {
    return this.#open && !this.#h2.closed && !this.#h2.destroyed && this.#streams < this.#limit
  }

  /** The connection is lost, with all that was on it. */
  get gone(): boolean {
    return this.#gone || this.#h2.destroyed
  }

  get bytesRead(): number {
    return this.#socket.bytesRead
  }

  get deadline(): number {
    return this.#streams > 0 ? Number.POSITIVE_INFINITY : this.#idleSince + idleTimeout
  }

  /** Idle for too long. */
  expire(): void {
    this.close()
  }

  /** Was the stream one that the peer has said it never acted on? One without a number was never sent. */
  ignored(stream: number | undefined): boolean {
    return stream === undefined || stream > this.#lastStream
  }

  request(fields: string[], options: ClientSessionRequestOptions): ClientHttp2Stream {
    const stream = this.#h2.request(fields, options)
    if (this.#streams++ === 0) this.#h2.ref()
    return stream
  }

  streamClosed(): void {
    this.served++
    if (--this.#streams === 0 && !this.#open) {
      this.close()
    } else if (this.#streams === 0) {
      this.#h2.unref()
      this.#idleSince = this.#clock.now()
      this.watch.arm(this.deadline)
    }
    this.#listener.room()
  }

  /** Takes no more; closes when what is in flight has ended. */
  close(): void {
    this.#drain()
    // Not before: a stream that was just asked for would be refused by our own side.
    if (this.#streams === 0 && !this.#h2.destroyed) this.#h2.close()
  }

  destroy(error?: Error): void {
    this.#drain()
    this.#h2.destroy(error)
  }

  #drain(): void {
    if (!this.#open) return
    this.#open = false
    this.#listener.draining(this)
  }
}

function limitOf(h2: ClientHttp2Session): number {
  return Math.min(h2.remoteSettings.maxConcurrentStreams ?? maxStreams, maxStreams)
}

function ignore(): void {}
