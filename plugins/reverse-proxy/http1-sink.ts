import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { mergeReplyFields, type Sink } from './sink.ts'

const shortBody = 8 * 1024

const fresh = 0
const held = 1
const flowing = 2

/**
 * Writes to an HTTP/1 socket. The head waits for the first chunk, and that for the end, but never longer than the turn
 * of the event loop in which they came: an answer in one piece is one write, and a slow one is not held up.
 */
export class Http1Sink implements Sink {
  onDrain: (() => void) | undefined = undefined
  readonly #reply: FastifyReply
  readonly #response: ServerResponse
  #state = fresh
  #status = 0
  #message = ''
  #fields: string[] | undefined
  #chunk: Buffer | undefined
  #listening = false

  constructor(reply: FastifyReply) {
    this.#reply = reply
    this.#response = reply.raw
  }

  get started(): boolean {
    return this.#state !== fresh
  }

  interim(status: number, fields: readonly string[]): void {
    // Node's types for it lag behind: a flat list is fine.
    this.#response.writeInformation(status, fields as unknown as Record<string, string>)
  }

  head(status: number, message: string, fields: string[]): void {
    this.#reply.hijack()
    this.#state = held
    this.#status = status
    this.#message = message
    this.#fields = mergeReplyFields(this.#reply, fields)
    process.nextTick(release, this)
  }

  data(chunk: Buffer): boolean {
    if (this.#state === held && this.#chunk === undefined) {
      this.#chunk = chunk
      return true
    }
    this.release()
    if (this.#response.write(chunk)) return true
    if (!this.#listening) {
      this.#listening = true
      this.#response.on('drain', () => this.onDrain?.())
    }
    return false
  }

  end(trailers: readonly string[]): void {
    const response = this.#response
    const chunk = this.#chunk
    this.#chunk = undefined
    if (this.#state === held) this.#writeHead()
    if (trailers.length > 0) addTrailers(response, trailers)
    if (chunk === undefined) response.end()
    // A short body as text goes out in one write with the head; as a buffer it would be a vector of two.
    else if (chunk.length <= shortBody) response.end(chunk.latin1Slice(), 'latin1')
    else response.end(chunk)
  }

  break(): void {
    this.#response.destroy()
  }

  release(): void {
    if (this.#state !== held || this.#response.destroyed) return
    this.#writeHead()
    const chunk = this.#chunk
    this.#chunk = undefined
    if (chunk === undefined) this.#response.flushHeaders()
    else this.#response.write(chunk)
  }

  #writeHead(): void {
    this.#state = flowing
    this.#response.writeHead(this.#status, this.#message, this.#fields)
    this.#fields = undefined
  }
}

function release(sink: Http1Sink): void {
  sink.release()
}

function addTrailers(response: ServerResponse, trailers: readonly string[]): void {
  const pairs: [string, string][] = []
  for (let i = 0; i < trailers.length; i += 2) pairs.push([trailers[i] as string, trailers[i + 1] as string])
  response.addTrailers(pairs)
}
