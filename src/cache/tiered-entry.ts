import { Readable } from 'node:stream'
import type { Head } from './head.ts'
import type { Entry, Writer } from './store.ts'

/** An entry of a tier below the first. Whoever reads all of it copies it up, without a second read. */
export class TieredEntry implements Entry {
  readonly head: Head
  readonly size: number
  readonly tier: number
  readonly inner: Entry
  readonly #copy: (entry: TieredEntry) => Writer | undefined

  /** @param copy gives what takes the copy, or undefined when there is to be none */
  constructor(tier: number, inner: Entry, copy: (entry: TieredEntry) => Writer | undefined) {
    this.head = inner.head
    this.size = inner.size
    this.tier = tier
    this.inner = inner
    this.#copy = copy
  }

  read(first: number, end: number): readonly Buffer[] | Readable {
    const content = this.inner.read(first, end)
    const writer = first === 0 && end >= this.size ? this.#copy(this) : undefined
    if (writer === undefined) return content
    if (!isList(content)) return new CopyingStream(content, writer, this.size)
    for (const chunk of content) writer.write(chunk)
    writer.commit()
    return content
  }
}

function isList(content: readonly Buffer[] | Readable): content is readonly Buffer[] {
  return Array.isArray(content)
}

/** Gives on what `source` gives, and hands each chunk to the writer as well. A copy that is not whole is not kept. */
class CopyingStream extends Readable {
  readonly #source: Readable
  readonly #writer: Writer
  #left: number
  /** The writer waits for no more. */
  #over = false
  #wanted = false
  #behind = false

  constructor(source: Readable, writer: Writer, size: number) {
    super({ highWaterMark: source.readableHighWaterMark })
    this.#source = source
    this.#writer = writer
    this.#left = size
    writer.onDrain = () => {
      this.#behind = false
      if (this.#wanted) source.resume()
    }
    source.on('data', (chunk: Buffer) => this.#take(chunk))
    source.on('end', () => this.#end())
    source.on('error', (error) => this.destroy(error))
    source.on('close', () => {
      if (!source.readableEnded) this.destroy(source.errored ?? new Error('the content broke off'))
    })
    source.pause()
  }

  override _read(): void {
    this.#wanted = true
    if (!this.#behind) this.#source.resume()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.#over) this.#writer.abort()
    this.#over = true
    this.#source.destroy()
    callback(error)
  }

  #take(chunk: Buffer): void {
    this.#left -= chunk.length
    this.#behind = !this.#writer.write(chunk)
    this.#wanted = this.push(chunk)
    if (this.#behind || !this.#wanted) this.#source.pause()
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    if (this.#left === 0) this.#writer.commit()
    else this.#writer.abort()
    this.push(null)
  }
}
