import type { Entry } from '../store.ts'
import { keysOf, randomId } from './keys.ts'
import { decodeRecord } from './record.ts'
import { RedisEntry } from './redis-entry.ts'
import { failed, type Shelf } from './shelf.ts'
import { within } from './within.ts'

/** Every variant of a URL, newest first. Nothing when Redis does not give them in time. */
export async function findEntries(shelf: Shelf, url: string): Promise<readonly Entry[]> {
  const { clock, timeout } = shelf
  const own = shelf.commits.get(url)
  // That our own content takes long to send does not mean that Redis is not well.
  if (own !== undefined) await within(clock, timeout / 2, own).catch(() => {})
  if (shelf.circuit.open) return []
  try {
    return await within(clock, own === undefined ? timeout : timeout / 2, fetchEntries(shelf, url))
  } catch (error) {
    failed(shelf, error)
    return []
  }
}

/** The generation that all have now. One is made where there is none. */
export async function seeGeneration(shelf: Shelf): Promise<string> {
  const { heads } = shelf.link
  const key = shelf.purges.keys.generation
  const there = await heads.get(key)
  if (there !== null) return there
  const fresh = randomId()
  await heads.set(key, fresh, 'NX')
  return (await heads.get(key)) ?? fresh
}

async function fetchEntries(shelf: Shelf, url: string): Promise<readonly Entry[]> {
  const { keys } = shelf
  if (keys === undefined) return []
  const [generation, values] = await askBoth(shelf, keys.heads + url)
  // Everything was purged, or Redis has lost its data: nothing is there that may be used.
  if (generation === null || keysOf(shelf.prefix, generation).base !== keys.base) {
    shelf.keys = keysOf(shelf.prefix, generation ?? (await seeGeneration(shelf)))
    return generation === null ? [] : fetchEntries(shelf, url)
  }
  const now = shelf.clock.wall()
  const entries: RedisEntry[] = []
  for (const value of values) {
    const record = decodeRecord(value)
    if (record === undefined || record.head.url !== url || record.head.keepUntil <= now) continue
    entries.push(new RedisEntry(shelf, keys, record))
  }
  return entries.sort((a, b) => b.head.storedAt - a.head.storedAt)
}

/** The generation with every look-up: a purge of everything holds for whoever asks after it, on any machine. */
async function askBoth(shelf: Shelf, key: string): Promise<[string | null, readonly string[]]> {
  const answers = await shelf.link.heads.pipeline().get(shelf.purges.keys.generation).hvals(key).exec()
  const [generation, values] = answers ?? []
  const error = generation?.[0] ?? values?.[0]
  if (error) throw error
  return [generation?.[1] as string | null, (values?.[1] ?? []) as readonly string[]]
}
