/** A chunk below this is joined with its neighbours. */
const small = 16_384
/** What is joined becomes no larger than this. */
const joined = 65_536
/** Content of at most this much is one piece in the end: it goes out in one write each time that it is asked for. */
const whole = 131_072

/**
 * Collects the chunks of one content. A large chunk is kept as it is; a view of a much larger buffer is copied, so that it
 * does not hold the whole; small ones are joined as they come, so that content in many pieces costs no more than its bytes.
 */
export class Gather {
  /** Bytes of content. */
  size = 0
  /** Bytes of memory that it holds. */
  held = 0
  #pieces: Buffer[] = []
  #tail: Buffer | undefined = undefined
  #tailEnd = 0

  add(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.size += chunk.length
    if (chunk.length < small && this.#joins(chunk)) this.#append(chunk)
    else {
      this.#closeTail()
      this.#keep(pins(chunk) ? copied(chunk, chunk.length) : chunk)
    }
  }

  /** All of it, in pieces, one where it is short. Nothing is added after it. */
  end(): readonly Buffer[] {
    this.#closeTail()
    if (this.#pieces.length > 1 && this.size <= whole) {
      const pieces = this.#pieces
      this.#pieces = []
      this.held = 0
      const all = Buffer.allocUnsafeSlow(this.size)
      let at = 0
      for (const piece of pieces) at += piece.copy(all, at)
      this.#keep(all)
    }
    return this.#pieces
  }

  /** May it be joined with what came before? The first chunk waits for a second one. */
  #joins(chunk: Buffer): boolean {
    if (this.#tail !== undefined) return true
    const last = this.#pieces.at(-1)
    return last !== undefined && last.length + chunk.length <= joined && last.length < small
  }

  #append(chunk: Buffer): void {
    if (this.#tail === undefined) {
      const last = this.#pieces.pop() as Buffer
      this.held += last.length - last.buffer.byteLength
      this.#tail = last
      this.#tailEnd = last.length
    }
    const end = this.#tailEnd + chunk.length
    if (end > joined) {
      this.#closeTail()
      this.#keep(pins(chunk) ? copied(chunk, chunk.length) : chunk)
      return
    }
    // Never into the first chunk itself: others may be reading it.
    if (end > this.#tail.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(joined, 2 * end))
      this.#tail.copy(larger, 0, 0, this.#tailEnd)
      this.held += larger.length - this.#tail.length
      this.#tail = larger
    }
    chunk.copy(this.#tail, this.#tailEnd)
    this.#tailEnd = end
  }

  #closeTail(): void {
    const tail = this.#tail
    if (tail === undefined) return
    this.held -= tail.length
    this.#keep(this.#tailEnd === tail.length ? tail : copied(tail, this.#tailEnd))
    this.#tail = undefined
    this.#tailEnd = 0
  }

  #keep(piece: Buffer): void {
    this.#pieces.push(piece)
    this.held += piece.buffer.byteLength
  }
}

/** Would it keep much more memory than it shows? */
function pins(chunk: Buffer): boolean {
  return chunk.buffer.byteLength > 2 * chunk.length
}

function copied(chunk: Buffer, length: number): Buffer {
  const own = Buffer.allocUnsafeSlow(length)
  chunk.copy(own, 0, 0, length)
  return own
}
