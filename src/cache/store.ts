import type { Readable } from 'node:stream'
import type { Head } from './head.ts'

/** A stored response. Its content is whole: what `create` began is an entry from `commit` on. */
export interface Entry {
  readonly head: Head
  /** Bytes of content. */
  readonly size: number
  /**
   * Content from byte `first` up to and without byte `end`. A list of chunks where they are at hand, not to be changed;
   * else a stream that the caller reads or destroys. A stream that cannot deliver ends in an error.
   */
  read(first: number, end: number): readonly Buffer[] | Readable
}

/** Takes the content of one response as it arrives. After `commit` or `abort` nothing more is called. */
export interface Writer {
  /** The chunk is the store's from now on. False: the store is behind; hold back until `onDrain`, if that can be. */
  write(chunk: Buffer): boolean
  onDrain: (() => void) | undefined
  /** True once it has given up (no place, a fault, too large): what is written goes nowhere. */
  readonly failed: boolean
  /**
   * The content is whole: from now on the entry is found, in place of one with the same `extra` and `vary`. Gives the entry
   * where it is there at once. A store that cannot keep it forgets it without a word.
   */
  commit(): Entry | undefined
  abort(): void
}

/** What a purge removes. `url` and `prefix` are compared with `Head.url`. */
export type PurgeTarget =
  | { readonly url: string }
  | { readonly prefix: string }
  | { readonly tag: string }
  | { readonly all: true }

/** Is this entry meant? */
export function isPurged(target: PurgeTarget, head: Head): boolean {
  if ('url' in target) return head.url === target.url
  if ('prefix' in target) return head.url.startsWith(target.prefix)
  if ('tag' in target) return head.tags.includes(target.tag)
  return true
}

export interface StoreStats {
  /** `memory`, `disk`, `redis`. */
  readonly name: string
  readonly entries: number
  /** Bytes taken, overhead included; as near as can be told. */
  readonly bytes: number
  readonly maxBytes: number
  /** Since the start. */
  readonly evictions: number
  /** Writes, reads or calls that failed. */
  readonly errors: number
}

/** What `list` shows of an entry. */
export interface Listed {
  readonly head: Head
  readonly size: number
  readonly store: string
}

/**
 * Keeps responses by URL: for each a few variants, told apart by `extra` and `vary`. It never throws and never rejects: a
 * store that cannot do something has nothing, and counts an error. Whoever needs time gives a promise; memory answers in the
 * same turn.
 */
export interface Store {
  /** Every variant under this URL, newest first; empty when there is none. At most `maxVariants`. */
  find(url: string): readonly Entry[] | Promise<readonly Entry[]>
  /**
   * For a store of tiers: what lies below the first tier, which `find` does not ask where the first has any variant. Every
   * variant that the lower tiers have, newest first; one that several of them have is given once. Worth asking when none of
   * those that `find` gave fits the request, or the one that does is stale: another machine may have a newer one.
   */
  findDeeper?(url: string): Promise<readonly Entry[]>
  /**
   * Begins to store a response. Undefined: this store will not have it (too large, not worth a place, a fault).
   * @param size bytes of content, when they are known beforehand
   */
  create(head: Head, size: number | undefined): Writer | undefined
  /** Gives an entry another head with the same URL, `extra` and `vary`. Nothing when the entry is gone. */
  update(entry: Entry, head: Head): void
  remove(entry: Entry): void
  /**
   * Removes every entry that is meant; with `soften` they stay, with the head that it makes (a soft purge). Resolves with how
   * many, when none of them can be found any more as it was.
   */
  purge(target: PurgeTarget, soften?: (head: Head) => Head): Promise<number>
  /** The same for a purge that another machine has made: in what this process alone uses. Absent: there is nothing shared. */
  purgeLocal?(target: PurgeTarget, soften?: (head: Head) => Head): Promise<number>
  /** Everything that is there, in no order; changes meanwhile may or may not be seen. */
  list(): AsyncIterable<Listed>
  stats(): StoreStats
  /** Lets go of everything that the process has open. What is persistent stays. */
  close(): Promise<void>
}

/** Variants under one URL. One more takes the place of the oldest. */
export const maxVariants = 100

/** Have the two the same place under their URL? */
export function isSameVariant(a: Head, b: Head): boolean {
  if (a.extra !== b.extra || a.vary.length !== b.vary.length) return false
  for (let i = 0; i < a.vary.length; i++) if (a.vary[i] !== b.vary[i]) return false
  return true
}
