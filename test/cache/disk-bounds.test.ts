import assert from 'node:assert/strict'
import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { until } from '../support/until.ts'
import { diskTest, entryFiles } from './disk-bed.ts'
import { bytesOf, contentOf, foundOne, headOf, put } from './store-bed.ts'

const url = 'http://a.test/page'

/** Descriptors of this process below `path`. */
function openBelow(path: string): number {
  let count = 0
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`).startsWith(path)) count++
    } catch {
      // Closed meanwhile.
    }
  }
  return count
}

diskTest('readers that stand still keep nobody from reading, and files stay few', async (bed) => {
  if (process.platform !== 'linux') return bed.context.skip('needs /proc')
  const store = await bed.open({ maxOpenFiles: 4 })
  const whole = bytesOf(1_000_000)
  await put(store, headOf(url), whole)
  const entry = await foundOne(store, url)

  const standing = Array.from({ length: 20 }, () => entry.read(0, entry.size) as Readable)
  const firsts = standing.map((stream) => new Promise<void>((resolve) => stream.once('readable', resolve)))
  await Promise.all(firsts)
  assert.ok(openBelow(bed.path) <= 4, `${openBelow(bed.path)} files`)

  assert.ok((await contentOf(entry)).equals(whole))
  await put(store, headOf(`${url}2`), whole)
  assert.ok((await contentOf(await foundOne(store, `${url}2`))).equals(whole))
  for (const stream of standing.slice(0, 10)) stream.destroy()
  for (const stream of standing.slice(10)) {
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    assert.ok(Buffer.concat(chunks).equals(whole))
  }
  await until(
    () => openBelow(bed.path) === 0,
    () => `${openBelow(bed.path)} files are open`,
  )
})

diskTest('more entries than may be are not kept, and their files leave', async (bed) => {
  const store = await bed.open({ maxEntries: 50 })
  for (let i = 0; i < 200; i++) await put(store, headOf(`${url}/${i}`), 'content')

  assert.equal(store.stats().entries, 50)
  await until(
    () => entryFiles(bed.path).length === 50,
    () => `${entryFiles(bed.path).length} files`,
  )
  await store.close()
  assert.equal((await bed.open({ maxEntries: 20 })).stats().entries, 20)
})

diskTest('the bytes told are those on the disk, newer heads included', async (bed) => {
  const store = await bed.open()
  for (let i = 0; i < 20; i++) await put(store, headOf(`${url}/${i}`), bytesOf(i * 10_000))
  await store.purge({ prefix: `${url}/1` }, (head) => ({ ...head, lifetime: -1 }))
  await until(
    () => entryFiles(bed.path).length === 31,
    () => `${entryFiles(bed.path).length} files`,
  )

  const onDisk = (): number => {
    let bytes = 0
    for (const file of entryFiles(bed.path)) bytes += Math.ceil(statSync(file).size / 4096) * 4096
    return bytes
  }
  assert.equal(store.stats().bytes, onDisk())
  const { bytes } = store.stats()
  await store.close()
  assert.equal((await bed.open()).stats().bytes, bytes)
})

diskTest('files and folders are for their owner alone', async (bed) => {
  const store = await bed.open()
  await put(store, headOf(url), 'secret')
  await until(() => entryFiles(bed.path).length === 1, 'one file')

  const [file] = entryFiles(bed.path) as [string]
  assert.equal(statSync(file).mode & 0o777, 0o600)
  for (const folder of [dirname(file), dirname(dirname(file)), `${bed.path}/tmp`]) {
    assert.equal(statSync(folder).mode & 0o777, 0o700, folder)
  }
  assert.ok(!file.includes('page'))
})

diskTest('what was purged is gone from the disk when the purge resolves', async (bed) => {
  const store = await bed.open()
  for (let i = 0; i < 50; i++) await put(store, headOf(`${url}/${i}`), bytesOf(100_000))

  assert.equal(await store.purge({ all: true }), 50)

  assert.deepEqual(entryFiles(bed.path), [])
  assert.equal(store.stats().bytes, 0)
})
