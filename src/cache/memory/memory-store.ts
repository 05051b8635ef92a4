import type { Clock } from '../../contract/clock.ts'
import type { Head } from '../head.ts'
import { isPurged, isSameVariant, type Listed, type PurgeTarget, type Store } from '../store.ts'
import { Collection } from './collection.ts'
import { Expiry } from './expiry.ts'
import { keyHash } from './key-hash.ts'
import { epoch, MemoryEntry } from './memory-entry.ts'
import { MemoryWriter, type Room } from './memory-writer.ts'
import { s3Fifo } from './s3-fifo.ts'
import { inSlices, walkInSlices } from './slices.ts'
import { VariantIndex } from './variant-index.ts'
import { weighHead } from './weigh.ts'

export interface MemoryStoreOptions {
  /** Bytes of content, fields and all that goes with them. The least useful entries leave first. */
  readonly maxBytes: number
  /** Bytes of content of one entry, at most. */
  readonly maxEntryBytes: number
  readonly clock: Clock
  /** Chance that nobody outside can foresee. @default Math.random */
  readonly random?: () => number
}

/** What is being written may take this share of all, so that fills without an end do not empty the store. */
const fillShare = 0.5

/** Keeps responses in the memory of this process, within a bound of bytes. Everything is there in the same turn. */
export function createMemoryStore({ maxBytes, maxEntryBytes, clock, random = Math.random }: MemoryStoreOptions): Store {
  const index = new VariantIndex()
  const policy = s3Fifo<MemoryEntry>(maxBytes)
  const expiry = new Expiry<MemoryEntry>(clock.wall())
  const collection = new Collection(maxBytes)
  const seed = Math.floor(random() * 2 ** 32)
  const maxFilling = Math.max(maxBytes * fillShare, Math.min(maxBytes, maxEntryBytes))
  let entries = 0
  let used = 0
  let filling = 0
  let evictions = 0
  let closed = false

  const room: Room = {
    maxEntryBytes,
    take(bytes) {
      filling += bytes
      return bytes <= 0 || (!closed && filling <= maxFilling && makeRoom())
    },
    keep(head, size, content, weight) {
      if (closed || weight > maxBytes) return undefined
      const entry = new MemoryEntry(head, size, content, weight, keyHash(head, seed))
      const gone = index.add(entry)
      if (gone !== undefined && isSameVariant(gone.head, head)) policy.replace(gone, entry)
      else {
        if (gone !== undefined) policy.remove(gone)
        policy.insert(entry)
      }
      if (gone !== undefined) leave(gone)
      expiry.add(entry, clock.wall())
      entries++
      used += weight
      makeRoom()
      return entry.place === 0 ? undefined : entry
    },
  }

  /** False when what is being written needs more than there is. */
  function makeRoom(): boolean {
    if (used + filling <= maxBytes) return true
    const now = clock.wall()
    while (used + filling > maxBytes) {
      const expired = expiry.take(now)
      if (expired !== undefined) {
        drop(expired)
        continue
      }
      const victim = policy.evict()
      if (victim === undefined) return false
      index.remove(victim)
      leave(victim)
      evictions++
    }
    return true
  }

  function drop(entry: MemoryEntry): void {
    index.remove(entry)
    policy.remove(entry)
    leave(entry)
  }

  /** The rest, for one that neither the index nor the policy has any more. */
  function leave(entry: MemoryEntry): void {
    expiry.remove(entry)
    entries--
    used -= entry.weight
    collection.left(entry.weight)
  }

  function dropExpired(list: readonly MemoryEntry[], now: number): void {
    for (const entry of list) if (entry.keepUntil < now) drop(entry)
  }

  function renew(entry: MemoryEntry, head: Head): void {
    const now = clock.wall()
    if (!isKept(head, now)) {
      drop(entry)
      return
    }
    const weight = entry.weight + weighHead(head) - weighHead(entry.head)
    used += weight - entry.weight
    policy.reweigh(entry, weight)
    expiry.remove(entry)
    entry.renew(head)
    expiry.add(entry, now)
  }

  async function removeAll(): Promise<number> {
    const removed = entries
    const lists = index.takeAll()
    policy.clear()
    expiry.clear()
    collection.left(used)
    entries = 0
    used = 0
    await walkInSlices(lists, unlinkAll)
    return removed
  }

  return {
    find(url) {
      const list = index.get(url)
      if (list.length === 0) return list
      const now = clock.wall()
      const second = now / 1000 - epoch
      for (const entry of list) {
        if (second < entry.keptSecond || entry.keepUntil >= now) continue
        dropExpired(list, now)
        return index.get(url)
      }
      // Which of several variants is of use is not known before it is read.
      if (list.length === 1) (list[0] as MemoryEntry).use()
      else for (const entry of list) entry.offer()
      return list
    },
    create(head, size) {
      if (closed || !isKept(head, clock.wall())) return undefined
      if (size !== undefined && (size > maxEntryBytes || size + weighHead(head) > maxBytes)) return undefined
      const writer = new MemoryWriter(room, head)
      return writer.failed ? undefined : writer
    },
    update(entry, head) {
      if (!(entry instanceof MemoryEntry) || !index.has(entry)) return
      renew(entry, head)
      makeRoom()
    },
    remove(entry) {
      if (entry instanceof MemoryEntry && index.has(entry)) drop(entry)
    },
    async purge(target: PurgeTarget, soften?: (head: Head) => Head): Promise<number> {
      if ('all' in target && soften === undefined) return removeAll()
      let count = 0
      const purgeList = (list: readonly MemoryEntry[]): void => {
        for (const entry of list) {
          if (!isPurged(target, entry.head) || !index.has(entry)) continue
          if (soften === undefined) drop(entry)
          else renew(entry, soften(entry.head))
          count++
        }
      }
      if ('url' in target) purgeList(index.get(target.url))
      else await walkInSlices(index.lists(), purgeList)
      makeRoom()
      return count
    },
    async *list(): AsyncGenerator<Listed> {
      const now = clock.wall()
      for await (const list of inSlices(index.lists())) {
        for (const { head, size } of list) if (head.keepUntil >= now) yield { head, size, store: 'memory' }
      }
    },
    stats() {
      return { name: 'memory', entries, bytes: used + filling, maxBytes, evictions, errors: 0 }
    },
    async close() {
      closed = true
      await removeAll()
    },
  }
}

/** Is it of use at all? Not when its time cannot be told. */
function isKept(head: Head, now: number): boolean {
  return head.keepUntil >= now
}

function unlinkAll(list: readonly MemoryEntry[]): void {
  for (const entry of list) entry.unlink()
}
