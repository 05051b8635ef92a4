import { Expiry } from '../memory/expiry.ts'
import { s3Fifo } from '../memory/s3-fifo.ts'
import { maxVariants } from '../store.ts'
import type { DiskEntry } from './disk-entry.ts'

export interface DiskIndexOptions {
  readonly maxBytes: number
  readonly maxEntries: number
  /** Milliseconds since the epoch. */
  readonly wall: () => number
  /** Told of every entry that leaves. */
  readonly onLeave: (entry: DiskEntry) => void
}

/** An entry with a long head takes the memory of several: one for each so many characters of it. */
const headUnit = 2048

/** Which entries there are, and which has to leave: first those past their time, then as S3-FIFO says. */
export class DiskIndex {
  readonly #options: DiskIndexOptions
  readonly #byUrl = new Map<string, DiskEntry>()
  readonly #policy
  readonly #expiry
  #units = 0
  /** Bytes of files that are being written. */
  #reserved = 0
  entries = 0
  /** Bytes of the files of all entries. */
  bytes = 0
  evictions = 0

  constructor(options: DiskIndexOptions) {
    this.#options = options
    this.#policy = s3Fifo<DiskEntry>(options.maxBytes)
    this.#expiry = new Expiry<DiskEntry>(options.wall())
  }

  get reserved(): number {
    return this.#reserved
  }

  /** Newest first. Those past their time leave. */
  find(url: string): DiskEntry[] {
    const found: DiskEntry[] = []
    const now = this.#options.wall()
    for (let entry = this.#byUrl.get(url); entry !== undefined; ) {
      const { next } = entry
      if (entry.keepUntil > now) found.push(entry)
      else this.remove(entry)
      entry = next
    }
    return found
  }

  /** Puts an entry first under its URL, in place of the same variant. It may be evicted at once. */
  add(entry: DiskEntry): void {
    const first = this.#byUrl.get(entry.url)
    let same: DiskEntry | undefined
    let last: DiskEntry | undefined
    let count = 0
    for (let one = first; one !== undefined; one = one.next) {
      if (one.name === entry.name) same = one
      last = one
      count++
    }
    const leaving = same ?? (count < maxVariants ? undefined : last)
    entry.next = first
    this.#byUrl.set(entry.url, entry)
    if (same === undefined) this.#policy.insert(entry)
    else this.#policy.replace(same, entry)
    this.#expiry.add(entry, this.#options.wall())
    this.entries++
    this.bytes += entry.weight
    this.#units += unitsOf(entry)
    if (leaving !== undefined) {
      if (leaving !== same) this.#policy.remove(leaving)
      this.#unlink(leaving)
    }
    this.#makeRoom()
  }

  /** Nothing for one that is gone. */
  remove(entry: DiskEntry): void {
    if (entry.gone) return
    this.#policy.remove(entry)
    this.#unlink(entry)
  }

  /** Another head. The entry may be evicted by it. */
  renew(entry: DiskEntry, json: string, keepUntil: number, weight: number): void {
    this.#expiry.remove(entry)
    this.#units -= unitsOf(entry)
    this.bytes += weight - entry.weight
    this.#policy.reweigh(entry, weight)
    entry.json = json
    entry.keepUntil = keepUntil
    this.#units += unitsOf(entry)
    this.#expiry.add(entry, this.#options.wall())
    this.#makeRoom()
  }

  /** Room for a file that grows. False: there is none. Give it back with a negative number. */
  reserve(bytes: number): boolean {
    this.#reserved += bytes
    return bytes <= 0 || this.#makeRoom()
  }

  /** Every entry. May be walked in many turns: what comes and goes meanwhile may or may not be seen. */
  *all(): Generator<DiskEntry> {
    for (const first of this.#byUrl.values()) {
      // Taken down at once: an entry that leaves in another turn takes its link to the next with it.
      const variants: DiskEntry[] = []
      for (let entry: DiskEntry | undefined = first; entry !== undefined; entry = entry.next) variants.push(entry)
      yield* variants
    }
  }

  /** False when what is being written needs more than there is. */
  #makeRoom(): boolean {
    const { maxBytes, maxEntries, wall } = this.#options
    while (this.bytes + this.#reserved > maxBytes || this.#units > maxEntries) {
      const expired = this.#expiry.take(wall())
      if (expired !== undefined) {
        this.remove(expired)
        continue
      }
      const victim = this.#policy.evict()
      if (victim === undefined) return false
      this.evictions++
      this.#unlink(victim)
    }
    return true
  }

  /** For one that the policy has no more. */
  #unlink(entry: DiskEntry): void {
    const first = this.#byUrl.get(entry.url)
    if (first === entry) {
      if (entry.next === undefined) this.#byUrl.delete(entry.url)
      else this.#byUrl.set(entry.url, entry.next)
    } else {
      for (let one = first; one !== undefined; one = one.next) {
        if (one.next !== entry) continue
        one.next = entry.next
        break
      }
    }
    entry.next = undefined
    entry.gone = true
    this.#expiry.remove(entry)
    this.entries--
    this.bytes -= entry.weight
    this.#units -= unitsOf(entry)
    this.#options.onLeave(entry)
  }
}

function unitsOf(entry: DiskEntry): number {
  return Math.ceil(entry.json.length / headUnit)
}
