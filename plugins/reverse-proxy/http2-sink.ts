import {
  constants,
  type Http2ServerResponse,
  type ServerHttp2Stream,
  type ServerStreamResponseOptions,
} from 'node:http2'
import type { FastifyReply } from 'fastify'
import { breakAnswer, mergeReplyFields, type Sink } from './sink.ts'

type Fields = Record<string, string | string[] | number>

/**
 * Writes to an HTTP/2 stream. Names go out in lower case (RFC 9113 8.2), the reason phrase goes nowhere (8.3.2). As on
 * HTTP/1 the head and the first chunk wait for the end, within one turn: an answer without content ends with its head, as
 * a gRPC error must.
 */
export class Http2Sink implements Sink {
  onDrain: (() => void) | undefined = undefined
  readonly borrows = false
  started = false
  readonly #reply: FastifyReply
  readonly #stream: ServerHttp2Stream
  #head: Fields | undefined
  #chunk: Buffer | undefined
  #listening = false

  constructor(reply: FastifyReply) {
    this.#reply = reply
    this.#stream = (reply.raw as unknown as Http2ServerResponse).stream
  }

  interim(status: number, fields: readonly string[]): void {
    if (!this.#usable()) return
    try {
      this.#stream.additionalHeaders(toFields(status, fields))
    } catch {
      // Node refuses one of its fields. An interim answer is a hint: the final one matters.
    }
  }

  head(status: number, _message: string, fields: string[]): void {
    this.#reply.hijack()
    this.started = true
    if (!this.#usable()) return
    this.#reply.raw.statusCode = status
    this.#head = toFields(status, mergeReplyFields(this.#reply, fields))
    process.nextTick(release, this)
  }

  data(chunk: Buffer): boolean {
    if (this.#head !== undefined && this.#chunk === undefined) {
      this.#chunk = chunk
      return true
    }
    this.release()
    if (!this.#usable()) return true
    if (this.#stream.write(chunk)) return true
    if (!this.#listening) {
      this.#listening = true
      this.#stream.on('drain', () => this.onDrain?.())
    }
    return false
  }

  end(trailers: readonly string[]): void {
    if (trailers.length > 0) this.release()
    if (!this.#usable()) return
    const stream = this.#stream
    const head = this.#head
    const chunk = this.#chunk
    if (head !== undefined) {
      this.#forget()
      if (this.#respond(head, { endStream: chunk === undefined }) && chunk !== undefined) stream.end(chunk)
      return
    }
    const response = this.#reply.raw as unknown as Http2ServerResponse
    if (trailers.length > 0) response.addTrailers(toFields(undefined, trailers) as Record<string, string>)
    stream.end()
  }

  release(): void {
    const head = this.#head
    const chunk = this.#chunk
    if (head === undefined) return
    this.#forget()
    if (!this.#usable()) return
    // Node's response object answers 'wantTrailers', with what addTrailers() has given it.
    if (this.#respond(head, { waitForTrailers: true }) && chunk !== undefined) this.#stream.write(chunk)
  }

  #respond(head: Fields, options: ServerStreamResponseOptions): boolean {
    try {
      this.#stream.respond(head, options)
      return true
    } catch (error) {
      // A field of the upstream or of a hook that Node refuses. This may run in a turn of its own: nobody else would
      // catch it.
      this.#reply.log.error(error, 'the fields of an answer cannot be sent')
      this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR)
      return false
    }
  }

  #forget(): void {
    this.#head = undefined
    this.#chunk = undefined
  }

  break(): void {
    breakAnswer(this.#reply)
  }

  #usable(): boolean {
    return !this.#stream.destroyed && !this.#stream.closed
  }
}

function release(sink: Http2Sink): void {
  sink.release()
}

function toFields(status: number | undefined, flat: readonly string[]): Fields {
  const fields: Fields = Object.create(null)
  if (status !== undefined) fields[':status'] = status
  for (let i = 0; i < flat.length; i += 2) {
    const name = (flat[i] as string).toLowerCase()
    const value = flat[i + 1] as string
    const known = fields[name]
    if (known === undefined) fields[name] = value
    // RFC 9110 5.3: a repeated field is a list; Node takes no array for the few that may stand once only.
    else if (Array.isArray(known)) known.push(value)
    else if (!single.has(name)) fields[name] = [String(known), value]
  }
  return fields
}

/** Fields that Node's HTTP/2 refuses to send twice. Of a repeated one the first counts. */
const single = new Set(
  (
    'access-control-allow-credentials access-control-max-age access-control-request-method age authorization content-encoding content-language ' +
    'content-length content-location content-md5 content-range content-type date dnt etag expires from host ' +
    'if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards ' +
    'proxy-authorization range referer retry-after tk upgrade-insecure-requests user-agent x-content-type-options'
  ).split(' '),
)
