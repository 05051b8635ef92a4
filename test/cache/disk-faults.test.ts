import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs, { readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { DiskIo } from '../../src/cache/disk/disk-io.ts'
import { until } from '../support/until.ts'
import { diskTest } from './disk-bed.ts'
import { bytesOf, contentOf, fill, foundNone, foundOne, headOf, put } from './store-bed.ts'

const url = 'http://a.test/page'
const child = fileURLToPath(new URL('disk-full-child.ts', import.meta.url))

diskTest('a disk that takes no more fails the writer, is told once, and leaves nothing behind', async (bed) => {
  // The shell's limit on the size of a file, 256 KiB, stands for a full disk: the kernel fails the write itself.
  const limited = spawn('sh', ['-c', 'ulimit -f 512; exec "$0" "$1" "$2"', process.execPath, child, bed.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [out] = await Promise.all([text(limited.stdout), once(limited, 'exit')])

  const { small, large, events, errors } = JSON.parse(out)
  assert.equal(small, true)
  assert.deepEqual(large, [false, false, false])
  assert.equal(events.length, 1)
  assert.match(events[0], /could not be stored \((EFBIG|ENOSPC)\)/)
  assert.equal(errors, 3)
  assert.deepEqual(readdirSync(`${bed.path}/tmp`), [])
})

diskTest('a folder that cannot be written costs the entry, one line a minute, and no more', async (bed) => {
  const store = await bed.open()
  rmdirSync(`${bed.path}/tmp`)
  writeFileSync(`${bed.path}/tmp`, '')

  for (let i = 0; i < 10; i++) await put(store, headOf(`${url}/${i}`), 'small')
  const large = store.create(headOf(`${url}/large`), undefined)
  assert.ok(large)
  await fill(large, bytesOf(2_000_000))
  assert.equal(large.failed, true)
  for (let i = 0; i < 10; i++) await foundNone(store, `${url}/${i}`)

  await until(
    () => store.stats().errors >= 11,
    () => `${store.stats().errors} errors`,
  )
  const told = bed.events.filter(({ message }) => message.includes('could not be stored'))
  assert.equal(told.length, 1)
  bed.clock.advance(60_001)
  await put(store, headOf(url), 'small')
  await foundNone(store, url)
  assert.equal(bed.events.filter(({ message }) => message.includes('could not be stored')).length, 2)
})

/** Time goes by as a process sees it: with turns of the event loop between. */
async function pass(clock: { advance(ms: number): void }, seconds: number): Promise<void> {
  for (let i = 0; i < seconds * 8; i++) {
    clock.advance(125)
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  }
}

// No real disk hangs on demand: the calls are held back here.
diskTest('a disk that does not answer is given up after 5 seconds, and left alone for a while', async (bed) => {
  const held: (() => void)[] = []
  let hangs = false
  const io: DiskIo = {
    ...fs,
    writev: ((...all: Parameters<typeof fs.writev>) => {
      if (hangs) held.push(() => fs.writev(...all))
      else fs.writev(...all)
    }) as typeof fs.writev,
  }
  const store = await bed.open({ io })
  hangs = true

  const writer = store.create(headOf(url), undefined)
  assert.ok(writer)
  let drained = 0
  writer.onDrain = () => drained++
  for (let i = 0; i < 8; i++) writer.write(bytesOf(65_536))
  assert.equal(writer.write(bytesOf(65_536)), false)
  await put(store, headOf(`${url}/small`), 'small')
  await until(() => held.length === 2, 'both at the disk')
  await pass(bed.clock, 4)
  assert.equal(writer.failed, false)
  await pass(bed.clock, 2)

  assert.equal(writer.failed, true)
  assert.equal(drained, 1)
  assert.equal(writer.write(bytesOf(65_536)), true)
  assert.equal(writer.commit(), undefined)
  assert.deepEqual(await store.find(`${url}/small`), [])
  assert.equal(bed.events.length, 1)
  assert.match(bed.events[0]?.message ?? '', /ETIMEDOUT/)
  assert.equal(store.create(headOf(url), 5), undefined)

  hangs = false
  for (const go of held) go()
  await until(() => readdirSync(`${bed.path}/tmp`).length === 0, 'the files removed')
  await pass(bed.clock, 11)
  await put(store, headOf(url), bytesOf(300_000))
  assert.ok((await contentOf(await foundOne(store, url))).equals(bytesOf(300_000)))
})

diskTest('a reader that the disk does not answer ends in an error after 5 seconds, its entry stays', async (bed) => {
  const held: (() => void)[] = []
  let hangs = false
  const io: DiskIo = {
    ...fs,
    read: ((...all: Parameters<typeof fs.read>) => {
      if (hangs) held.push(() => fs.read(...all))
      else fs.read(...all)
    }) as typeof fs.read,
  }
  const store = await bed.open({ io })
  await put(store, headOf(url), bytesOf(300_000))
  const entry = await foundOne(store, url)
  assert.ok((await contentOf(entry)).equals(bytesOf(300_000)))
  hangs = true

  const reading = contentOf(entry)
  const failing = assert.rejects(reading, /did not answer/)
  await until(() => held.length === 1, 'the reader at the disk')
  await pass(bed.clock, 6)
  await failing

  hangs = false
  for (const go of held) go()
  assert.ok((await contentOf(await foundOne(store, url))).equals(bytesOf(300_000)))
})
