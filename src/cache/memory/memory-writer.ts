import type { Head } from '../head.ts'
import type { Entry, Writer } from '../store.ts'
import { Gather } from './gather.ts'
import { weighContent, weighHead } from './weigh.ts'

/** What a writer asks of its store. */
export interface Room {
  readonly maxEntryBytes: number
  /** Takes `bytes` more for what is being written; fewer when negative. False: there is no room. */
  take(bytes: number): boolean
  keep(head: Head, size: number, content: readonly Buffer[], weight: number): Entry | undefined
}

export class MemoryWriter implements Writer {
  onDrain: (() => void) | undefined = undefined
  readonly #room: Room
  readonly #head: Head
  readonly #headBytes: number
  #gather: Gather | undefined = new Gather()
  /** Bytes that it has taken of the room. */
  #taken = 0

  constructor(room: Room, head: Head) {
    this.#room = room
    this.#head = head
    this.#headBytes = weighHead(head)
    if (!this.#take(this.#headBytes)) this.abort()
  }

  get failed(): boolean {
    return this.#gather === undefined
  }

  /** Memory is never behind. */
  write(chunk: Buffer): boolean {
    const gather = this.#gather
    if (gather === undefined) return true
    if (gather.size + chunk.length > this.#room.maxEntryBytes) {
      this.abort()
      return true
    }
    gather.add(chunk)
    if (!this.#take(gather.held + this.#headBytes - this.#taken)) this.abort()
    return true
  }

  commit(): Entry | undefined {
    const gather = this.#gather
    if (gather === undefined) return undefined
    const content = gather.end()
    const { size, held } = gather
    this.abort()
    return this.#room.keep(this.#head, size, content, this.#headBytes + weighContent(held, content.length))
  }

  abort(): void {
    this.#gather = undefined
    this.#room.take(-this.#taken)
    this.#taken = 0
  }

  #take(bytes: number): boolean {
    this.#taken += bytes
    return this.#room.take(bytes)
  }
}
