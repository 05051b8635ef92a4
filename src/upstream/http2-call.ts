import type { IncomingHttpHeaders } from 'node:http'
import { type ClientHttp2Stream, constants, type IncomingHttpStatusHeader } from 'node:http2'
import type { Clock } from '../contract/clock.ts'
import { type ErrorCode, ProxyError } from '../contract/errors.ts'
import type { DispatchHandler, DispatchOptions } from '../contract/layer.ts'
import type { Upstream } from '../contract/pool.ts'
import { Call } from './call.ts'
import { fromHttp2Fields, toHttp2Fields, toHttp2Trailers } from './http2-fields.ts'
import { type Http2Session, maxHeaderListSize } from './http2-session.ts'

const {
  NGHTTP2_CANCEL,
  NGHTTP2_ENHANCE_YOUR_CALM,
  NGHTTP2_FLAG_END_STREAM,
  NGHTTP2_REFUSED_STREAM,
  NGHTTP2_PROTOCOL_ERROR,
  NGHTTP2_FRAME_SIZE_ERROR,
  NGHTTP2_COMPRESSION_ERROR,
  NGHTTP2_HTTP_1_1_REQUIRED,
} = constants

const protocolErrors = new Set([
  NGHTTP2_PROTOCOL_ERROR,
  NGHTTP2_FRAME_SIZE_ERROR,
  NGHTTP2_COMPRESSION_ERROR,
  NGHTTP2_HTTP_1_1_REQUIRED,
])

/** One exchange on one stream. */
export class Http2Call extends Call {
  readonly #session: Http2Session
  #stream: ClientHttp2Stream | undefined
  #bytesBefore = 0
  /** The peer has said that its message is complete. */
  #complete = false
  #trailers: IncomingHttpHeaders = {}
  #rawTrailers: string[] = []

  constructor(
    options: DispatchOptions,
    handler: DispatchHandler,
    upstream: Upstream,
    clock: Clock,
    session: Http2Session,
  ) {
    super(options, handler, upstream, clock, session.watch)
    this.#session = session
  }

