import { constants, type Http2ServerResponse } from 'node:http2'
import { TLSSocket } from 'node:tls'
import type { FastifyReply } from 'fastify'
import { withoutFields } from '../../src/http/fields.ts'

/** Where an answer is written: HTTP/1 socket, HTTP/2 stream, or a Fastify reply whose hooks want to see it. */
export interface Sink {
  /** True once the final head has been given. */
  readonly started: boolean
  /** It keeps no chunk past the `onDrain` that it has asked for: chunks may be lent (see Borrower). */
  readonly borrows: boolean
  /** An interim answer, status 102 to 199. */
  interim(status: number, fields: readonly string[]): void
  /**
   * The final head. Flat fields: name, value, ...
   * @param atHand content and end follow in the same turn
   */
  head(status: number, message: string, fields: string[], atHand: boolean): void
  /**
   * False means: hold back until `onDrain`.
   * @param given the chunk is never lent: it may be kept for as long as it takes
   */
  data(chunk: Buffer, given: boolean): boolean
  end(trailers: readonly string[]): void
  /** Breaks the connection or stream: the client must not take what it has for the whole. */
  break(): void
  /** Called when `data` may go on. */
  onDrain: (() => void) | undefined
}

/**
 * Breaks what carries the answer, so that nobody takes a part for the whole. An HTTP/1.0 client knows the end of an answer
 * by the end of the connection: that one must see a reset.
 */
export function breakAnswer(reply: FastifyReply): void {
  const { stream } = reply.raw as unknown as Http2ServerResponse
  if (stream !== undefined) {
    if (!stream.destroyed && !stream.closed) stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    return
  }
  const { socket } = reply.raw
  // TLS has an end of its own, close_notify, and a destroyed connection never says it.
  if (reply.request.raw.httpVersionMinor === 0 && socket !== null && !(socket instanceof TLSSocket)) {
    socket.resetAndDestroy()
  } else {
    reply.raw.destroy()
  }
}

/**
 * Fields that the app's own hooks have set on the reply. They win over the upstream's of the same name, save those that
 * add up.
 */
export function mergeReplyFields(reply: FastifyReply, fields: string[]): string[] {
  const own = reply.getHeaders()
  let merged = fields
  for (const name in own) {
    const value = own[name]
    if (value === undefined) continue
    if (name !== 'set-cookie' && name !== 'vary') merged = withoutFields(merged, new Set([name]))
    for (const one of Array.isArray(value) ? value : [value]) merged.push(name, String(one))
  }
  return merged
}
