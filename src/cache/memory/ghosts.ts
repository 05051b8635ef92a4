/** Places in a row that are looked at for one hash. */
const ways = 4
const smallest = 1024

/**
 * Remembers the hashes of what was evicted, the newest ones, in 8 bytes a place. A hash that is forgotten too early, or
 * two that are equal, cost a worse choice and nothing else.
 */
export class Ghosts {
  #hashes = new Uint32Array(smallest)
  /** When each came, by number of evictions; 0 for a free place. */
  #stamps = new Uint32Array(smallest)
  #now = 1

  /** Bytes that it takes. */
  get bytes(): number {
    return this.#hashes.byteLength * 2
  }

  /** @param wanted how many are worth remembering now */
  add(hash: number, wanted: number): void {
    if (wanted * 2 > this.#hashes.length) this.#grow()
    this.#put(hash, this.#now++)
    // After 4 billion evictions all is forgotten once.
    if (this.#now === 0xffffffff) this.clear()
  }

  /** Was it among the last `limit` that were evicted? Then it is forgotten. */
  take(hash: number, limit: number): boolean {
    const first = this.#rowOf(hash)
    for (let i = first; i < first + ways; i++) {
      if (this.#hashes[i] !== hash || this.#stamps[i] === 0) continue
      const age = this.#now - (this.#stamps[i] as number)
      this.#stamps[i] = 0
      return age <= limit
    }
    return false
  }

  clear(): void {
    this.#hashes = new Uint32Array(smallest)
    this.#stamps = new Uint32Array(smallest)
    this.#now = 1
  }

  #rowOf(hash: number): number {
    return hash & (this.#hashes.length - 1) & -ways
  }

  #put(hash: number, stamp: number): void {
    const first = this.#rowOf(hash)
    let oldest = first
    for (let i = first; i < first + ways; i++) {
      if (this.#hashes[i] === hash) {
        oldest = i
        break
      }
      if ((this.#stamps[i] as number) < (this.#stamps[oldest] as number)) oldest = i
    }
    this.#hashes[oldest] = hash
    this.#stamps[oldest] = stamp
  }

  #grow(): void {
    const hashes = this.#hashes
    const stamps = this.#stamps
    this.#hashes = new Uint32Array(hashes.length * 2)
    this.#stamps = new Uint32Array(hashes.length * 2)
    for (let i = 0; i < hashes.length; i++) {
      if (stamps[i] !== 0) this.#put(hashes[i] as number, stamps[i] as number)
    }
  }
}
