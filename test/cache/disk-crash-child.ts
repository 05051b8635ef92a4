import { openDiskStore } from '../../src/cache/disk/disk-store.ts'
import { systemClock } from '../../src/contract/clock.ts'
import { bytesOf, headOf, put } from './store-bed.ts'

// Stores, replaces, updates and removes without end, until it is killed. The content tells which response it is of.

const path = process.argv[2] as string
const store = await openDiskStore({ path, maxBytes: 20 << 20, maxEntryBytes: 1 << 20, clock: systemClock })
const keepUntil = Date.now() + 3_600_000
for (let i = 0; ; i++) {
  const url = `http://a.test/${i % 60}`
  const size = (i * 7919) % (i % 3 === 0 ? 400_000 : 3000)
  const head = headOf(url, { etag: `"${i}"`, keepUntil })
  await put(store, head, bytesOf(size, i), { announced: i % 2 === 0 })
  const [entry] = await store.find(`http://a.test/${(i * 31) % 60}`)
  if (entry !== undefined && i % 5 === 0) store.update(entry, { ...entry.head, lifetime: i })
  if (entry !== undefined && i % 17 === 0) store.remove(entry)
  if (i % 10 === 0) await new Promise(setImmediate)
  if (i % 100 === 99) console.log(`stored ${i + 1}`)
}
