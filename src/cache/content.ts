import type { Clock, Timer } from '../contract/clock.ts'
import { ProxyError } from '../contract/errors.ts'
import type { Answer, Source } from './answer.ts'
import type { Writer } from './store.ts'
import type { View } from './view.ts'

/** Bytes that the fastest client may be ahead of the slowest, where the content is not kept anyway. */
const window = 256 * 1024
/** Milliseconds that one slow client may hold up the others. */
const patience = 10_000
/** Bytes that a chunk takes beside its own, whatever it holds: an origin may send one byte at a time. */
const chunkCost = 128

/** What stands behind: an upstream call. */
export interface Tap {
  pause(): void
  resume(): void
  /** No client takes any of it any more. */
  unwanted(): void
}

export interface ContentSettings {
  /** Bytes that stay at hand for whoever joins. */
  readonly shareBytes: number
  /** Bytes that may be stored. */
  readonly maxBytes: number
  readonly tap: Tap
}

/** How far one client is. `next` counts chunks, `at` bytes, `cost` bytes with what the chunks themselves take. */
interface Feed {
  readonly answer: Answer
  readonly view: View
  next: number
  at: number
  cost: number
}

/**
 * Content on its way: as it arrives, to every client that shares it and to the store. While it is being stored and is not
 * longer than `shareBytes` all of it stays at hand, so that nobody waits for a slower one and others may still join.
 * Beyond, only what some client has yet to take; then the slowest sets the pace, and not for long.
 */
export class Content implements Source {
  readonly #clock: Clock
  readonly #shareBytes: number
  readonly #maxBytes: number
  readonly #tap: Tap
  readonly #feeds: Feed[] = []
  readonly #chunks: Buffer[] = []
  #writer: Writer | undefined
  /** Chunks that are gone from the front. */
  #gone = 0
  #total = 0
  #cost = 0
  #ended = false
  #trailers: string[] | null = null
  #isBehind = false
  #isHeld = false
  #stall: Timer | undefined

  constructor(clock: Clock, { shareBytes, maxBytes, tap }: ContentSettings, writer: Writer | undefined) {
    this.#clock = clock
    this.#shareBytes = shareBytes
    this.#maxBytes = maxBytes
    this.#tap = tap
    this.#writer = writer
    if (writer !== undefined) {
      writer.onDrain = () => {
        this.#isBehind = false
        this.#flow()
      }
    }
  }

  get total(): number {
    return this.#total
  }

  get feeds(): number {
    return this.#feeds.length
  }

  /** Is all of it, from the first byte, still at hand? */
  get isWhole(): boolean {
    return this.#gone === 0
  }

  /** It came to its end, or to none. */
  get isEnded(): boolean {
    return this.#ended
  }

  get isStoring(): boolean {
    return this.#writer !== undefined && !this.#writer.failed
  }

  /** One more client, whose head is out. */
  add(answer: Answer, view: View): void {
    if (answer.over) return
    answer.source = this
    const feed = { answer, view, next: 0, at: 0, cost: 0 }
    this.#feeds.push(feed)
    this.#pump(feed)
  }

