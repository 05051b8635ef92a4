/** Bytes of external memory above which V8 begins to collect (its soft limit for what a heap holds outside of itself). */
const noticed = 64 * 2 ** 20
/** Less than this is not worth a collection. */
const least = 16 * 2 ** 20
/** Share of the bound that may lie about uncollected. */
const share = 1 / 8

/**
 * Keeps what has left the store from lying about for long. Content that leaves a cache is old, and V8 looks for old garbage
 * late: a process may grow to twice its cache. V8 hears of memory outside its heap when it is asked for, so asking for much and
 * not using it starts a collection, step by step and beside the work; no page of it is ever touched. Nothing is asked for
 * where V8 has collected by itself meanwhile.
 */
export class Collection {
  readonly #limit: number
  #garbage = 0
  /** Is there no more once V8 has collected. */
  #witness = new WeakRef({})

  constructor(maxBytes: number) {
    this.#limit = Math.max(maxBytes * share, least)
  }

  /** So many bytes have left. */
  left(bytes: number): void {
    this.#garbage += bytes
    if (this.#garbage < this.#limit) return
    const collected = this.#witness.deref() === undefined
    // When it did is not known: half of this came after it, as a guess.
    this.#garbage = collected ? this.#limit / 2 : 0
    this.#witness = new WeakRef({})
    if (!collected) Buffer.allocUnsafeSlow(noticed)
  }
}
