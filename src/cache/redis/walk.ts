import type { Keys } from './keys.ts'
import type { Shelf } from './shelf.ts'

/** URLs that are looked at together. */
const page = 100

/** URLs that begin so, in order; all with `''`. */
export async function* pagesOfPrefix(shelf: Shelf, keys: Keys, prefix: string): AsyncGenerator<readonly string[]> {
  let from = `[${prefix}`
  for (;;) {
    const found = await shelf.link.content.zrangebylex(keys.index, from, '+', 'LIMIT', 0, page)
    const meant = found.filter((member) => member.startsWith(prefix))
    if (meant.length > 0) yield [...new Set(meant.map((member) => member.slice(0, member.lastIndexOf('\0'))))]
    if (found.length < page || meant.length < found.length) return
    from = `(${found[found.length - 1]}`
  }
}

/** URLs that had this tag. Where there were too many to keep, all URLs. */
export async function* pagesOfTag(shelf: Shelf, keys: Keys, tag: string): AsyncGenerator<readonly string[]> {
  const { content } = shelf.link
  const key = keys.tags + tag
  if ((await content.sismember(key, '')) === 1) {
    yield* pagesOfPrefix(shelf, keys, '')
    return
  }
  let cursor = '0'
  do {
    const [next, found] = await content.sscan(key, cursor, 'COUNT', page)
    cursor = next
    if (found.length > 0) yield found
  } while (cursor !== '0')
}

/** All URLs, by looking at every key that Redis has. Slow, and right whatever has happened to the indexes. */
export async function* pagesOfScan(shelf: Shelf, keys: Keys): AsyncGenerator<readonly string[]> {
  const pattern = `${keys.heads.replace(/[\\*?[\]^]/g, '\\$&')}*`
  let cursor = '0'
  do {
    const [next, found] = await shelf.link.content.scan(cursor, 'MATCH', pattern, 'COUNT', 1000)
    cursor = next
    if (found.length > 0) yield found.map((key) => key.slice(keys.heads.length))
  } while (cursor !== '0')
}

/** Has Redis thrown out keys for want of memory since it started? Yes, where it does not say. */
export async function evicts(shelf: Shelf): Promise<boolean> {
  const stats = await shelf.link.content.info('stats').catch(() => '')
  return /evicted_keys:0\s/.test(stats) === false
}