  push(chunk: Buffer): void {
    if (this.#total + chunk.length > this.#maxBytes) this.dropWriter()
    const writer = this.#writer
    if (writer !== undefined && !writer.failed && !writer.write(chunk) && !writer.failed) this.#isBehind = true
    this.#chunks.push(chunk)
    this.#total += chunk.length
    this.#cost += chunk.length + chunkCost
    for (let i = this.#feeds.length - 1; i >= 0; i--) {
      const feed = this.#feeds[i]
      if (feed !== undefined) this.#pump(feed)
    }
    this.#trim()
    this.#flow()
  }

  end(trailers: string[] | null): void {
    this.#ended = true
    this.#trailers = trailers
    this.#clearStall()
    for (const feed of [...this.#feeds]) this.#pump(feed)
  }

  fail(error: Error): void {
    this.#ended = true
    this.dropWriter()
    this.#clearStall()
    for (const { answer } of this.#feeds.splice(0)) answer.fail(error)
  }

  /** Stores no more of it. */
  dropWriter(): void {
    const writer = this.#writer
    this.#writer = undefined
    if (writer !== undefined && !writer.failed) writer.abort()
    this.#isBehind = false
  }

  /** The store's own from here on: what was written is whole. */
  takeWriter(): Writer | undefined {
    const writer = this.#writer
    this.#writer = undefined
    return writer === undefined || writer.failed ? undefined : writer
  }

  resumed(answer: Answer): void {
    const feed = this.#feeds.find((one) => one.answer === answer)
    if (feed === undefined) return
    this.#pump(feed)
    this.#trim()
    this.#flow()
  }

  left(answer: Answer): void {
    const at = this.#feeds.findIndex((one) => one.answer === answer)
    if (at === -1) return
    this.#feeds.splice(at, 1)
    this.#trim()
    this.#flow()
    if (this.#feeds.length === 0 && !this.#ended) this.#tap.unwanted()
  }

  #pump(feed: Feed): void {
    const { answer, view } = feed
    while (!answer.paused && !answer.over) {
      if (feed.at >= view.end || (this.#ended && feed.at === this.#total)) {
        this.#remove(feed)
        answer.end(this.#ended && feed.at === this.#total ? this.#trailers : null)
        // Whoever has what it wanted leaves the rest to the store, if that takes it.
        if (this.#feeds.length === 0 && !this.#ended && !this.isStoring) this.#tap.unwanted()
        return
      }
      const chunk = this.#chunks[feed.next - this.#gone]
      if (chunk === undefined) return
      const from = Math.max(view.first - feed.at, 0)
      const to = Math.min(view.end - feed.at, chunk.length)
      feed.next++
      feed.at += chunk.length
      feed.cost += chunk.length + chunkCost
      if (to > from) answer.data(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to))
    }
  }

  #remove(feed: Feed): void {
    const at = this.#feeds.indexOf(feed)
    if (at !== -1) this.#feeds.splice(at, 1)
  }

  get #retains(): boolean {
    return this.isStoring && this.#cost <= this.#shareBytes
  }

  #trim(): void {
    if (this.#retains) return
    let least = this.#gone + this.#chunks.length
    for (const { next } of this.#feeds) least = Math.min(least, next)
    if (least > this.#gone) {
      this.#chunks.splice(0, least - this.#gone)
      this.#gone = least
    }
  }

  #flow(): void {
    if (this.#ended) return
    const isFar = !this.#retains && this.#feeds.length > 0 && this.#cost - this.#slowest > window
    const isAlone = !this.isStoring && this.#feeds.length === 1 && (this.#feeds[0] as Feed).answer.paused
    const holds = this.#isBehind || isFar || isAlone
    if (isFar && this.#feeds.length > 1) this.#stall ??= this.#clock.setTimer(() => this.#dropSlowest(), patience)
    else this.#clearStall()
    if (holds === this.#isHeld) return
    this.#isHeld = holds
    if (holds) this.#tap.pause()
    else this.#tap.resume()
  }

  get #slowest(): number {
    let least = this.#cost
    for (const { cost } of this.#feeds) least = Math.min(least, cost)
    return least
  }

  #dropSlowest(): void {
    this.#stall = undefined
    const least = this.#slowest
    for (const feed of this.#feeds.filter(({ cost }) => cost === least)) {
      this.#remove(feed)
      feed.answer.fail(new ProxyError('SP_CLIENT_GONE', `held up others for ${patience} ms`))
    }
    this.#trim()
    this.#flow()
  }

  #clearStall(): void {
    if (this.#stall !== undefined) this.#clock.clearTimer(this.#stall)
    this.#stall = undefined
  }
}
