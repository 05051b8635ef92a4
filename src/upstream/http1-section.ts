import { ProxyError } from '../contract/errors.ts'
import { latin1 } from '../http/chars.ts'
import { fault } from './http1-fields.ts'

/** Bytes of a head, and of a trailer section. */
export const maxSectionSize = 16 * 1024

const lf = 10
const cr = 13

/** A section of field lines that comes in pieces: collects them up to the empty line, and looks at each byte once. */
export class Section {
  #held: Buffer | undefined
  #length = 0
  #atLineStart: boolean
  #before = 0

  /** @param atLineStart an empty line may come at once: trailers have no line before them */
  constructor(atLineStart: boolean) {
    this.#atLineStart = atLineStart
  }

  /**
   * @returns where the bytes behind the section begin, or -1 when its end has not come
   * @throws ProxyError SP_UPSTREAM_PROTOCOL for a line that ends with LF alone, SP_UPSTREAM_FIELDS past 16 KiB
   */
  gather(bytes: Buffer, at: number, to: number): number {
    const last = Math.min(to, at + maxSectionSize - this.#length)
    let end = -1
    for (let i = at; i < last && end === -1; i++) {
      const code = bytes[i] as number
      if (code === lf) {
        if (this.#before !== cr) throw fault('a bare LF')
        if (this.#atLineStart) end = i + 1
        this.#atLineStart = true
      } else if (code !== cr) {
        this.#atLineStart = false
      }
      this.#before = code
    }
    if (end === -1 && last < to) {
      throw new ProxyError('SP_UPSTREAM_FIELDS', `fields of more than ${maxSectionSize} bytes`)
    }
    this.#hold(bytes, at, end === -1 ? to : end)
    return end
  }

  /** All of it, or its first `most` bytes, one character a byte. */
  text(most = this.#length): string {
    return latin1(this.#held as Buffer, 0, Math.min(most, this.#length))
  }

  #hold(bytes: Buffer, at: number, to: number): void {
    const length = this.#length + to - at
    if (this.#held === undefined || this.#held.length < length) {
      const larger = Buffer.allocUnsafe(Math.max(1024, length * 2))
      this.#held?.copy(larger, 0, 0, this.#length)
      this.#held = larger
    }
    bytes.copy(this.#held, this.#length, at, to)
    this.#length = length
  }
}
