import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Head } from '../../src/cache/head.ts'
import { createMemoryStore } from '../../src/cache/memory/memory-store.ts'
import type { Entry, Store } from '../../src/cache/store.ts'
import { systemClock } from '../../src/contract/clock.ts'
import { seededRandom } from '../balance/random.ts'

/** What a memory store with so many entries costs. Times are nanoseconds of this thread's processor time. */
export interface StoreCost {
  readonly entries: number
  /** Bytes of this process an entry, content not counted, measured. */
  readonly overhead: number
  /** What the store itself believes, content not counted. */
  readonly believed: number
  /** Bytes of the text in a head. */
  readonly text: number
  /** `find` and `read` of entries drawn at random. */
  readonly find: number
  /** The same of 10,000 entries, the same ones however many there are: what a look-up itself costs. */
  readonly hot: number
  readonly miss: number
  /** `get` of a bare `Map` with the same URLs, and the look at what it gives: the floor. */
  readonly map: number
  /** `create`, `write` and `commit` of a new entry. */
  readonly insert: number
  /** The same into a full store: one leaves for it. */
  readonly exchange: number
  /** The longest turn of the event loop while a tag that nobody has was purged, milliseconds. */
  readonly longestTurn: number
}

const contentBytes = 1024
const hotEntries = 10_000
const rounds = 7
/** Calls of one round: the kernel counts processor time in milliseconds. */
const finds = 100_000
const puts = 20_000

/** Needs `--expose-gc`. */
export async function measureStore(entries: number): Promise<StoreCost> {
  const random = seededRandom(1)
  const before = memory()
  const store = createMemoryStore({ maxBytes: 2 ** 36, maxEntryBytes: 2 ** 20, clock: systemClock })
  let next = 0
  while (next < entries) put(store, made(next++))
  const overhead = (memory() - before) / entries - contentBytes
  const believed = store.stats().bytes / entries - contentBytes
  const known = (): string => urlOf(Math.floor(random() * entries))
  const unknown = (): string => urlOf(entries * 2 + Math.floor(random() * entries))
  const find = costOf(finds, known, (url) => (store.find(url) as readonly Entry[])[0]?.read(0, contentBytes))
  const step = Math.max(1, Math.floor(entries / hotEntries))
  const among = Math.min(entries, hotEntries)
  const popular = (): string => urlOf(Math.floor(random() * among) * step)
  const hot = costOf(finds, popular, (url) => (store.find(url) as readonly Entry[])[0]?.read(0, contentBytes))
  const miss = costOf(finds, unknown, (url) => store.find(url))
  const longestTurn = await longestTurnOf(() => store.purge({ tag: 'nobody' }))
  await store.close()
  const map = mapCost(entries)
  const insert = await insertCost(entries, (_, store) => store)
  const exchange = await insertCost(entries, full)
  return { entries, overhead, believed, text: textOf(headOf(0)), find, hot, miss, map, insert, exchange, longestTurn }
}

function mapCost(entries: number): number {
  const random = seededRandom(2)
  const map = new Map<string, { uses: number }>()
  for (let i = 0; i < entries; i++) map.set(urlOf(i), { uses: 0 })
  return costOf(
    finds,
    () => urlOf(Math.floor(random() * entries)),
    (url) => {
      const found = map.get(url)
      if (found !== undefined) found.uses++
    },
  )
}

/** Into a store that has `entries`, or in place of one of them. */
async function insertCost(entries: number, stage: (entries: number, store: Store) => Store): Promise<number> {
  const store = stage(entries, createMemoryStore({ maxBytes: 2 ** 36, maxEntryBytes: 2 ** 20, clock: systemClock }))
  let next = 0
  while (next < entries * 1.1) put(store, made(next++))
  const cost = costOf(
    puts,
    () => made(next++),
    (one) => put(store, one),
  )
  await store.close()
  return cost
}

function full(entries: number, probe: Store): Store {
  put(probe, made(0))
  const maxBytes = probe.stats().bytes * entries
  return createMemoryStore({ maxBytes, maxEntryBytes: 2 ** 20, clock: systemClock })
}

interface Made {
  readonly head: Head
  readonly content: Buffer
}

function put(store: Store, { head, content }: Made): void {
  const writer = store.create(head, contentBytes)
  writer?.write(content)
  writer?.commit()
}

/** What the engine hands over: a head of its own text, and a chunk as it came from a socket. */
function made(number: number): Made {
  return { head: headOf(number), content: Buffer.allocUnsafeSlow(contentBytes) }
}

function urlOf(number: number): string {
  return own(`http://www.example.test/articles/${number}/index.html`)
}

function headOf(number: number): Head {
  const now = 1.8e12
  const fields = [
    ['Content-Type', 'text/html; charset=utf-8'],
    ['ETag', `"${number}-5f3a"`],
    ['Date', 'Tue, 24 Nov 2026 11:00:00 GMT'],
    ['Last-Modified', 'Tue, 24 Nov 2026 10:00:00 GMT'],
    ['Cache-Control', 'public, max-age=3600'],
    ['Vary', 'Accept-Encoding'],
    ['Content-Length', `${contentBytes}`],
  ].flat()
  return Object.freeze({
    url: urlOf(number),
    extra: '',
    status: 200,
    message: 'OK',
    fields: fields.map(own),
    vary: ['accept-encoding', 'gzip'],
    etag: undefined,
    lastModified: now - 3_600_000 + number,
    storedAt: Date.now() + number / 1000,
    bornAt: Date.now() - number / 1000,
    lifetime: 3_600_000,
    rules: 0,
    staleWhileRevalidate: 0,
    staleIfError: 0,
    grace: 0,
    keepUntil: Date.now() + 7_200_000 + number,
    tags: [],
    part: undefined,
    upstream: undefined,
  })
}

/** A string of its own that nobody has looked at yet, as from a parser. */
function own(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}

function textOf({ url, fields, vary }: Head): number {
  return [url, ...fields, ...vary].reduce((sum, text) => sum + text.length, 0)
}

/** Heap and buffers, after a collection. */
function memory(): number {
  for (let i = 0; i < 3; i++) global.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** The median of rounds, the first one left out. What it works on is made beforehand and not in it. */
function costOf<T>(calls: number, make: () => T, work: (one: T) => void): number {
  const costs = Array.from({ length: rounds + 1 }, () => {
    const all = Array.from({ length: calls }, make)
    const began = spent()
    for (const one of all) work(one)
    return ((spent() - began) * 1000) / calls
  })
  return costs.slice(1).sort((a, b) => a - b)[rounds >> 1] as number
}

/** Microseconds. */
function spent(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

async function longestTurnOf(start: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let done = false
  let began = performance.now()
  start().then(() => {
    done = true
  })
  while (!done) {
    await nextTurn()
    const now = performance.now()
    longest = Math.max(longest, now - began)
    began = now
  }
  return longest
}
