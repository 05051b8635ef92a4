import { openDiskStore } from '../../src/cache/disk/disk-store.ts'
import { systemClock } from '../../src/contract/clock.ts'
import { bytesOf, contentOf, fill, foundOne, headOf, put } from './store-bed.ts'

// Stores what fits and what does not under a limit on the size of files, and prints what became of it.

const events: string[] = []
const keepUntil = Date.now() + 3_600_000
const store = await openDiskStore({
  path: process.argv[2] as string,
  maxBytes: 64 << 20,
  maxEntryBytes: 16 << 20,
  clock: systemClock,
  log: ({ message }) => events.push(message),
})
await put(store, headOf('http://a.test/small', { keepUntil }), bytesOf(100_000))
const large: boolean[] = []
for (let i = 0; i < 3; i++) {
  const url = `http://a.test/${i}`
  const writer = store.create(headOf(url, { keepUntil }), undefined)
  if (writer === undefined) continue
  await fill(writer, bytesOf(2_000_000))
  writer.commit()
  while (!writer.failed && (await store.find(url)).length === 0) await new Promise(setImmediate)
  large.push((await store.find(url)).length > 0 && !writer.failed)
}
const small = (await contentOf(await foundOne(store, 'http://a.test/small'))).equals(bytesOf(100_000))
await store.close()
console.log(JSON.stringify({ small, large, events, errors: store.stats().errors }))