  send(): void {
    const session = this.#session
    const { body, exchange, requestTrailers } = this.options
    if (exchange !== undefined) {
      exchange.facts.upstreamProtocol = 'HTTP/2.0'
      exchange.facts.reused = session.served > 0
    }
    this.#bytesBefore = session.bytesRead
    if (!this.begin()) return
    let stream: ClientHttp2Stream
    try {
      stream = session.request(this.#fields(), {
        endStream: body == null,
        waitForTrailers: body != null && requestTrailers !== undefined,
      })
    } catch (error) {
      // node:http2 refuses to write a bad field. Nothing has been sent.
      this.fail(new ProxyError('SP_BAD_FIELD', `${this.upstream.name}: ${(error as Error).message}`, error))
      return
    }
    this.#stream = stream
    this.#listen(stream)
    if (body != null) this.sendBody(stream)
  }

  #fields(): string[] {
    const { method, path, headers } = this.options
    const { upstream } = this
    return toHttp2Fields({
      method,
      scheme: upstream.protocol === 'https:' ? 'https' : 'http',
      authority: upstream.authority,
      path: path === '*' ? path : upstream.basePath + path,
      fields: (headers ?? []) as readonly string[],
    })
  }

  #listen(stream: ClientHttp2Stream): void {
    // A stream that the peer resets with NO_ERROR emits a clean 'end', as a complete one does. The difference: END_STREAM
    // ends the readable side while the stream is open, a reset does so when it is closed already.
    const push = stream.push
    stream.push = (chunk, encoding) => {
      if (chunk === null && !stream.closed) this.#complete = true
      return push.call(stream, chunk, encoding)
    }
    stream.on('headers', (headers, _, raw) => this.#head(headers, raw))
    stream.on('response', (headers, flags, raw) => {
      this.#head(headers, raw)
      // The head was all. Told in one turn, so that the client can be given both in one frame, as gRPC wants it.
      if ((flags & NGHTTP2_FLAG_END_STREAM) !== 0) this.end(this.#trailers, this.#rawTrailers)
    })
    stream.on('trailers', (headers, _, raw) => {
      this.#trailers = headers
      this.#rawTrailers = fromHttp2Fields(raw)
    })
    stream.on('data', (chunk: Buffer) => this.data(chunk))
    stream.on('end', () => {
      if (this.#complete && this.answered) this.end(this.#trailers, this.#rawTrailers)
    })
    stream.on('error', (error) => this.#broken(error))
    stream.on('close', () => {
      this.#broken(new Error(`stream closed with code ${stream.rstCode ?? 0}`))
      this.#session.streamClosed()
    })
    stream.on('wantTrailers', () => {
      try {
        stream.sendTrailers(toHttp2Trailers(this.options.requestTrailers?.() ?? []))
      } catch (error) {
        this.fail(new ProxyError('SP_BAD_FIELD', (error as Error).message, error))
      }
    })
  }

  #head(headers: IncomingHttpHeaders & IncomingHttpStatusHeader, raw: string[]): void {
    if (sizeOf(raw) > maxHeaderListSize) {
      this.#fail('SP_UPSTREAM_FIELDS', `${this.upstream.name}: head of more than ${maxHeaderListSize} bytes`)
      return
    }
    const status = headers[':status'] as number
    delete headers[':status']
    this.head(status, headers, fromHttp2Fields(raw), '')
  }

  #broken(error: Error): void {
    if (this.over) return
    if (this.answered || error instanceof ProxyError) {
      this.fail(error)
      return
    }
    const code = this.#stream?.rstCode ?? 0
    const session = this.#session
    const message = `${this.upstream.name}: ${error.message}`
    // RFC 9113 8.7 and 6.8: a refused stream, and one above the last that GOAWAY names, has not been acted on.
    if (code === NGHTTP2_REFUSED_STREAM || session.ignored(this.#stream?.id)) {
      const failure = new ProxyError('SP_UPSTREAM_RESET', message, error)
      failure.unprocessed = true
      failure.refused = true
      this.fail(failure)
    } else if (protocolErrors.has(code)) {
      this.#fail('SP_UPSTREAM_PROTOCOL', message, error)
    } else if (code === NGHTTP2_ENHANCE_YOUR_CALM) {
      // What node:http2 makes of a head above our own limit.
      this.#fail('SP_UPSTREAM_FIELDS', message, error)
    } else {
      // The session had served, then died without a word since we sent: it was dead or dying already.
      const stale = session.gone && session.served > 0 && session.bytesRead === this.#bytesBefore
      this.#fail('SP_UPSTREAM_RESET', message, error, stale)
    }
  }

  #fail(code: ErrorCode, message: string, cause?: Error, unprocessed = false): void {
    const failure = new ProxyError(code, message, cause)
    failure.unprocessed = unprocessed
    this.fail(failure)
  }

  override expire(): void {
    // Not a byte on the whole session since we sent: it may be dead. No new stream goes there.
    if (this.#session.bytesRead === this.#bytesBefore) this.#session.close()
    super.expire()
  }

  protected override halt(complete: boolean): void {
    const stream = this.#stream
    if (stream === undefined || stream.destroyed) return
    // RFC 9113 8.1: with the answer complete, what is left of the request is not wanted.
    if (complete && stream.writableEnded) return
    // close() ends the stream, and an end in order is a native shutdown that asks for trailers. On a stream that is
    // destroyed by then that is an assertion in Node, and the end of the process.
    stream._final = (callback) => callback()
    stream.close(NGHTTP2_CANCEL)
    // Else it would wait for its unread data to be read.
    stream.destroy()
  }

  protected override flow(on: boolean): void {
    if (on) this.#stream?.resume()
    else this.#stream?.pause()
  }
}

/** RFC 9113 6.5.2. node:http2 holds our limit only once the peer has acknowledged it. */
function sizeOf(raw: readonly string[]): number {
  let size = 0
  for (let i = 0; i < raw.length; i++) size += (raw[i] as string).length + 16
  return size
}
