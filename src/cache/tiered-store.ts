import type { Clock } from '../contract/clock.ts'
import type { Head } from './head.ts'
import { createPurgeGuard } from './purge-guard.ts'
import {
  type Entry,
  isSameVariant,
  type Listed,
  maxVariants,
  type PurgeTarget,
  type Store,
  type StoreStats,
  type Writer,
} from './store.ts'
import { TieredEntry } from './tiered-entry.ts'
import { type Part, TieredWriter } from './tiered-writer.ts'

export interface TieredStoreOptions {
  readonly clock: Clock
  /** Tiers that other machines use too: `purgeLocal` leaves them as they are. @default none */
  readonly shared?: readonly Store[]
  /** Copies what a lower tier gives into the tiers above it while it is read. @default true */
  readonly promote?: boolean
  /** Milliseconds that a tier below the first may be behind in writing before it is dropped. @default 50 */
  readonly patience?: number
}

export interface TieredStats extends StoreStats {
  /** Of each tier, from the first on. */
  readonly tiers: readonly StoreStats[]
}

export interface TieredStore extends Store {
  findDeeper(url: string): Promise<readonly Entry[]>
  /** A purge that another machine has made already, in what is shared. */
  purgeLocal(target: PurgeTarget, soften?: (head: Head) => Head): Promise<number>
  stats(): TieredStats
}

const none: readonly Entry[] = []

/**
 * Several stores as one: the quickest first. What the first has is answered in the same turn and asks nobody else; what a lower
 * one has is copied up as it is read. Everything is written to, changed in and purged from all of them.
 */
