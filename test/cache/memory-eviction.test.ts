import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryStore } from '../../src/cache/memory/memory-store.ts'
import type { Entry, Store } from '../../src/cache/store.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { bytesOf, headOf, put, wall } from './store-bed.ts'

const maxBytes = 1_000_000
const url = (number: number): string => `http://a.test/${number}`

function storeOf(clock = fakeClock(wall)): Store {
  return createMemoryStore({ maxBytes, maxEntryBytes: 500_000, clock, random: () => 0.5 })
}

function has(store: Store, number: number): boolean {
  return (store.find(url(number)) as readonly Entry[]).length > 0
}

test('of entries that nobody uses the oldest leaves first', async () => {
  const store = storeOf()
  for (let i = 0; i < 200; i++) await put(store, headOf(url(i)), bytesOf(10_000))

  const there = Array.from({ length: 200 }, (_, i) => has(store, i))
  assert.equal(there[0], false)
  assert.equal(there[199], true)
  assert.equal(there.indexOf(true), there.lastIndexOf(false) + 1)
})

test('what is used outlasts a scan of many times the store', async () => {
  const store = storeOf()
  for (let i = 0; i < 40; i++) await put(store, headOf(url(i)), bytesOf(10_000))
  for (let i = 0; i < 40; i++) assert.ok(has(store, i))

  for (let i = 1000; i < 2000; i++) await put(store, headOf(url(i)), bytesOf(10_000))

  const left = Array.from({ length: 40 }, (_, i) => has(store, i)).filter(Boolean).length
  assert.equal(left, 40)
})

test('what was used once leaves in the end when others are used more', async () => {
  const store = storeOf()
  await put(store, headOf(url(0)), bytesOf(10_000))
  assert.ok(has(store, 0))

  for (let i = 1; i < 2000; i++) {
    await put(store, headOf(url(i)), bytesOf(10_000))
    has(store, i)
  }

  assert.equal(has(store, 0), false)
})

test('what has expired is the first to go, however often it was used', async () => {
  const clock = fakeClock(wall)
  const store = storeOf(clock)
  for (let i = 0; i < 40; i++) await put(store, headOf(url(i), { keepUntil: wall + 1000 }), bytesOf(10_000))
  for (let i = 0; i < 40; i++) for (let use = 0; use < 3; use++) has(store, i)
  for (let i = 100; i < 140; i++) await put(store, headOf(url(i)), bytesOf(10_000))
  clock.advance(5000)

  for (let i = 200; i < 240; i++) await put(store, headOf(url(i)), bytesOf(10_000))

  for (let i = 100; i < 140; i++) assert.ok(has(store, i), `${i}`)
  assert.equal(store.stats().evictions, 0)
})

test('a variant that is replaced keeps its standing', async () => {
  const store = storeOf()
  await put(store, headOf(url(0)), bytesOf(10_000))
  has(store, 0)
  await put(store, headOf(url(0)), bytesOf(10_000))

  for (let i = 1000; i < 1150; i++) await put(store, headOf(url(i)), bytesOf(10_000))

  assert.ok(has(store, 0))
})

test('of several variants the one that is read stays', async () => {
  const store = storeOf()
  for (let i = 0; i < 10; i++) await put(store, headOf(url(0), { extra: `${i}` }), bytesOf(10_000))
  const read = (store.find(url(0)) as readonly Entry[]).find(({ head }) => head.extra === '3')
  read?.read(0, read.size)

  for (let i = 1000; i < 1150; i++) await put(store, headOf(url(i)), bytesOf(10_000))

  assert.deepEqual(
    (store.find(url(0)) as readonly Entry[]).map(({ head }) => head.extra),
    ['3'],
  )
})
