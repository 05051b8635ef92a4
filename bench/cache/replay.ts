import { LRUCache } from 'lru-cache'
import { mostUses, s3Fifo } from '../../src/cache/memory/s3-fifo.ts'
import { sieve } from './policies/sieve.ts'
import { wTinyLfu } from './policies/w-tiny-lfu.ts'
import { SimulatedEntry, type SimulatedPolicy } from './simulated-policy.ts'
import type { Trace } from './traces.ts'

/** Policies that are compared. `lru-cache` is the package. */
export const contenders = ['s3-fifo', 'sieve', 'w-tinylfu', 'lru-cache'] as const
export type Contender = (typeof contenders)[number]

/** Percent that were there. */
export interface HitRatio {
  readonly requests: number
  readonly bytes: number
}

interface Cache {
  /** Asks for an object; stores it when it is not there. True: it was. */
  ask(key: number, size: number): boolean
}

/** Sends all requests of a trace to a cache of so many bytes. The first tenth warms it up and does not count. */
export function replay(trace: Trace, contender: Contender, maxBytes: number): HitRatio {
  const { keys, sizes } = trace
  const cache = cacheOf(contender, maxBytes, (maxBytes / meanOf(sizes)) | 0)
  const counted = Math.floor(keys.length / 10)
  let hits = 0
  let hitBytes = 0
  let bytes = 0
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as number
    const size = sizes[key] as number
    const hit = cache.ask(key, size)
    if (i < counted) continue
    bytes += size
    if (!hit) continue
    hits++
    hitBytes += size
  }
  return { requests: (100 * hits) / (keys.length - counted), bytes: (100 * hitBytes) / bytes }
}

/** Bytes of all objects that are asked for. */
export function footprintOf({ keys, sizes }: Trace): number {
  let bytes = 0
  for (const key of new Set(keys)) bytes += sizes[key] as number
  return bytes
}

function cacheOf(contender: Contender, maxBytes: number, entries: number): Cache {
  switch (contender) {
    case 'lru-cache':
      return lruCache(maxBytes)
    case 's3-fifo':
      return withPolicy(s3Fifo(maxBytes), maxBytes)
    case 'sieve':
      return withPolicy(sieve(), maxBytes)
    case 'w-tinylfu':
      return withPolicy(wTinyLfu(maxBytes, entries), maxBytes)
  }
}

function lruCache(maxBytes: number): Cache {
  const cache = new LRUCache<number, number>({ maxSize: Math.floor(maxBytes), sizeCalculation: (size) => size })
  return {
    ask(key, size) {
      if (cache.get(key) !== undefined) return true
      cache.set(key, size)
      return false
    },
  }
}

function withPolicy(policy: SimulatedPolicy<SimulatedEntry>, maxBytes: number): Cache {
  const entries = new Map<number, SimulatedEntry>()
  let used = 0
  return {
    ask(key, size) {
      const known = entries.get(key)
      if (known !== undefined) {
        if (known.uses < mostUses) known.uses++
        policy.hit?.(known)
        return true
      }
      if (size > maxBytes) return false
      const entry = new SimulatedEntry(key, size)
      entries.set(key, entry)
      policy.insert(entry)
      for (used += size; used > maxBytes; ) {
        const victim = policy.evict() as SimulatedEntry
        entries.delete(victim.key)
        used -= victim.weight
      }
      return false
    },
  }
}

function meanOf(sizes: Uint32Array): number {
  let sum = 0
  for (const size of sizes) sum += size
  return sum / sizes.length
}
