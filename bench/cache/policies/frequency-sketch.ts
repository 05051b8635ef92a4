/** Rows of counters. */
const rows = 4
const most = 15

/** How often a hash came of late, roughly: a count-min sketch of small counters that are halved now and then (TinyLFU). */
export class FrequencySketch {
  readonly #counters: Uint8Array
  readonly #mask: number
  readonly #sample: number
  #added = 0

  /** @param entries how many the cache will hold, roughly */
  constructor(entries: number) {
    const width = 2 ** Math.ceil(Math.log2(Math.max(64, entries)))
    this.#counters = new Uint8Array(width * rows)
    this.#mask = width - 1
    this.#sample = 10 * width
  }

  add(hash: number): void {
    let more = false
    for (let row = 0; row < rows; row++) {
      const at = this.#at(hash, row)
      const count = this.#counters[at] as number
      if (count < most) {
        this.#counters[at] = count + 1
        more = true
      }
    }
    if (more && ++this.#added >= this.#sample) this.#halve()
  }

  count(hash: number): number {
    let least = most
    for (let row = 0; row < rows; row++) least = Math.min(least, this.#counters[this.#at(hash, row)] as number)
    return least
  }

  #at(hash: number, row: number): number {
    let mixed = Math.imul(hash ^ (row * 0x9e3779b9), 0x85ebca6b)
    mixed ^= mixed >>> 15
    return row * (this.#mask + 1) + ((Math.imul(mixed, 0xc2b2ae35) >>> 7) % (this.#mask + 1))
  }

  #halve(): void {
    for (let i = 0; i < this.#counters.length; i++) this.#counters[i] = (this.#counters[i] as number) >> 1
    this.#added >>= 1
  }
}
