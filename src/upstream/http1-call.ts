import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { Clock } from '../contract/clock.ts'
import { ProxyError } from '../contract/errors.ts'
import { borrows, leastLent } from '../contract/handler.ts'
import type { DispatchHandler, DispatchOptions } from '../contract/layer.ts'
import type { Upstream } from '../contract/pool.ts'
import { isForbiddenTrailer } from '../http/trailers.ts'
import { Call } from './call.ts'
import { answerError } from './failure.ts'
import { abandon, type Content } from './http1-body.ts'
import type { Http1Connection } from './http1-connection.ts'
import { addField } from './http1-fields.ts'
import type { RequestHead } from './http1-head.ts'
import type { AnswerEvents, AnswerHead } from './http1-parser.ts'
import { FramedUpload, type UploadOwner } from './http1-upload.ts'

/** Interim 100 that nobody asked for are read past, so many of them. */
const maxContinues = 16
/** Content of at most so many bytes goes out in one piece with the head. */
const smallContent = 16 * 1024

/** One exchange on one connection. */
export class Http1Call extends Call implements AnswerEvents, UploadOwner {
  readonly #connection: Http1Connection
  readonly #closes: boolean
  #upload: FramedUpload | undefined
  #body: Readable | undefined
  #persistent = false
  #idleSeconds = -1
  #continues = 0

  constructor(
    options: DispatchOptions,
    handler: DispatchHandler,
    upstream: Upstream,
    clock: Clock,
    connection: Http1Connection,
    closes: boolean,
    now: number,
  ) {
    super(options, handler, upstream, clock, connection, now)
    this.#connection = connection
    this.#closes = closes
  }

  send(head: RequestHead, { body }: Content): void {
    const { exchange, method } = this.options
    const connection = this.#connection
    if (exchange !== undefined) {
      exchange.facts.upstreamProtocol = 'HTTP/1.1'
      exchange.facts.reused = connection.served > 0
    }
    connection.begin(this, method === 'HEAD')
    if (!this.begin()) return
    const { socket } = connection
    if (body === null) {
      socket.write(head.text, 'latin1')
      this.#sent()
    } else if (body instanceof Uint8Array) {
      this.#sendBytes(head, Buffer.from(body.buffer, body.byteOffset, body.byteLength))
    } else {
      this.#body = body
      this.#upload = new FramedUpload(socket, head.length, this)
      // What of the body is there already goes out with the head, and the head does not wait for what is not.
      socket.cork()
      socket.write(head.text, 'latin1')
      this.upload(body, this.#upload)
      process.nextTick(uncork, socket)
    }
  }

  #sendBytes(head: RequestHead, bytes: Buffer): void {
    const { socket } = this.#connection
    if (bytes.length <= smallContent) {
      socket.write(head.text + bytes.toString('latin1'), 'latin1')
    } else {
      socket.cork()
      socket.write(head.text, 'latin1')
      socket.write(bytes)
      socket.uncork()
    }
    this.uploaded(bytes)
    this.#sent()
  }

  #sent(): void {
    try {
      this.handler.onRequestSent?.()
    } catch (error) {
      this.abort(error as Error)
    }
  }

  // One reading of the clock for each read from the socket, whatever it holds.
  override touch(): void {
    if (!this.#connection.parsing) super.touch()
  }

  // The upstream may wait for the end of the upload. That is up to the client, unless the upstream takes none of it.
  override get deadline(): number {
    const upload = this.#upload
    if (upload !== undefined && !upload.complete && !this.answered && !this.#connection.socket.writableNeedDrain) {
      return Number.POSITIVE_INFINITY
    }
    return super.deadline
  }

  held(): void {
    this.#connection.arm(super.deadline)
  }

  drained(): void {
    this.#upload?.drained()
  }

  override uploadDone(): void {
    super.uploadDone()
    if (this.#upload !== undefined) this.#connection.arm(this.deadline)
  }

  onHead({ status, reason, fields, persistent }: AnswerHead): void {
    if (status === 100 && ++this.#continues > maxContinues) {
      this.refuse(new ProxyError('SP_UPSTREAM_PROTOCOL', `more than ${maxContinues} times 100`))
      return
    }
    this.#persistent = persistent
    this.#idleSeconds = fields.keepAliveSeconds
    super.touch()
    this.head(status, fields.headers, fields.raw, reason)
  }

  onContent(bytes: Buffer, from: number, to: number): void {
    const length = to - from
    // V8 lets 64 MB of dead buffers lie before it collects them: large content is lent to whoever keeps none. A handler may
    // say so only when it has seen the head.
    if (length >= leastLent && borrows(this.handler)) {
      this.#connection.readApart()
      if (this.#connection.canLend(bytes)) {
        this.data(bytes.subarray(from, to))
        return
      }
    }
    const chunk = Buffer.allocUnsafe(length)
    bytes.copy(chunk, 0, from, to)
    this.data(chunk)
  }

  onEnd(trailers: string[], more: boolean): void {
    // RFC 9112 9.3: nothing is due behind an answer. What comes there was meant to answer someone else.
    if (more) this.#persistent = false
    if (trailers.length === 0) this.end({}, trailers)
    else this.#endWith(trailers)
  }

  #endWith(trailers: readonly string[]): void {
    const headers: IncomingHttpHeaders = {}
    const raw: string[] = []
    for (let i = 0; i < trailers.length; i += 2) {
      const name = trailers[i] as string
      // RFC 9110 6.5.1: what frames or routes a message, and more, never comes behind it. Dropped, not fatal.
      if (isForbiddenTrailer(name)) continue
      raw.push(name, trailers[i + 1] as string)
      addField(headers, name.toLowerCase(), trailers[i + 1] as string)
    }
    this.end(headers, raw)
  }

  override fail(error: unknown): void {
    super.fail(error)
  }

  /** The answer is none. */
  refuse({ code, message }: ProxyError): void {
    this.fail(new ProxyError(code, `${this.upstream.name}: ${message}`))
  }

  /** The connection was lost. */
  broken(error: Error): void {
    if (this.over) return
    if (this.answered) {
      this.fail(error)
      return
    }
    const { served, heard } = this.#connection
    const failure = answerError(error, this.upstream.name)
    // It had served, then died without a word since we sent: the upstream closed it while it was idle.
    if (served > 0 && !heard && failure.code === 'SP_UPSTREAM_RESET') failure.unprocessed = true
    this.fail(failure)
  }

  protected override halt(complete: boolean): void {
    const sent = this.#upload === undefined || this.#upload.complete
    if (!sent) abandon(this.#body)
    this.#connection.release(complete && sent && this.#persistent && !this.#closes, this.movedAt, this.#idleSeconds)
  }

  protected override flow(on: boolean): void {
    this.#connection.flow(on)
  }
}

function uncork(socket: { uncork(): void }): void {
  socket.uncork()
}
