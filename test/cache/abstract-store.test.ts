import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type AbstractCache, createAbstractCache } from '../../src/cache/abstract-store.ts'
import { openDiskStore } from '../../src/cache/disk/disk-store.ts'
import { createMemoryStore } from '../../src/cache/memory/memory-store.ts'
import type { Store } from '../../src/cache/store.ts'
import { type FakeClock, fakeClock } from '../support/fake-clock.ts'

function over(store: Store, clock: FakeClock): AbstractCache {
  return createAbstractCache({ store, clock, purge: (target) => store.purge(target) })
}

function inMemory(maxBytes = 1 << 20): { cache: AbstractCache; clock: FakeClock; store: Store } {
  const clock = fakeClock()
  const store = createMemoryStore({ maxBytes, maxEntryBytes: maxBytes / 8, clock })
  return { cache: over(store, clock), clock, store }
}

test('a value comes back as JSON makes it, with when it was stored and what time is left, and goes when that is up', async () => {
  const { cache, clock } = inMemory()
  const value = { list: [1, null, 'ü'], date: new Date(0), no: undefined }
  await cache.set('key', value, 1000)
  const stored = clock.wall()

  clock.advance(400)
  const found = await cache.get('key')
  clock.advance(600)

  assert.deepEqual(found, { item: { list: [1, null, 'ü'], date: '1970-01-01T00:00:00.000Z' }, stored, ttl: 600 })
  assert.equal(await cache.get('key'), null)
  assert.equal(await cache.has('key'), false)
})

test('with a callback nothing is returned, and errors go there', async () => {
  const { cache } = inMemory()
  const told = (run: (done: (error: unknown, result?: unknown) => void) => void): Promise<unknown[]> =>
    new Promise((resolve) => run((...given) => resolve(given)))

  assert.deepEqual(await told((done) => assert.equal(cache.set('a', 1, 1000, done), undefined)), [null, undefined])
  const [, found] = await told((done) => assert.equal(cache.get('a', done), undefined))
  assert.equal((found as { item: number }).item, 1)
  assert.deepEqual(await told((done) => cache.has('a', done)), [null, true])
  assert.deepEqual(await told((done) => cache.delete('a', done)), [null, undefined])
  assert.deepEqual(await told((done) => cache.get('a', done)), [null, null])
  const [error] = await told((done) => cache.set('a', 1n, 1000, done))
  assert.ok(error instanceof TypeError)
})

test('no two keys share a value: segments, odd texts, texts beyond latin1', async () => {
  const { cache } = inMemory()
  const keys = [
    'a',
    { id: 'a', segment: 's' },
    { id: 'a', segment: '' },
    { id: 'b/a', segment: 's' },
    { id: 'a', segment: 's/b' },
    { id: 's/a', segment: '' },
    { id: 'a%2Fb', segment: 's' },
    { id: 'a/b', segment: 's' },
    { id: '\u0141', segment: 's' },
    { id: 'A', segment: 's' },
    { id: '', segment: 's' },
  ]
  for (const [i, key] of keys.entries()) await cache.set(key, i, 1000)

  const found = await Promise.all(keys.map(async (key) => (await cache.get(key))?.item))

  assert.deepEqual(found, [...keys.keys()])
})

test('a new value stands in for the old one; a time of 0 removes it', async () => {
  const { cache } = inMemory()
  await cache.set('a', 1, 1000)
  await cache.set('a', 2, 1000)
  assert.equal((await cache.get('a'))?.item, 2)

  await cache.set('a', 3, 0)
  assert.equal(await cache.get('a'), null)
})

test('a value that is too large is not kept, nor is the one that it should have replaced', async () => {
  const { cache, store } = inMemory(64 * 1024)
  await cache.set('a', 'small', 1000)

  await cache.set('a', 'x'.repeat(20_000), 1000)
  for (let i = 0; i < 1000; i++) await cache.set(`k${i}`, 'y'.repeat(500), 1_000_000)

  assert.equal(await cache.get('a'), null)
  assert.ok(store.stats().bytes <= 64 * 1024)
})

test('what is no key, no value or no time is an error', async () => {
  const { cache } = inMemory()
  const circle: { me?: unknown } = {}
  circle.me = circle

  await assert.rejects(cache.get(undefined as never), TypeError)
  await assert.rejects(cache.get({ id: 7 } as never), TypeError)
  await assert.rejects(cache.get('\ud800'), URIError)
  await assert.rejects(cache.set('a', undefined, 1000), TypeError)
  await assert.rejects(cache.set('a', circle, 1000), TypeError)
  await assert.rejects(cache.set('a', 1, undefined as never), TypeError)
})

test('a time without an end is one', async () => {
  const { cache, clock } = inMemory()
  await cache.set('a', 1, Number.POSITIVE_INFINITY)

  clock.advance(1e12)

  assert.equal((await cache.get('a'))?.item, 1)
})

test('over a disk store a value survives a restart', async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'sp-abstract-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  const clock = fakeClock()
  const open = (): Promise<Store> =>
    openDiskStore({ path, maxBytes: 1 << 20, maxEntryBytes: 1 << 17, clock, log: () => {} }) as Promise<Store>
  const before = await open()
  await over(before, clock).set({ id: 'Ł', segment: 's' }, { a: 1 }, 60_000)
  await before.close()

  const after = await open()
  const found = await over(after, clock).get({ id: 'Ł', segment: 's' })
  await after.close()

  assert.deepEqual(found?.item, { a: 1 })
})
