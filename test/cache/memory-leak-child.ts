import { setImmediate as nextTurn } from 'node:timers/promises'
import { createMemoryStore } from '../../src/cache/memory/memory-store.ts'
import type { Store } from '../../src/cache/store.ts'
import { systemClock } from '../../src/contract/clock.ts'
import { headOf } from './store-bed.ts'

// Needs --expose-gc. Arguments: bytes of the store, bytes of an object, number of objects. Prints what memory did.
const [maxBytes, size, objects] = process.argv.slice(2).map(Number) as [number, number, number]
const soon = systemClock.wall() + 3_600_000

function put(store: Store, number: number): void {
  const writer = store.create(headOf(`http://a.test/${number}`, { keepUntil: soon, storedAt: soon + number }), size)
  writer?.write(Buffer.alloc(size, number))
  writer?.commit()
}

function collected(): { heapUsed: number; arrayBuffers: number } {
  for (let i = 0; i < 4; i++) global.gc?.()
  return process.memoryUsage()
}

// Code is compiled and the heap has its first size before anything is measured.
const first = createMemoryStore({ maxBytes: 4_000_000, maxEntryBytes: maxBytes, clock: systemClock })
for (let i = 0; i < 5000; i++) put(first, i)
await first.close()
const before = collected()
const rss = process.memoryUsage.rss()

const store = createMemoryStore({ maxBytes, maxEntryBytes: maxBytes, clock: systemClock })
let most = 0
for (let i = 0; i < objects; i++) {
  put(store, i)
  if (i % 50 > 0) continue
  await nextTurn()
  most = Math.max(most, process.memoryUsage.rss() - rss)
}
const { entries } = store.stats()
await store.purge({ all: true })
await nextTurn()
const after = collected()

console.log(
  JSON.stringify({
    entries,
    grown: most,
    left: store.stats(),
    heap: after.heapUsed - before.heapUsed,
    buffers: after.arrayBuffers - before.arrayBuffers,
  }),
)
