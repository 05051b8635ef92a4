import type { Readable } from 'node:stream'
import type { Head } from '../head.ts'
import type { Expiring } from '../memory/expiry.ts'
import type { Queued } from '../memory/queue.ts'
import type { Entry } from '../store.ts'

/** What an entry needs of its store. */
export interface EntryHome {
  headOf(entry: DiskEntry): Head
  read(entry: DiskEntry, first: number, end: number): Readable
}

/** What is known of an entry when it comes to be. */
export interface EntryFacts {
  readonly url: string
  /** See `variantName`. */
  readonly name: string
  readonly serial: number
  readonly size: number
  /** Bytes of JSON in the file of the content. */
  readonly headBytes: number
  readonly json: string
  readonly keepUntil: number
  /** Bytes on disk. */
  readonly weight: number
}

/** Uses that are counted of one entry, at most. */
const mostUses = 3

/**
 * A stored response whose content is in a file. There may be a million: the head is kept as text, and read when it is asked
 * for.
 */
export class DiskEntry implements Entry, Queued<DiskEntry>, Expiring {
  readonly #home: EntryHome
  readonly url: string
  readonly name: string
  readonly serial: number
  readonly size: number
  readonly headBytes: number
  json: string
  parsed: Head | undefined = undefined
  keepUntil: number
  weight: number
  readonly hash: number
  uses = 0
  place = 0
  newer: DiskEntry | undefined = undefined
  older: DiskEntry | undefined = undefined
  sooner: Expiring
  later: Expiring
  /** The next older variant under the same URL. */
  next: DiskEntry | undefined = undefined
  /** No longer in the index. */
  gone = false
  /** Readers that have yet to open the file. It is not removed under them. */
  pins = 0
  /** A side file has a newer head. */
  hasSide = false
  /** The content while it is not in its file yet, where there is little of it. */
  content: Buffer | undefined = undefined
  /** Those who wait for the file to be in its place; undefined when it is. */
  landing: ((error: Error | undefined) => void)[] | undefined = undefined
  /** Called when the last pin is gone. */
  onFree: (() => void) | undefined = undefined

  constructor(home: EntryHome, facts: EntryFacts) {
    this.#home = home
    this.url = facts.url
    this.name = facts.name
    this.serial = facts.serial
    this.size = facts.size
    this.headBytes = facts.headBytes
    this.json = facts.json
    this.keepUntil = facts.keepUntil
    this.weight = facts.weight
    this.hash = Number.parseInt(facts.name.slice(0, 8), 16)
    this.sooner = this
    this.later = this
  }

  get head(): Head {
    return this.#home.headOf(this)
  }

  read(first: number, end: number): readonly Buffer[] | Readable {
    this.use()
    if (first >= end) return []
    if (this.content !== undefined) return [this.content.subarray(first, end)]
    return this.#home.read(this, first, end)
  }

  use(): void {
    if (this.uses < mostUses) this.uses++
  }

  unpin(): void {
    if (--this.pins > 0) return
    const { onFree } = this
    this.onFree = undefined
    onFree?.()
  }

  whenLanded(then: (error: Error | undefined) => void): void {
    if (this.landing === undefined) then(undefined)
    else this.landing.push(then)
  }

  /** The file is in its place; with an error it never will be. */
  land(error?: Error): void {
    const waiting = this.landing
    this.landing = undefined
    this.content = undefined
    if (waiting !== undefined) for (const then of waiting) then(error)
  }
}
