import type { Clock } from '../../contract/clock.ts'
import type { Head } from '../head.ts'
import type { PurgeBus } from '../purge-bus.ts'
import type { Entry, Listed, Store, StoreStats, Writer } from '../store.ts'
import { createCircuit, type RedisEvent } from './circuit.ts'
import { keysOf, sharedKeys } from './keys.ts'
import { openLink } from './link.ts'
import { findEntries, seeGeneration } from './look-up.ts'
import { replaceHead } from './purge.ts'
import { createPurgeDesk } from './purge-desk.ts'
import { followPurges } from './purge-log.ts'
import { decodeRecord } from './record.ts'
import { RedisEntry, removeEntry } from './redis-entry.ts'
import type { RedisTls } from './redis-url.ts'
import { RedisWriter } from './redis-writer.ts'
import { failed, letRun, type Shelf } from './shelf.ts'
import { countEntries, redisStats } from './stats.ts'
import { pagesOfPrefix } from './walk.ts'
import { Late, within } from './within.ts'

export interface RedisStoreOptions {
  /** `redis://user:password@host:port/db`, `rediss://...` with TLS, or `unix:///path/of.sock?db=0`. */
  readonly url: string
  /** For `rediss:`; the certificate is always verified. */
  readonly tls?: RedisTls | undefined
  /** Before every key. Those who share it share their entries. @default 'sallyport:' */
  readonly prefix?: string | undefined
  /** A response with more content is not stored. */
  readonly maxEntryBytes: number
  /** Milliseconds that a look-up may take; after that it finds nothing. @default 50 */
  readonly timeout?: number | undefined
  /** `lastPurge` of an earlier process whose tiers live on: purges since then are heard. */
  readonly purgesSince?: string | undefined
  readonly clock: Clock
  readonly log: (event: RedisEvent) => void
}

/**
 * A purge of it tells all others by itself; a `publish` of the same target after it adds nothing. A purge with the very target
 * that a listener of `onPurge` was given leaves Redis as it is: who told of it has seen to that.
 */
export interface RedisStore extends Store, PurgeBus {
  /** False while nothing is found or stored because Redis is away or slow. */
  readonly connected: boolean
  /** Up to which purge this process has heard. Undefined before Redis was seen. */
  readonly lastPurge: string | undefined
}

const none: readonly Entry[] = []

/**
 * The tier that machines share, in Redis or Valkey. Opens at once, and never waits for Redis: while that is away or slow
 * nothing is found and nothing is stored. Purges are made up for before it is used again.
 * @throws OptionError for a URL that is none of Redis
 */
export async function openRedisStore(options: RedisStoreOptions): Promise<RedisStore> {
  const { clock, prefix = 'sallyport:', timeout = 50, maxEntryBytes } = options
  const link = await openLink({
    url: options.url,
    tls: options.tls,
    lost: (reason) => circuit.trip(reason),
    ready: () => circuit.hint(),
  })
  const circuit = createCircuit({ clock, probe, opened: link.reset, log: options.log, pause: 1000 })
  const found = (): void => circuit.hint()
  const purges = followPurges({ link, keys: sharedKeys(prefix), since: options.purgesSince, found })
  const shelf: Shelf = {
    ...{ clock, link, circuit, purges, prefix, maxEntryBytes, timeout },
    ...{ keys: undefined, pending: 0, errors: 0, entries: 0, bytes: 0, underWay: new Set(), commits: new Map() },
  }
  const desk = createPurgeDesk(shelf)
  const stats = redisStats(shelf)

  async function probe(): Promise<string | undefined> {
    if (link.heads.status !== 'ready' || link.content.status !== 'ready') return link.reason()
    try {
      await within(clock, timeout, Promise.all([link.heads.ping(), link.content.ping()]))
      shelf.keys = keysOf(prefix, await within(clock, timeout, seeGeneration(shelf)))
      if (purges.number === undefined) return 'purges cannot be followed'
      await desk.settle()
      await within(clock, timeout, countEntries(shelf))
      return undefined
    } catch (error) {
      if (error instanceof Late) link.reset()
      return link.reasonOf(error)
    }
  }

  function change(entry: Entry, work: (entry: RedisEntry) => Promise<unknown>): void {
    if (!(entry instanceof RedisEntry)) return
    if (circuit.open) {
      desk.owe(entry.head.url)
      return
    }
    letRun(
      shelf,
      work(entry).catch((error: unknown) => {
        desk.owe(entry.head.url)
        throw error
      }),
    )
  }

  async function* list(): AsyncGenerator<Listed> {
    if (circuit.open || shelf.keys === undefined) return
    const { keys } = shelf
    try {
      for await (const urls of pagesOfPrefix(shelf, keys, '')) {
        const lists = await Promise.all(urls.map((url) => link.content.hvals(keys.heads + url)))
        for (const value of lists.flat()) {
          const record = decodeRecord(value)
          if (record !== undefined) yield { head: record.head, size: record.size, store: 'redis' }
        }
      }
    } catch (error) {
      failed(shelf, error)
    }
  }

  return {
    find: (url) => (circuit.open ? none : findEntries(shelf, url)),
    create(head: Head, size: number | undefined): Writer | undefined {
      if (circuit.open || shelf.keys === undefined || purges.number === undefined) return undefined
      if (head.keepUntil <= clock.wall() || (size ?? 0) > maxEntryBytes) return undefined
      const writer = new RedisWriter(shelf, shelf.keys, head, size, purges.number)
      return writer.failed ? undefined : writer
    },
    update: (entry, head) => change(entry, (ours) => replaceHead(shelf, ours, head)),
    remove: (entry) => change(entry, (ours) => removeEntry(shelf, ours)),
    purge: (target, soften) => desk.purge(target, soften),
    publish: desk.publish,
    onPurge: purges.onPurge,
    get connected() {
      return !circuit.open
    },
    get lastPurge() {
      return purges.place
    },
    list,
    stats: (): StoreStats => stats(),
    async close() {
      await Promise.allSettled([...shelf.underWay])
      circuit.end()
      purges.close()
      link.close()
    },
  }
}
