import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { breakAnswer, mergeReplyFields, type Sink } from './sink.ts'

/**
 * Sends the answer as a Fastify reply, for routes where the app has onSend hooks: they see the stream and the fields, and
 * may change both. Trailers do not survive this way, and the reason phrase is the standard one.
 */
export class ReplySink implements Sink {
  onDrain: (() => void) | undefined = undefined
  readonly borrows = false
  started = false
  readonly #reply: FastifyReply
  #body: Readable | undefined

  constructor(reply: FastifyReply) {
    this.#reply = reply
  }

  interim(status: number, fields: readonly string[]): void {
    if (this.#reply.raw.headersSent) return
    this.#reply.raw.writeInformation?.(status, fields as unknown as Record<string, string>)
  }

  head(status: number, _message: string, fields: string[]): void {
    this.started = true
    const reply = this.#reply
    const merged = mergeReplyFields(reply, fields)
    reply.code(status)
    for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name)
    for (const [name, values] of grouped(merged)) {
      if (name === 'trailer') continue
      reply.header(name, values.length === 1 ? values[0] : values)
    }
    this.#body = new Readable({
      read: () => this.onDrain?.(),
      destroy: (error, callback) => callback(error),
    })
    // A stream of unknown length gets no length: Fastify keeps the one that the upstream gave.
    reply.send(this.#body)
  }

  data(chunk: Buffer): boolean {
    return this.#body?.push(chunk) ?? true
  }

  end(): void {
    this.#body?.push(null)
  }

  break(): void {
    // First: Fastify ends an HTTP/2 stream whose body was destroyed as if all were well.
    breakAnswer(this.#reply)
    this.#body?.destroy()
  }
}

function grouped(flat: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (let i = 0; i < flat.length; i += 2) {
    const name = (flat[i] as string).toLowerCase()
    const values = groups.get(name)
    if (values === undefined) groups.set(name, [flat[i + 1] as string])
    else values.push(flat[i + 1] as string)
  }
  return groups
}
