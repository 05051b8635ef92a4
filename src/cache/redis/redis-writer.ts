import type { Head } from '../head.ts'
import { isPurged, maxVariants, type Writer } from '../store.ts'
import { chunkBytes, fieldOf, fillTime, type Keys, maxTags, randomId } from './keys.ts'
import { messagesOf } from './purge-log.ts'
import { encodeRecord } from './record.ts'
import { commit } from './scripts.ts'
import { change, failed, letRun, maxPending, type Shelf, ttlUntil } from './shelf.ts'

/** Bytes of one writer that may wait before it asks to hold back. */
const highWater = 4 * chunkBytes

/** Sends content in chunks as it comes; the head follows when Redis has confirmed every one. */
export class RedisWriter implements Writer {
  onDrain: (() => void) | undefined = undefined
  failed = false
  readonly #shelf: Shelf
  readonly #keys: Keys
  readonly #head: Head
  readonly #declared: number | undefined
  /** Number of the latest purge as it began. */
  readonly #since: number
  readonly #id = randomId()
  #size = 0
  #chunks = 0
  #held: Buffer[] = []
  #heldBytes = 0
  #waiting = 0
  #full = false
  #whole = false
  #done: (() => void) | undefined = undefined

  constructor(shelf: Shelf, keys: Keys, head: Head, declared: number | undefined, since: number) {
    this.#shelf = shelf
    this.#keys = keys
    this.#head = head
    this.#declared = declared
    this.#since = since
    if (head.tags.length > maxTags) this.#fail()
  }

  write(chunk: Buffer): boolean {
    if (this.failed || chunk.length === 0) return true
    this.#size += chunk.length
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
    this.#shelf.pending += chunk.length
    const behind = this.#shelf.pending > maxPending || this.#shelf.circuit.open
    if (behind) this.#shelf.errors++
    if (behind || this.#size > this.#shelf.maxEntryBytes) {
      this.#fail()
      return true
    }
    while (this.#heldBytes >= chunkBytes) this.#send(chunkBytes)
    this.#full = this.#waiting > highWater
    return !this.#full
  }

  commit(): undefined {
    if (this.#declared !== undefined && this.#declared !== this.#size) this.#fail()
    if (this.failed) return
    this.#whole = true
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#done = resolve
    const { commits } = this.#shelf
    const { url } = this.#head
    const all = Promise.all([commits.get(url), promise]).then(() => {
      if (commits.get(url) === all) commits.delete(url)
    })
    commits.set(url, all)
    letRun(this.#shelf, promise)
    if (this.#heldBytes > 0) this.#send(this.#heldBytes)
    else if (this.#waiting === 0) this.#settle()
  }

  abort(): void {
    if (!this.failed) this.#fail()
  }

  #send(bytes: number): void {
    const chunk = this.#take(bytes)
    const key = `${this.#keys.content}${this.#id}:${this.#chunks++}`
    this.#waiting += bytes
    this.#shelf.link.content.set(key, chunk, 'PX', fillTime).then(
      () => this.#confirmed(bytes),
      (error: unknown) => {
        failed(this.#shelf, error)
        this.#fail()
        this.#confirmed(bytes)
      },
    )
  }

  #confirmed(bytes: number): void {
    this.#waiting -= bytes
    this.#shelf.pending -= bytes
    if (this.failed) return
    if (this.#whole && this.#waiting === 0) this.#settle()
    else if (this.#full && this.#waiting <= highWater / 2) this.#drained()
  }

  #drained(): void {
    this.#full = false
    this.onDrain?.()
  }

  /** Every chunk is there. */
  #settle(): void {
    this.#makeVisible(this.#since).then(
      () => this.#done?.(),
      (error: unknown) => {
        failed(this.#shelf, error)
        this.#fail()
      },
    )
  }

  async #makeVisible(since: number): Promise<void> {
    const head = this.#head
    const { heads, content, tags } = this.#keys
    const ttl = ttlUntil(this.#shelf, head.keepUntil)
    const record = encodeRecord({ id: this.#id, size: this.#size, head })
    const args = [fieldOf(head), record, ttl, head.url, since, maxVariants, heads, content, tags, ...head.tags]
    const done = await change(this.#shelf, this.#shelf.link.content, commit, this.#keys, head.url, args)
    const [kind, latest, missed] = done
    if (kind === 0) return
    const purges = messagesOf(missed)
    // Purges that cannot be told any more may have meant this one.
    const told = kind === 1 && purges.length === latest - since
    if (!told || purges.some(({ message }) => isPurged(message.target, head))) return this.#fail()
    await this.#makeVisible(latest)
  }

  /** Exactly so many bytes of what is held, as one buffer. */
  #take(bytes: number): Buffer {
    const parts: Buffer[] = []
    let left = bytes
    let used = 0
    while (left > 0) {
      const next = this.#held[used] as Buffer
      if (next.length > left) {
        parts.push(next.subarray(0, left))
        this.#held[used] = next.subarray(left)
        left = 0
      } else {
        parts.push(next)
        left -= next.length
        used++
      }
    }
    this.#held.splice(0, used)
    this.#heldBytes -= bytes
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, bytes)
  }

  #fail(): void {
    if (this.failed) return
    this.failed = true
    this.#shelf.pending -= this.#heldBytes
    this.#held = []
    this.#heldBytes = 0
    if (this.#chunks > 0 && !this.#shelf.circuit.open) {
      const keys = Array.from({ length: this.#chunks }, (_, n) => `${this.#keys.content}${this.#id}:${n}`)
      letRun(this.#shelf, this.#shelf.link.content.unlink(keys))
    }
    this.#done?.()
    if (this.#full) this.#drained()
  }
}