export function createTieredStore(tiers: readonly Store[], options: TieredStoreOptions): TieredStore {
  const { clock, shared = [], promote = true, patience = 50 } = options
  const guard = createPurgeGuard()
  /** Variants that are being copied: one copy at a time. */
  const copying = new Set<string>()

  /** @param mark taken before the tier was asked */
  function wrap(found: readonly Entry[], tier: number, mark: number): readonly Entry[] {
    if (tier === 0 || found.length === 0) return found
    const copy = (entry: TieredEntry): Writer | undefined => (promote ? copyUp(entry, mark) : undefined)
    return found.map((entry) => new TieredEntry(tier, entry, copy))
  }

  function findFrom(url: string, tier: number): readonly Entry[] | Promise<readonly Entry[]> {
    for (; tier < tiers.length; tier++) {
      const { mark } = guard
      const at = tier
      const found = (tiers[tier] as Store).find(url)
      if (!isList(found)) return found.then((list) => (list.length > 0 ? wrap(list, at, mark) : findFrom(url, at + 1)))
      if (found.length > 0) return wrap(found, at, mark)
    }
    return none
  }

  function copyUp({ head, size, tier }: TieredEntry, mark: number): Writer | undefined {
    const name = JSON.stringify([head.url, head.extra, head.vary])
    if (copying.has(name) || !guard.holds(mark, head)) return undefined
    const parts: Part[] = []
    for (let upper = 0; upper < tier; upper++) {
      const store = tiers[upper] as Store
      const there = upper === 0 ? store.find(head.url) : none
      if (isList(there) && there.some((one) => isSameVariant(one.head, head) && one.head.storedAt >= head.storedAt))
        continue
      const writer = store.create(head, size)
      if (writer !== undefined) parts.push({ tier: upper, writer })
    }
    if (parts.length === 0) return undefined
    copying.add(name)
    const ended = (): void => void copying.delete(name)
    return new TieredWriter({
      clock,
      parts,
      patience,
      ended,
      allowed: () => guard.holds(mark, head),
      settled: () => undefined,
    })
  }

  /** Does something with what other tiers have in the place of an entry. */
  function elsewhere(tier: number, head: Head, act: (store: Store, twin: Entry) => void): void {
    for (let other = 0; other < tiers.length; other++) if (other !== tier) inTier(other, head, act)
  }

  function inTier(tier: number, head: Head, act: (store: Store, twin: Entry) => void): void {
    const store = tiers[tier] as Store
    const look = (found: readonly Entry[]): void => {
      for (const one of found) if (isSameVariant(one.head, head) && one.head.storedAt <= head.storedAt) act(store, one)
    }
    const found = store.find(head.url)
    if (isList(found)) look(found)
    else found.then(look)
  }

  async function isAbove(tier: number, head: Head): Promise<boolean> {
    for (let upper = 0; upper < tier; upper++) {
      for (const one of await (tiers[upper] as Store).find(head.url)) if (isSameVariant(one.head, head)) return true
    }
    return false
  }

  async function purgeTiers(
    meant: readonly Store[],
    target: PurgeTarget,
    soften?: (head: Head) => Head,
  ): Promise<number> {
    const done = guard.begin(target)
    const counts = await Promise.all(meant.map((store) => store.purge(target, soften)))
    done()
    return Math.max(0, ...counts)
  }

  return {
    find: (url) => findFrom(url, 0),
    async findDeeper(url) {
      const { mark } = guard
      const lower = tiers.slice(1)
      return merge(
        (await Promise.all(lower.map((store) => store.find(url)))).map((found, i) => wrap(found, i + 1, mark)),
      )
    },
    create(head, size) {
      const parts: Part[] = []
      const without: number[] = []
      tiers.forEach((store, tier) => {
        const writer = store.create(head, size)
        if (writer === undefined) without.push(tier)
        else parts.push({ tier, writer })
      })
      if (parts.length === 0) return undefined
      const removeOlder = (tier: number): void => inTier(tier, head, (store, older) => store.remove(older))
      return new TieredWriter({
        ...{ clock, parts, patience, allowed: () => true },
        // A tier that has not taken this one must not go on answering with the one before it.
        ended: (committed) => committed && without.forEach(removeOlder),
        settled(tier, kept, entry) {
          if (entry !== undefined) return wrap([entry], tier, guard.mark)[0]
          if (!kept || tier === 0) removeOlder(tier)
          return undefined
        },
      })
    },
    update(entry, head) {
      const { tier, inner } = placeOf(entry)
      guard.note({ url: head.url })
      const { storedAt } = entry.head
      elsewhere(tier, entry.head, (store, twin) => {
        if (twin.head.storedAt === storedAt && twin.size === entry.size) store.update(twin, head)
      })
      tiers[tier]?.update(inner, head)
    },
    remove(entry) {
      const { tier, inner } = placeOf(entry)
      guard.note({ url: entry.head.url })
      elsewhere(tier, entry.head, (store, twin) => store.remove(twin))
      tiers[tier]?.remove(inner)
    },
    purge: (target, soften) => purgeTiers(tiers, target, soften),
    purgeLocal(target, soften) {
      return purgeTiers(
        tiers.filter((store) => !shared.includes(store)),
        target,
        soften,
      )
    },
    async *list(): AsyncGenerator<Listed> {
      for (const [tier, store] of tiers.entries()) {
        for await (const one of store.list()) if (!(await isAbove(tier, one.head))) yield one
      }
    },
    stats: () => addUp(tiers.map((store) => store.stats())),
    async close() {
      await Promise.all(tiers.map((store) => store.close()))
    },
  }
}

function isList(found: readonly Entry[] | Promise<readonly Entry[]>): found is readonly Entry[] {
  return Array.isArray(found)
}

function placeOf(entry: Entry): { readonly tier: number; readonly inner: Entry } {
  return entry instanceof TieredEntry ? entry : { tier: 0, inner: entry }
}

/** Each variant once: the newest, and of equals that of the upper tier. */
function merge(lists: readonly (readonly Entry[])[]): readonly Entry[] {
  const merged: Entry[] = []
  for (const entry of lists.flat()) {
    const at = merged.findIndex(({ head }) => isSameVariant(head, entry.head))
    if (at < 0) merged.push(entry)
    else if ((merged[at] as Entry).head.storedAt < entry.head.storedAt) merged[at] = entry
  }
  return merged.sort((a, b) => b.head.storedAt - a.head.storedAt).slice(0, maxVariants)
}

/** Most entries are in several tiers: so they are as many as the largest has, and their bytes are a sum. */
function addUp(tiers: readonly StoreStats[]): TieredStats {
  let [entries, bytes, maxBytes, evictions, errors] = [0, 0, 0, 0, 0]
  for (const tier of tiers) {
    entries = Math.max(entries, tier.entries)
    bytes += tier.bytes
    maxBytes += tier.maxBytes
    evictions += tier.evictions
    errors += tier.errors
  }
  return { name: 'tiered', entries, bytes, maxBytes, evictions, errors, tiers }
}
