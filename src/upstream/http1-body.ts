import { IncomingMessage } from 'node:http'
import { Http2ServerRequest } from 'node:http2'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { FormData as UndiciFormData, Response as UndiciResponse } from 'undici'
import { ProxyError } from '../contract/errors.ts'

/** The content of a request in one of the two kinds that are sent. */
export interface Content {
  readonly body: Uint8Array | Readable | null
  /** What the kind itself says of its type: that of a form, with its boundary. */
  readonly type: string | undefined
  /** Bytes, where the kind itself knows, else -1. */
  readonly length: number
}

const none: Content = { body: null, type: undefined, length: 0 }

/**
 * Makes of every kind of body that undici takes one of two. Streams and buffers stay what they are.
 * @throws ProxyError SP_BAD_REQUEST for what is none
 */
export function contentOf(body: unknown): Content {
  if (body == null) return none
  if (typeof body === 'string') return bytes(Buffer.from(body))
  if (body instanceof Uint8Array) return bytes(body)
  if (body instanceof Readable) return stream(body)
  return otherContent(body)
}

/** A body that nobody will read to its end is let go. What a server is being sent stays with that server. */
export function abandon(body: unknown): void {
  if (!(body instanceof Readable) || body instanceof IncomingMessage || body instanceof Http2ServerRequest) return
  body.on('error', ignore)
  body.destroy()
}

function bytes(body: Uint8Array): Content {
  return body.byteLength === 0 ? none : { body, type: undefined, length: body.byteLength }
}

function stream(body: Readable, type?: string, length = -1): Content {
  return { body, type, length }
}

function otherContent(body: unknown): Content {
  if (ArrayBuffer.isView(body)) return bytes(new Uint8Array(body.buffer, body.byteOffset, body.byteLength))
  if (body instanceof ArrayBuffer) return bytes(new Uint8Array(body))
  if (body instanceof Blob) return stream(fromWeb(body.stream()), body.type === '' ? undefined : body.type, body.size)
  if (body instanceof FormData || body instanceof UndiciFormData) {
    const response = body instanceof UndiciFormData ? new UndiciResponse(body) : new Response(body)
    return stream(fromWeb(response.body), response.headers.get('content-type') ?? undefined)
  }
  if (body instanceof globalThis.ReadableStream) return stream(fromWeb(body))
  if (typeof body !== 'object' || body === null) throw noBody()
  if (typeof (body as Readable).pipe === 'function') return stream(new Readable().wrap(body as Readable))
  if (Symbol.asyncIterator in body || Symbol.iterator in body) {
    return stream(Readable.from(body as AsyncIterable<Uint8Array>))
  }
  throw noBody()
}

function noBody(): ProxyError {
  return new ProxyError('SP_BAD_REQUEST', 'a body is text, bytes, a stream, an iterable, a Blob or a form')
}

function fromWeb(web: unknown): Readable {
  return Readable.fromWeb(web as ReadableStream)
}

function ignore(): void {}
