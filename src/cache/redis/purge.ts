import type { Head } from '../head.ts'
import { isPurged, type PurgeTarget } from '../store.ts'
import { fieldOf, type Keys, keysOf, maxTags, randomId } from './keys.ts'
import { decodeRecord, encodeRecord } from './record.ts'
import { RedisEntry, removeEntry } from './redis-entry.ts'
import { removeAll, replace } from './scripts.ts'
import { change, letRun, type Shelf, ttlUntil } from './shelf.ts'
import { evicts, pagesOfPrefix, pagesOfScan, pagesOfTag } from './walk.ts'

/** Purges what is in Redis, and gives how many. Rejects where Redis fails it: then it has to be done again. */
export async function purge(shelf: Shelf, keys: Keys, target: PurgeTarget, soften: Soften): Promise<number> {
  if ('all' in target && soften === undefined) return newGeneration(shelf)
  let count = 0
  for await (const urls of pagesOf(shelf, keys, target)) {
    const counts = await Promise.all(urls.map((url) => purgeUrl(shelf, keys, url, target, soften)))
    for (const one of counts) count += one
  }
  return count
}

export type Soften = ((head: Head) => Head) | undefined

/** Everything becomes unreachable at once; then what it takes is given back, which nobody waits for. */
async function newGeneration(shelf: Shelf): Promise<number> {
  const { content } = shelf.link
  const next = randomId()
  const old = await content.set(shelf.purges.keys.generation, next, 'GET')
  shelf.keys = keysOf(shelf.prefix, next)
  shelf.entries = 0
  shelf.bytes = 0
  if (old === null) return 0
  const keys = keysOf(shelf.prefix, old)
  const count = await content.zcard(keys.index)
  letRun(shelf, sweep(shelf, keys))
  return count
}

async function sweep(shelf: Shelf, keys: Keys): Promise<void> {
  for await (const urls of pagesOfPrefix(shelf, keys, '')) {
    if (shelf.circuit.open) return
    await Promise.all(urls.map((url) => removeUrl(shelf, keys, url)))
  }
}

async function* pagesOf(shelf: Shelf, keys: Keys, target: PurgeTarget): AsyncGenerator<readonly string[]> {
  if ('url' in target) yield [target.url]
  // An index that lost members to eviction would miss some.
  else if (await evicts(shelf)) yield* pagesOfScan(shelf, keys)
  else if ('tag' in target) yield* pagesOfTag(shelf, keys, target.tag)
  else yield* pagesOfPrefix(shelf, keys, 'prefix' in target ? target.prefix : '')
}

async function purgeUrl(shelf: Shelf, keys: Keys, url: string, target: PurgeTarget, soften: Soften): Promise<number> {
  if ('prefix' in target && !url.startsWith(target.prefix)) return 0
  if (soften === undefined && !('tag' in target)) return removeUrl(shelf, keys, url)
  const { content } = shelf.link
  let count = 0
  for (const value of await content.hvals(keys.heads + url)) {
    const record = decodeRecord(value)
    if (record === undefined || !isPurged(target, record.head)) continue
    const entry = new RedisEntry(shelf, keys, record)
    count += await (soften === undefined
      ? removeEntry(shelf, entry, content)
      : replaceHead(shelf, entry, soften(record.head), content))
  }
  return count
}

/** Removes every variant of a URL and, with `signed`, tells all others in the same step. Gives how many. */
export async function removeUrl(
  shelf: Shelf,
  keys: Keys,
  url: string,
  signed: readonly string[] = [],
): Promise<number> {
  const [, count] = await change(shelf, shelf.link.content, removeAll, keys, url, [url, keys.content, ...signed])
  return count
}

/** Gives an entry another head, unless another entry has taken its place. Gives how many. */
export async function replaceHead(
  shelf: Shelf,
  entry: RedisEntry,
  head: Head,
  client = shelf.link.heads,
): Promise<number> {
  if (head.tags.length > maxTags) return removeEntry(shelf, entry, client)
  const { heads, content, tags } = entry.keys
  const record = encodeRecord({ id: entry.id, size: entry.size, head })
  const args = [
    fieldOf(head),
    entry.id,
    record,
    ttlUntil(shelf, head.keepUntil),
    head.url,
    heads,
    content,
    tags,
    ...head.tags,
  ]
  const [, count] = await change(shelf, client, replace, entry.keys, head.url, args)
  return count
}
