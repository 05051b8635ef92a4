import { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { leastLent } from '../../src/contract/handler.ts'
import { breakAnswer, mergeReplyFields, type Sink } from './sink.ts'

const shortBody = 8 * 1024
const { write } = ServerResponse.prototype

const fresh = 0
const held = 1
const flowing = 2

/**
 * Writes to an HTTP/1 socket. The head waits for the first chunk, and that for the end, but never longer than the turn
 * of the event loop in which they came: an answer in one piece is one write, and a slow one is not held up.
 */
export class Http1Sink implements Sink {
  onDrain: (() => void) | undefined = undefined
  /** Not where the app has put a write() of its own there: that may keep what it is given, and call nobody back. */
  readonly borrows: boolean
  readonly #reply: FastifyReply
  readonly #response: ServerResponse
  #state = fresh
  #status = 0
  #message = ''
  #fields: string[] | undefined
  #chunk: Buffer | undefined
  #listening = false
  /** Chunks that may be lent and are not all written yet. */
  #lent = 0
  #written: (() => void) | undefined

  constructor(reply: FastifyReply) {
    this.#reply = reply
    this.#response = reply.raw
    this.borrows = reply.raw.write === write
  }

  get started(): boolean {
    return this.#state !== fresh
  }

  interim(status: number, fields: readonly string[]): void {
    // Node's types for it lag behind: a flat list is fine.
    this.#response.writeInformation(status, fields as unknown as Record<string, string>)
  }

  head(status: number, message: string, fields: string[], atHand: boolean): void {
    this.#reply.hijack()
    this.#state = held
    this.#status = status
    this.#message = message === 'OK' || plainAscii.test(message) ? message : reasonPhrase(message)
    this.#fields = mergeReplyFields(this.#reply, fields)
    if (!atHand) process.nextTick(release, this)
  }

  data(chunk: Buffer, given: boolean): boolean {
    const isLarge = !given && chunk.length >= leastLent && this.borrows
    if (this.#state === held && this.#chunk === undefined && !isLarge) {
      this.#chunk = chunk
      return true
    }
    // A head that waited alone goes out with the chunk.
    if (this.#state === held && this.#chunk === undefined) this.#writeHead()
    else this.release()
    if (this.#response.destroyed) return true
    if (isLarge) {
      this.#lent++
      this.#written ??= () => {
        this.#lent--
        this.#drained()
      }
      this.#response.write(chunk, this.#written)
      return false
    }
    if (this.#response.write(chunk)) return true
    if (!this.#listening) {
      this.#listening = true
      this.#response.on('drain', () => this.#drained())
    }
    return false
  }

  #drained(): void {
    if (this.#lent === 0) this.onDrain?.()
  }

  end(trailers: readonly string[]): void {
    const response = this.#response
    const chunk = this.#chunk
    this.#chunk = undefined
    if (this.#state === held) this.#writeHead()
    if (response.destroyed) return
    if (trailers.length > 0) addTrailers(response, trailers)
    if (chunk === undefined) response.end()
    // A short body as text goes out in one write with the head; as a buffer it would be a vector of two.
    else if (chunk.length <= shortBody) response.end(chunk.toString('latin1'), 'latin1')
    else response.end(chunk)
  }

  break(): void {
    breakAnswer(this.#reply)
  }

  release(): void {
    if (this.#state !== held || this.#response.destroyed) return
    this.#writeHead()
    if (this.#response.destroyed) return
    const chunk = this.#chunk
    this.#chunk = undefined
    if (chunk === undefined) this.#response.flushHeaders()
    else this.#response.write(chunk)
  }

  #writeHead(): void {
    const response = this.#response
    this.#state = flowing
    try {
      response.writeHead(
        this.#status,
        this.#message,
        withoutIdleTrailer(response, this.#status, this.#fields as string[]),
      )
    } catch (error) {
      // A field that a hook of the app has set, and Node refuses. This runs in a turn of its own: nobody else would catch it.
      this.#reply.log.error(error, 'the fields of an answer cannot be sent')
      response.destroy()
    }
    this.#fields = undefined
  }
}

function release(sink: Http1Sink): void {
  sink.release()
}

const plainAscii = /^[\t\x20-\x7e]*$/

/** One character a byte, as Node writes it. What would end the line is left out. */
function reasonPhrase(message: string): string {
  return message.replace(/[^\t\x20-\x7e\x80-\xff]/g, '')
}

/** Node throws for a Trailer that no chunked body follows (RFC 9112 7.1.2): then it announces nothing. */
function withoutIdleTrailer(response: ServerResponse, status: number, fields: string[]): string[] {
  let at = -1
  let chunked = response.req.method !== 'HEAD' && status !== 204 && status !== 304
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name.length === 7 && name.toLowerCase() === 'trailer') at = i
    else if (name.length === 14 && name.toLowerCase() === 'content-length') chunked = false
  }
  if (at === -1 || chunked) return fields
  return fields.filter((_, i) => (fields[i - (i % 2)] as string).toLowerCase() !== 'trailer')
}

function addTrailers(response: ServerResponse, trailers: readonly string[]): void {
  const pairs: [string, string][] = []
  for (let i = 0; i < trailers.length; i += 2) pairs.push([trailers[i] as string, trailers[i + 1] as string])
  response.addTrailers(pairs)
}
