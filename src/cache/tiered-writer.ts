import type { Clock, Timer } from '../contract/clock.ts'
import type { Entry, Writer } from './store.ts'

/** A writer of one tier. */
export interface Part {
  readonly tier: number
  readonly writer: Writer
}

export interface TieredWriterParts {
  readonly clock: Clock
  readonly parts: readonly Part[]
  /** Milliseconds that a tier below the first may be behind. Then it is dropped. */
  readonly patience: number
  /** Asked once as all is written: may it be kept? */
  readonly allowed: () => boolean
  /** Told of each tier as all are committed; `entry` where it is there at once. Gives what the caller is given of it. */
  readonly settled: (tier: number, kept: boolean, entry: Entry | undefined) => Entry | undefined
  /** Told once that it is over. */
  readonly ended: (committed: boolean) => void
}

/** Writes to several tiers at once. The first may hold the client back; the others are dropped when they cannot keep up. */
export class TieredWriter implements Writer {
  onDrain: (() => void) | undefined = undefined
  readonly #with: TieredWriterParts
  readonly #behind = new Set<Part>()
  readonly #dropped = new Set<Part>()
  #timer: Timer | undefined = undefined

  constructor(parts: TieredWriterParts) {
    this.#with = parts
    for (const part of parts.parts) part.writer.onDrain = () => this.#caughtUp(part)
  }

  get failed(): boolean {
    for (const part of this.#with.parts) if (this.#alive(part)) return false
    return true
  }

  write(chunk: Buffer): boolean {
    for (const part of this.#with.parts) {
      if (this.#alive(part) && !part.writer.write(chunk) && this.#alive(part)) this.#behind.add(part)
    }
    if (this.#behind.size === 0) return true
    this.#timer ??= this.#with.clock.setTimer(() => this.#dropSlow(), this.#with.patience)
    return false
  }

  commit(): Entry | undefined {
    this.#rest()
    if (!this.#with.allowed()) {
      this.#abortAll()
      return undefined
    }
    const committed: [Part, boolean, Entry | undefined][] = []
    for (const part of this.#with.parts) {
      const alive = this.#alive(part)
      committed.push([part, alive, alive ? part.writer.commit() : undefined])
    }
    let first: Entry | undefined
    for (const [part, kept, entry] of committed) {
      const given = this.#with.settled(part.tier, kept, entry)
      first ??= given
    }
    this.#with.ended(true)
    return first
  }

  abort(): void {
    this.#rest()
    this.#abortAll()
  }

  #alive(part: Part): boolean {
    return !part.writer.failed && !this.#dropped.has(part)
  }

  #abortAll(): void {
    for (const part of this.#with.parts) if (this.#alive(part)) part.writer.abort()
    this.#with.ended(false)
  }

  #caughtUp(part: Part): void {
    if (!this.#behind.delete(part) || this.#behind.size > 0) return
    this.#rest()
    this.onDrain?.()
  }

  #dropSlow(): void {
    this.#timer = undefined
    for (const part of [...this.#behind]) {
      if (part.tier === 0) continue
      this.#dropped.add(part)
      if (!part.writer.failed) part.writer.abort()
      this.#caughtUp(part)
    }
  }

  #rest(): void {
    if (this.#timer !== undefined) this.#with.clock.clearTimer(this.#timer)
    this.#timer = undefined
  }
}
