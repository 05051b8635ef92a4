import { createHash, randomBytes } from 'node:crypto'
import type { Head } from '../head.ts'

/** Bytes of content under one key. */
export const chunkBytes = 256 * 1024
/** Members of the set of a tag. With more, a purge by this tag looks at every entry. */
export const tagLimit = 100_000
/** Tags of one response. One with more is not stored, for a purge could miss it. */
export const maxTags = 1000
/** Purges that are kept for machines that were away, and for fills that began before them. */
export const keptPurges = 2000
/** How long content is kept whose head is not there yet. Milliseconds. */
export const fillTime = 3_600_000
/** How long content outlives its head, for those who read it. Milliseconds. */
export const lingering = 60_000

/** Keys that all generations share. */
export interface SharedKeys {
  /** The generation: random text. Another one, and nothing that was stored is found. */
  readonly generation: string
  /** Number of the latest purge. */
  readonly number: string
  /** Stream of the latest purges. */
  readonly stream: string
}

export function sharedKeys(prefix: string): SharedKeys {
  return { generation: `${prefix}g`, number: `${prefix}n`, stream: `${prefix}s` }
}

/** Keys of one generation. */
export interface Keys {
  readonly base: string
  /** Before a URL: hash of its variants; field `fieldOf`, value a record. */
  readonly heads: string
  /** Before `id:n`: chunk `n` of a content. */
  readonly content: string
  /** Before a tag: set of URLs; `''` among them means that it is not complete. */
  readonly tags: string
  /** Sorted set of all entries by the bytes of their URLs: `url NUL field SP weight`. */
  readonly index: string
  /** Sum of those weights. */
  readonly sum: string
}

export function keysOf(prefix: string, generation: string): Keys {
  const base = `${prefix}${generation}:`
  return { base, heads: `${base}h:`, content: `${base}c:`, tags: `${base}t:`, index: `${base}i`, sum: `${base}w` }
}

/** The place of a variant under its URL. */
export function fieldOf(head: Head): string {
  return createHash('sha256')
    .update(JSON.stringify([head.extra, head.vary]))
    .digest('base64url')
}

/** KEYS of the scripts that change entries. */
export function changeKeys(keys: Keys, url: string): [heads: string, index: string, sum: string] {
  return [keys.heads + url, keys.index, keys.sum]
}

export function randomId(): string {
  return randomBytes(16).toString('base64url')
}
