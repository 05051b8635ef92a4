import { blockBytes, blockChecksum, checksumBytes } from './file-format.ts'

/** Memory for content whose size is not known, to begin with. */
const least = 4096
/** Blocks kept to be filled again. */
const mostSpare = 5

/** Gathers chunks of any size into blocks, as they stand in the file. The chunks are copied: nobody's memory is held. */
export class BlockBuffer {
  readonly #serial: number
  /** Content still to come, when that is known. */
  #left: number | undefined
  #bytes: Buffer | undefined
  #filled = 0
  #index = 0
  readonly #spare: Buffer[] = []

  constructor(serial: number, size: number | undefined) {
    this.#serial = serial
    this.#left = size
  }

  get full(): boolean {
    return this.#filled === blockBytes
  }

  /** What is in the block so far. */
  get content(): Buffer {
    return this.#bytes?.subarray(0, this.#filled) ?? Buffer.alloc(0)
  }

  /** Takes of the chunk from `at` what there is place for, and gives how much. */
  take(chunk: Buffer, at: number): number {
    const taken = Math.min(chunk.length - at, blockBytes - this.#filled)
    const bytes = this.#room(this.#filled + taken)
    chunk.copy(bytes, this.#filled, at, at + taken)
    this.#filled += taken
    if (this.#left !== undefined) this.#left -= taken
    return taken
  }

  /** The block and its checksum; empty when nothing is in it. The next begins. */
  seal(): Buffer {
    if (this.#bytes === undefined || this.#filled === 0) return Buffer.alloc(0)
    const bytes = this.#bytes
    const filled = this.#filled
    bytes.writeUInt32BE(blockChecksum(bytes.subarray(0, filled), this.#serial, this.#index++), filled)
    this.#bytes = undefined
    this.#filled = 0
    return bytes.subarray(0, filled + checksumBytes)
  }

  /** A sealed block that nobody uses any more. */
  recycle(block: Buffer): void {
    if (block.length === blockBytes + checksumBytes && this.#spare.length < mostSpare) this.#spare.push(block)
  }

  #room(needed: number): Buffer {
    const bytes = this.#bytes
    if (bytes !== undefined && needed + checksumBytes <= bytes.length) return bytes
    if (bytes === undefined && this.#index > 0) {
      const spare = this.#spare.pop()
      if (spare !== undefined) {
        this.#bytes = spare
        return spare
      }
    }
    const wanted = this.#index > 0 ? blockBytes : (this.#left ?? Math.max(least, this.#filled * 4))
    const larger = Buffer.allocUnsafe(Math.min(Math.max(wanted, needed), blockBytes) + checksumBytes)
    if (bytes !== undefined) bytes.copy(larger, 0, 0, this.#filled)
    this.#bytes = larger
    return larger
  }
}
