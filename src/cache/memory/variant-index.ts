import type { Head } from '../head.ts'
import { isSameVariant, maxVariants } from '../store.ts'
import type { MemoryEntry } from './memory-entry.ts'

/** What a URL without entries has. */
const none: readonly MemoryEntry[] = Object.freeze([])

/** Entries by URL, newest first. A list is never changed, so that whoever was given one may keep it. */
export class VariantIndex {
  #lists = new Map<string, readonly MemoryEntry[]>()

  get(url: string): readonly MemoryEntry[] {
    return this.#lists.get(url) ?? none
  }

  has(entry: MemoryEntry): boolean {
    return this.get(entry.head.url).includes(entry)
  }

  /** Puts an entry first. Gives the one that leaves for it: the same variant, or the oldest of too many. */
  add(entry: MemoryEntry): MemoryEntry | undefined {
    const { url } = entry.head
    const list = this.get(url)
    const same = sameVariant(list, entry.head)
    const gone = same ?? (list.length < maxVariants ? undefined : list.at(-1))
    const next = [entry]
    for (const one of list) if (one !== gone) next.push(one)
    this.#lists.set(url, next)
    return gone
  }

  remove(entry: MemoryEntry): void {
    const { url } = entry.head
    const left = this.get(url).filter((one) => one !== entry)
    if (left.length === 0) this.#lists.delete(url)
    else this.#lists.set(url, left)
  }

  /** Every list. May be walked in many turns: what comes and goes meanwhile may or may not be seen. */
  lists(): Iterable<readonly MemoryEntry[]> {
    return this.#lists.values()
  }

  /** Begins anew, and gives every list that was there. */
  takeAll(): Iterable<readonly MemoryEntry[]> {
    const lists = this.#lists
    this.#lists = new Map()
    return lists.values()
  }
}

function sameVariant(list: readonly MemoryEntry[], head: Head): MemoryEntry | undefined {
  for (const one of list) if (isSameVariant(one.head, head)) return one
  return undefined
}
