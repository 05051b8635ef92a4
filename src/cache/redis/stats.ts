import type { StoreStats } from '../store.ts'
import type { Shelf } from './shelf.ts'

/** Milliseconds for which figures are good enough. */
const fresh = 1000

/**
 * Figures as they were last seen: nobody waits for Redis. Each call asks for newer ones. The limit and the evictions are those of
 * the whole Redis, which keeps it; `maxBytes` is 0 where it has none.
 */
export function redisStats(shelf: Shelf): () => StoreStats {
  let maxBytes = 0
  let evictions = 0
  let at = Number.NEGATIVE_INFINITY

  async function look(): Promise<void> {
    await countEntries(shelf)
    const info = await shelf.link.content.info()
    const figure = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0)
    maxBytes = figure('maxmemory')
    evictions = figure('evicted_keys')
  }

  return function stats() {
    const now = shelf.clock.now()
    if (!shelf.circuit.open && now - at > fresh) {
      at = now
      look().catch(() => {
        shelf.errors++
      })
    }
    return { name: 'redis', entries: shelf.entries, bytes: shelf.bytes, maxBytes, evictions, errors: shelf.errors }
  }
}

/** Takes note of what is there now. */
export async function countEntries(shelf: Shelf): Promise<void> {
  const { keys } = shelf
  if (keys === undefined) return
  const [entries, sum] = await Promise.all([shelf.link.heads.zcard(keys.index), shelf.link.heads.get(keys.sum)])
  if (keys.base !== shelf.keys?.base) return
  shelf.entries = entries
  shelf.bytes = Number(sum ?? 0)
}
