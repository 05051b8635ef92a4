import type { Head } from '../head.ts'

/**
 * What an entry takes besides its content and the text in its head: the entry, the head, its times, the list of variants, a
 * place in the index and what the eviction policy remembers. Measured by bench/cache/store-cost.ts, and a third more: a heap is
 * never full.
 */
const entryBytes = 896
/** What a piece of content takes besides its bytes: a view, its buffer and the allocator's part. */
const pieceBytes = 320
const stringBytes = 24
const slotBytes = 8

/** Bytes of memory of a head and of the entry that has it. */
export function weighHead(head: Head): number {
  let bytes = entryBytes + text(head.url) + texts(head.fields)
  if (head.extra !== '') bytes += text(head.extra)
  if (head.vary.length > 0) bytes += texts(head.vary)
  if (head.tags.length > 0) bytes += texts(head.tags)
  return bytes
}

/** Bytes of memory of content that holds `held` bytes in `pieces` pieces. */
export function weighContent(held: number, pieces: number): number {
  return held + pieces * pieceBytes
}

function texts(list: readonly string[]): number {
  let bytes = 0
  for (const one of list) bytes += text(one)
  return bytes
}

/** One byte a character, in words of eight, and the slot that points to it. */
function text(one: string): number {
  return stringBytes + slotBytes + ((one.length + 7) & ~7)
}
