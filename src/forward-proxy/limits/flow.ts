import type { Clock } from '../../contract/clock.ts'
import type { Pace, PaceWaiter } from '../../net/splice.ts'
import type { Bucket } from './bucket.ts'

/** Bytes of a turn at most. Small enough to be fair, large enough for a packet to be full. */
const turn = 16_384
/** Bytes of a turn at least, where the buckets can hold so many: fewer are not worth a packet. */
const least = 1024

export interface FlowQueue {
  readonly closed: boolean
  enqueue(flow: Flow): void
}

/** One direction of one tunnel, under all of its buckets. */
export class Flow implements Pace {
  readonly #buckets: readonly Bucket[]
  readonly #clock: Clock
  readonly #queue: FlowQueue
  readonly #smallest: number
  #waiter: PaceWaiter | undefined
  /** Bytes that it has been dealt and has not taken yet. */
  #credit = 0
  /** Buckets that it waits for: whoever comes after it must not be before it there. */
  readonly #short: Bucket[] = []
  /** Bytes that it waits for. */
  missing = 0

  constructor(buckets: readonly Bucket[], clock: Clock, queue: FlowQueue) {
    this.#buckets = buckets
    this.#clock = clock
    this.#queue = queue
    this.#smallest = Math.min(...buckets.map(({ burst }) => burst))
    for (const bucket of buckets) bucket.users++
  }

  take(wanted: number, waiter: PaceWaiter): number {
    if (this.#queue.closed) return wanted
    const credit = Math.min(this.#credit, wanted)
    this.#credit -= credit
    if (credit === wanted) return wanted
    const now = this.#clock.now()
    this.missing = wanted - credit
    const got = credit + (this.#hasOthersBefore() ? 0 : this.#spend(now, this.missing))
    this.missing = wanted - got
    if (this.missing === 0) return wanted
    this.#waiter = waiter
    this.mark(now)
    this.#queue.enqueue(this)
    return got
  }

  /** Deals it a turn. False: there is not enough for one. */
  grant(now: number): boolean {
    const got = this.#spend(now, Math.min(turn, this.missing))
    this.#credit += got
    this.missing -= got
    return got > 0
  }

  /** It waits in no bucket any more, until `mark`. */
  release(): void {
    for (const bucket of this.#short) bucket.waiting--
    this.#short.length = 0
  }

  /** It waits in those buckets that are short now, and where others do. */
  mark(now: number): void {
    const need = this.#need()
    for (const bucket of this.#buckets) {
      if (bucket.waiting === 0 && bucket.level(now) >= need) continue
      bucket.waiting++
      this.#short.push(bucket)
    }
  }

  /** It waits no longer, and may take what it has been dealt. */
  go(): void {
    const waiter = this.#waiter
    this.release()
    this.#waiter = undefined
    this.missing = 0
    waiter?.ready()
  }

  leave(): void {
    this.release()
    for (const bucket of this.#buckets) {
      bucket.users--
      bucket.spend(-this.#credit)
    }
    this.#waiter = undefined
    this.missing = 0
    this.#credit = 0
  }

  #need(): number {
    return Math.min(this.missing, least, this.#smallest)
  }

  #hasOthersBefore(): boolean {
    for (const bucket of this.#buckets) if (bucket.waiting > 0) return true
    return false
  }

  #spend(now: number, most: number): number {
    let level = most
    for (const bucket of this.#buckets) level = Math.min(level, bucket.level(now))
    if (level < this.#need()) return 0
    for (const bucket of this.#buckets) bucket.spend(level)
    return level
  }
}
