import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryStore } from '../../src/cache/memory/memory-store.ts'
import type { Writer } from '../../src/cache/store.ts'
import { systemClock } from '../../src/contract/clock.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { bytesOf, headOf, listed, put, wall } from './store-bed.ts'

const url = (number: number): string => `http://a.test/${number}`

test('what is being written counts: the bound is kept while many fill at a time', () => {
  const maxBytes = 1_000_000
  const store = createMemoryStore({ maxBytes, maxEntryBytes: 400_000, clock: fakeClock(wall) })
  const writers = Array.from({ length: 30 }, (_, i) => store.create(headOf(url(i)), undefined) as Writer)

  for (let round = 0; round < 10; round++) {
    for (const writer of writers) {
      writer.write(bytesOf(30_000))
      assert.ok(store.stats().bytes <= maxBytes + 400_000, `${store.stats().bytes} bytes`)
    }
  }

  assert.ok(writers.some(({ failed }) => failed))
  assert.ok(writers.some(({ failed }) => !failed))
  for (const writer of writers) writer.commit()
  assert.ok(store.stats().bytes <= maxBytes)
})

test('fills without an end do not empty the store', async () => {
  const store = createMemoryStore({ maxBytes: 1_000_000, maxEntryBytes: 400_000, clock: fakeClock(wall) })
  for (let i = 0; i < 60; i++) await put(store, headOf(url(i)), bytesOf(10_000))

  for (let i = 0; i < 100; i++) store.create(headOf(url(1000 + i)), undefined)?.write(bytesOf(100_000))

  assert.ok(store.stats().entries >= 30, `${store.stats().entries} entries are left`)
})

test('what was written and given up leaves nothing behind', () => {
  const store = createMemoryStore({ maxBytes: 1_000_000, maxEntryBytes: 400_000, clock: fakeClock(wall) })
  for (let i = 0; i < 1000; i++) {
    const writer = store.create(headOf(url(i)), undefined)
    writer?.write(bytesOf(50_000))
    if (i % 2 === 0) writer?.abort()
    else while (writer?.failed === false) writer.write(bytesOf(100_000))
  }

  assert.equal(store.stats().bytes, 0)
})

test('100,000 objects larger than the store pass through, and nothing is left after a purge', async () => {
  const maxBytes = 8_000_000
  const store = createMemoryStore({ maxBytes, maxEntryBytes: 1_000_000, clock: systemClock })
  const soon = { keepUntil: systemClock.wall() + 3_600_000 }
  for (let i = 0; i < 100_000; i++) {
    const writer = store.create(headOf(url(i), soon), 1000)
    writer?.write(Buffer.allocUnsafeSlow(1000))
    writer?.commit()
    assert.ok(store.stats().bytes <= maxBytes)
  }
  const { entries, evictions } = store.stats()
  assert.equal(entries + evictions, 100_000)
  assert.ok(entries > 1000)

  assert.equal(await store.purge({ all: true }), entries)

  assert.equal(store.stats().bytes, 0)
  assert.equal(store.stats().entries, 0)
  assert.deepEqual(await listed(store), [])
})

test('an entry that is still held does not hold what was stored beside it', async () => {
  const store = createMemoryStore({ maxBytes: 8_000_000, maxEntryBytes: 1_000_000, clock: fakeClock(wall) })
  for (let i = 0; i < 10; i++) await put(store, headOf(url(i)), bytesOf(10))
  const held = (await store.find(url(5)))[0] as unknown as Record<string, unknown>

  await store.purge({ all: true })

  for (const link of ['newer', 'older', 'sooner', 'later'])
    assert.ok([undefined, held].includes(held[link] as never), link)
})

test('a purge of many leaves turns to others', async () => {
  const store = createMemoryStore({ maxBytes: 100_000_000, maxEntryBytes: 1_000_000, clock: fakeClock(wall) })
  for (let i = 0; i < 20_000; i++) await put(store, headOf(url(i)), '')
  let turns = 0
  let done = false
  const count = (): void => {
    turns++
    if (!done) setImmediate(count)
  }
  setImmediate(count)

  assert.equal(await store.purge({ prefix: 'http://a.test/1' }), 11_111)
  done = true
  assert.ok(turns >= 5, `${turns} turns`)
})
