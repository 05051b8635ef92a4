import type { Clock } from '../contract/clock.ts'
import type { Head } from './head.ts'
import type { Entry, PurgeTarget, Store } from './store.ts'

/** A text, or a text in a segment: two segments never share a value. */
export type AbstractKey = string | { readonly id: string; readonly segment?: string }

/** What `get` finds. `stored` is wall-clock milliseconds, `ttl` the milliseconds that are left. */
export interface AbstractItem<T = unknown> {
  readonly item: T
  readonly stored: number
  readonly ttl: number
}

type Done<T> = (error: unknown, result: T) => void

/**
 * The abstract-cache protocol: values of the app's own, by key, for a time. With a callback nothing is returned, without one
 * a promise. A value goes through JSON. It is a cache: any value may be gone before its time.
 */
export interface AbstractCache {
  get<T = unknown>(key: AbstractKey, callback: Done<AbstractItem<T> | null>): void
  get<T = unknown>(key: AbstractKey): Promise<AbstractItem<T> | null>
  /** @param timeToLive milliseconds; not above 0 removes */
  set(key: AbstractKey, value: unknown, timeToLive: number, callback: Done<undefined>): void
  set(key: AbstractKey, value: unknown, timeToLive: number): Promise<void>
  delete(key: AbstractKey, callback: Done<undefined>): void
  delete(key: AbstractKey): Promise<void>
  has(key: AbstractKey, callback: Done<boolean>): void
  has(key: AbstractKey): Promise<boolean>
}

export interface AbstractStoreSettings {
  readonly store: Store
  readonly clock: Clock
  /** Removes here and, where machines share a store, on all of them. */
  readonly purge: (target: PurgeTarget) => Promise<unknown>
}

/** Values are stored under URLs of this scheme. No proxied request has one, no prefix of an http URL is one of theirs. */
const scheme = 'app-cache:'

/** Segment of a key that names none. */
const plainSegment = 'app'

/** Does a stored head belong to a value of the app's own, and to no response? */
export function isAbstract({ url }: Head): boolean {
  return url.startsWith(scheme)
}

/** An abstract-cache over a store of responses, bounded as that is. */
export function createAbstractCache({ store, clock, purge }: AbstractStoreSettings): AbstractCache {
  const entryAt = async (key: AbstractKey): Promise<Entry | undefined> => {
    const [entry] = await store.find(urlOf(key))
    return entry !== undefined && entry.head.keepUntil > clock.wall() ? entry : undefined
  }

  async function get(key: AbstractKey): Promise<AbstractItem | null> {
    const entry = await entryAt(key)
    const text = entry === undefined ? undefined : await contentOf(entry)
    if (entry === undefined || text === undefined) return null
    const { storedAt, keepUntil } = entry.head
    return { item: JSON.parse(text), stored: storedAt, ttl: keepUntil - clock.wall() }
  }

  async function set(key: AbstractKey, value: unknown, timeToLive: number): Promise<void> {
    if (typeof timeToLive !== 'number' || Number.isNaN(timeToLive)) {
      throw new TypeError('cache.set: give the time to live in milliseconds')
    }
    const url = urlOf(key)
    const text = JSON.stringify(value)
    if (text === undefined) throw new TypeError('cache.set: give a value that JSON knows')
    if (timeToLive <= 0) {
      await purge({ url })
      return
    }
    const content = Buffer.from(text)
    const writer = store.create(headOf(url, clock.wall(), timeToLive), content.length)
    // What is not kept must not leave an older value in its place.
    if (writer === undefined) await purge({ url })
    else {
      writer.write(content)
      if (writer.failed) await purge({ url })
      else writer.commit()
    }
  }

  const remove = async (key: AbstractKey): Promise<void> => {
    await purge({ url: urlOf(key) })
  }

  return {
    get: (key: AbstractKey, callback?: Done<never>) => tell(get(key), callback) as never,
    set: (key: AbstractKey, value: unknown, timeToLive: number, callback?: Done<undefined>) =>
      tell(set(key, value, timeToLive), callback as Done<never>) as never,
    delete: (key: AbstractKey, callback?: Done<undefined>) => tell(remove(key), callback as Done<never>) as never,
    has: (key: AbstractKey, callback?: Done<boolean>) =>
      tell(
        entryAt(key).then((entry) => entry !== undefined),
        callback as Done<never>,
      ) as never,
  }
}

/** An error that a callback throws is its own, and no second call. */
function tell(promise: Promise<unknown>, callback: Done<never> | undefined): Promise<unknown> | undefined {
  if (callback === undefined) return promise
  promise.then(
    (result) => process.nextTick(callback, null, result),
    (error) => process.nextTick(callback, error),
  )
  return undefined
}

/** @throws TypeError for what is no key, URIError for a text with half a character */
function urlOf(key: AbstractKey): string {
  const { id, segment = plainSegment } = typeof key === 'string' ? { id: key } : (key ?? {})
  if (typeof id !== 'string' || typeof segment !== 'string') {
    throw new TypeError('cache: a key is a text, or { id, segment } of texts')
  }
  // Encoded, neither has a slash: no two pairs make one URL.
  return `${scheme}${encodeURIComponent(segment)}/${encodeURIComponent(id)}`
}

function headOf(url: string, now: number, timeToLive: number): Head {
  // Beyond what a date can be it is for ever.
  const lifetime = Math.min(Math.ceil(timeToLive), 8.64e15 - now)
  return Object.freeze({
    url,
    extra: '',
    status: 200,
    message: '',
    fields: [],
    vary: [],
    etag: undefined,
    lastModified: undefined,
    storedAt: now,
    bornAt: now,
    lifetime,
    rules: 0,
    staleWhileRevalidate: 0,
    staleIfError: 0,
    grace: 0,
    keepUntil: now + lifetime,
    tags: [],
    part: undefined,
    upstream: undefined,
  })
}

/** Undefined when the store cannot deliver it. */
async function contentOf(entry: Entry): Promise<string | undefined> {
  const content = entry.read(0, entry.size)
  const chunks: Buffer[] = []
  try {
    if (Array.isArray(content)) chunks.push(...content)
    else for await (const chunk of content as AsyncIterable<Buffer>) chunks.push(chunk)
  } catch {
    return undefined
  }
  return Buffer.concat(chunks).toString('utf8')
}
