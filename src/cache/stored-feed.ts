import type { Readable } from 'node:stream'
import { ProxyError } from '../contract/errors.ts'
import type { Answer, Source } from './answer.ts'

/** Gives stored content that is at hand, as fast as the client takes it. */
export function feedChunks(answer: Answer, chunks: readonly Buffer[]): void {
  for (let i = 0; i < chunks.length; i++) {
    if (answer.over) return
    if (answer.paused) {
      answer.source = new ChunkFeed(chunks, i)
      return
    }
    answer.data(chunks[i] as Buffer)
  }
  if (answer.paused && !answer.over) answer.source = new ChunkFeed(chunks, chunks.length)
  else answer.end(null)
}

/** The rest of it, when the client takes more. */
class ChunkFeed implements Source {
  readonly #chunks: readonly Buffer[]
  readonly #at: number

  constructor(chunks: readonly Buffer[], at: number) {
    this.#chunks = chunks
    this.#at = at
  }

  resumed(answer: Answer): void {
    feedChunks(answer, this.#at === 0 ? this.#chunks : this.#chunks.slice(this.#at))
  }

  left(): void {}
}

/**
 * Gives stored content that has to be read. The head goes out with the first piece: what cannot be read at all is as good as
 * not stored.
 * @param begin sends the head
 * @param missing called in its place, when nothing can be read
 */
export function feedStream(answer: Answer, content: Readable, begin: () => void, missing: () => void): void {
  let hasBegun = false
  answer.source = {
    resumed: () => content.resume(),
    left: () => content.destroy(),
  }
  content.on('data', (chunk: Buffer) => {
    if (answer.over) {
      content.destroy()
      return
    }
    if (!hasBegun) begin()
    hasBegun = true
    answer.data(chunk)
    if (answer.paused) content.pause()
  })
  content.on('end', () => {
    if (!hasBegun) begin()
    answer.end(null)
  })
  content.on('error', (error) => {
    if (answer.over) return
    if (hasBegun) answer.fail(new ProxyError('SP_INTERNAL', `stored content: ${error.message}`, error))
    else missing()
  })
}
