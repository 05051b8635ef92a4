import type { BodyExpectation } from './expect.ts'

/** Looks for text or a pattern in the first `limit` bytes of a body. */
export class BodySearch {
  readonly #expected: BodyExpectation
  readonly #limit: number
  #bytes: Buffer
  #length = 0

  constructor(expected: BodyExpectation, limit: number) {
    this.#expected = expected
    this.#limit = limit
    this.#bytes = Buffer.allocUnsafe(Math.min(limit, 4096))
  }

  /** Undefined: not decided yet. */
  add(chunk: Buffer): boolean | undefined {
    const before = this.#length
    this.#keep(chunk)
    const full = this.#length === this.#limit
    const expected = this.#expected
    // More of the body may change what a pattern says (`$`, a lookahead), so it is asked once, at the end.
    if ('pattern' in expected) return full ? this.end() : undefined
    const { text } = expected
    const from = Math.max(0, before - text.length + 1)
    if (this.#bytes.subarray(from, this.#length).includes(text)) return true
    return full ? false : undefined
  }

  /** The body is over. Text has been found before this. */
  end(): boolean {
    const expected = this.#expected
    return 'pattern' in expected && expected.pattern.test(this.#bytes.toString('utf8', 0, this.#length))
  }

  /** For a reason: what the body does not do. */
  get missing(): string {
    const expected = this.#expected
    const what = 'pattern' in expected ? `match ${expected.pattern}` : `contain ${expected.words}`
    return `does not ${what}`
  }

  #keep(chunk: Buffer): void {
    const wanted = Math.min(this.#length + chunk.length, this.#limit)
    if (wanted > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(Math.max(wanted, this.#bytes.length * 2), this.#limit))
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
    }
    chunk.copy(this.#bytes, this.#length, 0, wanted - this.#length)
    this.#length = wanted
  }
}
