import type { Head } from '../head.ts'
import type { Entry } from '../store.ts'
import type { Expiring } from './expiry.ts'
import type { Queued } from './queue.ts'
import { mostUses } from './s3-fifo.ts'

/** Seconds from 1970 to 2025. */
export const epoch = 1_735_689_600

/** A stored response in memory, with its links in the queues of eviction and expiry. A class: a million have one shape. */
export class MemoryEntry implements Entry, Queued<MemoryEntry>, Expiring {
  head: Head
  readonly size: number
  /** Second up to which it is kept for sure. Small and in the entry itself: `find` need not touch the head. */
  keptSecond: number
  weight: number
  readonly hash: number
  uses = 0
  place = 0
  newer: MemoryEntry | undefined = undefined
  older: MemoryEntry | undefined = undefined
  sooner: Expiring
  later: Expiring
  #offered = false
  readonly #content: readonly Buffer[]

  constructor(head: Head, size: number, content: readonly Buffer[], weight: number, hash: number) {
    this.head = head
    this.size = size
    this.keptSecond = secondOf(head)
    this.#content = content
    this.weight = weight
    this.hash = hash
    this.sooner = this
    this.later = this
  }

  /** Gives it another head. */
  renew(head: Head): void {
    this.head = head
    this.keptSecond = secondOf(head)
  }

  get keepUntil(): number {
    return this.head.keepUntil
  }

  /** Counts a use. What has left may be used on by those who have it. */
  use(): void {
    if (this.uses < mostUses) this.uses++
  }

  /** It was found among others: it is used if it is read. */
  offer(): void {
    this.#offered = true
  }

  /** Lets go of its neighbours: whoever still reads it must not hold all that was stored beside it. */
  unlink(): void {
    this.place = 0
    this.newer = undefined
    this.older = undefined
    this.sooner = this
    this.later = this
  }

  read(first: number, end: number): readonly Buffer[] {
    if (this.#offered) {
      this.#offered = false
      this.use()
    }
    const content = this.#content
    if (first === 0 && end === this.size) return content
    const part: Buffer[] = []
    let at = 0
    for (const piece of content) {
      const from = Math.max(first - at, 0)
      const to = Math.min(end - at, piece.length)
      if (from < to) part.push(from === 0 && to === piece.length ? piece : piece.subarray(from, to))
      at += piece.length
      if (at >= end) break
    }
    return part
  }
}

/** Below 2 ** 30, where V8 needs no box for a number. */
function secondOf({ keepUntil }: Head): number {
  return Math.min(Math.floor(keepUntil / 1000) - epoch, 2 ** 30 - 1) | 0
}
