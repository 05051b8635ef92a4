import { Readable } from 'node:stream'
import type { Head } from '../head.ts'
import type { Entry } from '../store.ts'
import { chunkBytes, fieldOf, type Keys } from './keys.ts'
import type { RedisRecord } from './record.ts'
import { remove } from './scripts.ts'
import { change, failed, letRun, type Shelf } from './shelf.ts'
import { within } from './within.ts'

/** An entry as it was found. Its content is fetched when it is read, chunk by chunk. */
export class RedisEntry implements Entry {
  readonly head: Head
  readonly size: number
  readonly id: string
  readonly keys: Keys
  readonly #shelf: Shelf

  constructor(shelf: Shelf, keys: Keys, record: RedisRecord) {
    this.#shelf = shelf
    this.keys = keys
    this.head = record.head
    this.size = record.size
    this.id = record.id
  }

  read(first: number, end: number): readonly Buffer[] | Readable {
    const to = Math.min(end, this.size)
    return first >= to ? [] : new ContentStream(this.#shelf, this, first, to)
  }
}

/** Removes an entry, unless another has taken its place. Gives how many. */
export async function removeEntry(shelf: Shelf, entry: RedisEntry, client = shelf.link.heads): Promise<number> {
  const args = [fieldOf(entry.head), entry.id, entry.head.url, entry.keys.content]
  const [, count] = await change(shelf, client, remove, entry.keys, entry.head.url, args)
  return count
}

/** Breaks off where a chunk is missing, short or late. The first one is given no longer than a look-up. */
class ContentStream extends Readable {
  readonly #shelf: Shelf
  readonly #entry: RedisEntry
  readonly #end: number
  #at: number
  #patience: number

  constructor(shelf: Shelf, entry: RedisEntry, first: number, end: number) {
    super({ highWaterMark: chunkBytes })
    this.#shelf = shelf
    this.#entry = entry
    this.#at = first
    this.#end = end
    this.#patience = shelf.timeout
  }

  override _read(): void {
    if (this.#at >= this.#end) {
      this.push(null)
      return
    }
    if (this.#shelf.circuit.open) {
      this.destroy(new Error('Redis is away'))
      return
    }
    this.#fetch().then(
      (chunk) => {
        if (this.destroyed) return
        if (chunk !== undefined) {
          this.#at += chunk.length
          this.push(chunk)
          return
        }
        letRun(this.#shelf, removeEntry(this.#shelf, this.#entry))
        this.destroy(new Error('content has gone from Redis'))
      },
      (error: unknown) => {
        failed(this.#shelf, error)
        this.destroy(new Error(`content cannot be read from Redis: ${this.#shelf.link.reasonOf(error)}`))
      },
    )
  }

  /** The next chunk, or what of it is asked for. Undefined when it is not there as it was. */
  async #fetch(): Promise<Buffer | undefined> {
    const n = Math.floor(this.#at / chunkBytes)
    const start = n * chunkBytes
    const last = Math.min(start + chunkBytes, this.#entry.size)
    const from = this.#at - start
    const to = Math.min(this.#end, last) - start
    const key = `${this.#entry.keys.content}${this.#entry.id}:${n}`
    const { content } = this.#shelf.link
    const all = from === 0 && start + to === last
    const got = all ? content.getBuffer(key) : content.getrangeBuffer(key, from, to - 1)
    const chunk = await within(this.#shelf.clock, this.#patience, got)
    this.#patience = 1000
    return chunk?.length === to - from ? chunk : undefined
  }
}
