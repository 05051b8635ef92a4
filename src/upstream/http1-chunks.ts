import type { ProxyError } from '../contract/errors.ts'
import { hexValue, isTextChar } from '../http/chars.ts'
import { fault } from './http1-fields.ts'

/** Bytes of the extensions of one chunk, and of all chunks of an answer. */
const maxExtension = 1024
const maxExtensions = 16 * 1024

const lf = 10
const cr = 13
const semicolon = 59

const inSize = 0
const inExtension = 1
const atSizeEnd = 2
const atDataCr = 3
const atDataLf = 4

/** Reads what stands around the chunks of one answer: size lines, and the line ends behind the data. RFC 9112 7.1. */
export class ChunkLines {
  /** Of the chunk whose line has been read. */
  size = 0
  #state = inSize
  #digits = 0
  #extension = 0
  #extensions = 0

  /**
   * Reads on to the data of the next chunk.
   * @returns where that begins, or -1 when its line is not over; after the last chunk, `size` is 0
   * @throws ProxyError SP_UPSTREAM_PROTOCOL
   */
  read(bytes: Buffer, at: number, to: number): number {
    while (at < to) {
      const code = bytes[at++] as number
      switch (this.#state) {
        case inSize: {
          const digit = hexValue[code] as number
          if (digit !== 255) this.#add(digit)
          else if (this.#digits === 0) throw bad()
          else if (code === cr) this.#state = atSizeEnd
          else if (code === semicolon) this.#state = inExtension
          else throw bad()
          break
        }
        case inExtension:
          if (code === cr) this.#state = atSizeEnd
          else if (isTextChar[code] !== 1) throw bad()
          else if (++this.#extension > maxExtension || ++this.#extensions > maxExtensions) {
            throw fault('chunk extensions without end')
          }
          break
        case atSizeEnd:
          if (code !== lf) throw bad()
          this.#state = atDataCr
          return at
        case atDataCr:
          if (code !== cr) throw bad()
          this.#state = atDataLf
          break
        default:
          if (code !== lf) throw bad()
          this.#state = inSize
          this.#digits = 0
          this.#extension = 0
          this.size = 0
      }
    }
    return -1
  }

  #add(digit: number): void {
    if (++this.#digits > 16 || this.size > (Number.MAX_SAFE_INTEGER - digit) / 16) throw bad()
    this.size = this.size * 16 + digit
  }
}

function bad(): ProxyError {
  return fault('a chunk that is none')
}
