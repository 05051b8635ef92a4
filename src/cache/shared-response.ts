import { ProxyError } from '../contract/errors.ts'
import type { Exchange } from '../contract/exchange.ts'
import type { Answer, Source } from './answer.ts'
import { type Forward, tellForward } from './cache-status.ts'
import { Content, type Tap } from './content.ts'
import { Crowd } from './crowd.ts'
import type { FillHost } from './fill-host.ts'
import type { Head } from './head.ts'
import { isForCrowd } from './reuse.ts'
import type { Writer } from './store.ts'
import { matchesVary } from './vary.ts'
import { viewOfFresh } from './view.ts'

/** Bytes that are still fetched for the store when every client has left. */
const worthFinishing = 256 * 1024

/** A response on its way to whoever wants it. */
export interface Sharing {
  readonly head: Head
  /** Bytes of content, when they are known. */
  readonly size: number | undefined
  /** Bytes that must come, where nobody else counts them. */
  readonly due: number | undefined
  /** Clients are told of `due`: without it they have not got all. */
  readonly isDueTold: boolean
  readonly writer: Writer | undefined
  readonly forward: Forward
  /** Of the upstream call. */
  readonly exchange: Exchange
}

/** What stands behind. */
export interface SharedTap {
  pause(): void
  resume(): void
  /** Nobody wants it any more. */
  abandon(): void
}

/** One response that comes in for many clients and for the store: heads, content, and those that wait for the end of it. */
export class SharedResponse implements Tap, Source {
  readonly #host: FillHost
  readonly #sharing: Sharing
  readonly #tap: SharedTap
  readonly #content: Content
  /** Those that wait until it is stored, for it is too long to be kept at hand on its way. */
  readonly #later: Crowd
  #isOpen = false

  constructor(host: FillHost, sharing: Sharing, maxBytes: number, tap: SharedTap) {
    this.#host = host
    this.#sharing = sharing
    this.#tap = tap
    const { clock, shareBytes } = host
    this.#later = new Crowd(clock, (tired) => {
      for (const answer of tired) host.again(answer, true)
      this.#weigh()
    })
    this.#content = new Content(clock, { shareBytes, maxBytes, tap: this }, sharing.writer)
  }

  /** False: it is for the one that asked, and for the store. */
  get isForAll(): boolean {
    return isForCrowd(this.#sharing.head, this.#host.clock.wall())
  }

  fits(answer: Answer): boolean {
    const { head } = this.#sharing
    // By the rule that this response has (No-Vary-Search): the one by which they came together may be gone.
    const isSameUrl = answer.url === head.url || this.#host.lore.storedAs(answer.asked) === head.url
    return isSameUrl && this.isForAll && matchesVary(head.vary, answer.request.fields)
  }

  /** Can one more client have all of it, from here or from the store? */
  get isJoinable(): boolean {
    return this.#isAtHand || this.#content.isStoring
  }

  get #isAtHand(): boolean {
    return this.#content.isWhole && (this.#sharing.size ?? 0) <= this.#host.shareBytes
  }

  /** One more client: its head, and all of the content from the first byte. */
  join(answer: Answer): void {
    if (this.#isAtHand) this.give(answer)
    else if (!this.#content.isStoring) this.#host.again(answer, true)
    else {
      answer.source = this
      this.#later.add(answer, answer.plan.collapse)
    }
  }

  give(answer: Answer): void {
    const { head, size, forward, exchange } = this.#sharing
    const { name, clock } = this.#host
    answer.exchange.upstream ??= exchange.upstream
    tellForward(answer, name, forward, head.status, this.#content.isStoring, undefined)
    const view = viewOfFresh(answer.request, head, size, clock.wall())
    answer.head(view.status, view.message, [...view.fields])
    this.#content.add(answer, view)
  }

  push(chunk: Buffer): void {
    this.#content.push(chunk)
    if (!this.#content.isStoring && this.#isOpen) this.#stopWaiting()
  }

  /** All that have waited for the head have it. */
  open(): void {
    this.#isOpen = true
    if (!this.#content.isStoring) this.#stopWaiting()
  }

  /** What it brings is out of date already. */
  spoil(): void {
    this.#content.dropWriter()
  }

  end(trailers: string[] | null): void {
    const { due, isDueTold } = this.#sharing
    const content = this.#content
    const isShort = due !== undefined && content.total !== due
    // RFC 9111 3.3: what is not whole is not stored as if it were.
    if (isShort) content.dropWriter()
    content.takeWriter()?.commit()
    if (isShort && isDueTold) content.fail(new ProxyError('SP_UPSTREAM_INCOMPLETE', 'the rest of a stored part'))
    else content.end(trailers)
    this.#over()
  }

  fail(error: Error): void {
    this.#content.fail(error)
    this.#over()
  }

  /** It will not be in the store: those that wait for that ask anew. */
  #stopWaiting(): void {
    if (this.#later.size > 0) for (const answer of this.#later.take()) this.#host.again(answer, true)
    this.#weigh()
  }

  /** Is there still somebody that it comes for? */
  #weigh(): void {
    if (this.#content.feeds === 0 && !this.#content.isEnded) this.unwanted()
  }

  #over(): void {
    for (const answer of this.#later.take()) this.#host.again(answer, false)
  }

  pause(): void {
    this.#tap.pause()
  }

  resume(): void {
    this.#tap.resume()
  }

  /** No client takes any more of it. What is nearly there is fetched for the next one. */
  unwanted(): void {
    const left = (this.#sharing.size ?? Number.POSITIVE_INFINITY) - this.#content.total
    if (!this.#content.isStoring || (left > worthFinishing && this.#later.size === 0)) this.#tap.abandon()
  }

  resumed(): void {}

  left(answer: Answer): void {
    if (this.#later.delete(answer)) this.#weigh()
  }
}
