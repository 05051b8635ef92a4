import type { Head } from '../head.ts'
import type { DiskEntry } from './disk-entry.ts'
import { readHead } from './head-json.ts'

/** Heads that are kept read, at most. */
const most = 8192

/** Reads the heads of entries, and keeps those that were read last. */
export class HeadCache {
  readonly #ring: (DiskEntry | undefined)[] = []
  #next = 0

  get(entry: DiskEntry): Head {
    const { parsed } = entry
    if (parsed !== undefined) return parsed
    const head = parseHead(entry)
    this.set(entry, head)
    return head
  }

  set(entry: DiskEntry, head: Head): void {
    if (entry.parsed === undefined) {
      const oldest = this.#ring[this.#next]
      if (oldest !== undefined) oldest.parsed = undefined
      this.#ring[this.#next] = entry
      this.#next = (this.#next + 1) % most
    }
    entry.parsed = head
  }
}

/** Reads a head without keeping it. */
export function parseHead(entry: DiskEntry): Head {
  // It was made by us or has been checked: it is one.
  return entry.parsed ?? (readHead(entry.json) as Head)
}
