import assert from 'node:assert/strict'
import { existsSync, readFileSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Store } from '../../src/cache/store.ts'
import { until } from '../support/until.ts'
import { diskTest, entryFiles } from './disk-bed.ts'
import { bytesOf, contentOf, foundNone, foundOne, headOf, put } from './store-bed.ts'

const url = 'http://a.test/page'
const whole = bytesOf(300_000)

/** Changes one byte. */
function damage(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] as number) ^ 1
  writeFileSync(file, bytes)
}

/** The one file of a store that has one entry. */
async function onlyFile(path: string): Promise<string> {
  await until(() => entryFiles(path).length === 1, 'one file')
  return entryFiles(path)[0] as string
}

for (const [block, at] of [
  ['the first', 1000],
  ['a middle', 150_000],
  ['the last', 299_999],
] as const) {
  diskTest(`content changed in ${block} block ends in an error before it is given, and leaves`, async (bed) => {
    const store = await bed.open()
    await put(store, headOf(url), whole)
    const entry = await foundOne(store, url)
    const file = await onlyFile(bed.path)
    const start = readFileSync(file).indexOf(whole.subarray(0, 64))
    damage(file, start + at + Math.floor(at / 65_536) * 4)

    const given: Buffer[] = []
    await assert.rejects(async () => {
      for await (const chunk of entry.read(0, entry.size) as AsyncIterable<Buffer>) given.push(chunk)
    }, /was changed/)

    const bytes = Buffer.concat(given)
    assert.ok(bytes.length <= at && bytes.equals(whole.subarray(0, bytes.length)))
    assert.deepEqual(await store.find(url), [])
    await until(() => !existsSync(file), 'the file removed')
    assert.equal(store.stats().errors, 1)
    assert.equal(bed.events.length, 1)
  })
}

diskTest('a range is verified, and one beside the damage is given', async (bed) => {
  const store = await bed.open()
  await put(store, headOf(url), whole)
  const entry = await foundOne(store, url)
  const file = await onlyFile(bed.path)
  damage(file, readFileSync(file).indexOf(whole.subarray(0, 64)) + 70_000 + 4)

  assert.ok((await contentOf(entry, 10, 60_000)).equals(whole.subarray(10, 60_000)))
  await assert.rejects(contentOf(entry, 120_000, 120_010), /was changed/)
  await foundNone(store, url)
})

diskTest('the blocks of one entry do not pass for those of another', async (bed) => {
  const store = await bed.open()
  await put(store, headOf(url), whole)
  await until(() => entryFiles(bed.path).length === 1, 'the first file')
  const [first] = entryFiles(bed.path) as [string]
  await put(store, headOf(`${url}2`), bytesOf(300_000, 9))
  await until(() => entryFiles(bed.path).length === 2, 'the second file')
  const second = entryFiles(bed.path).find((file) => file !== first) as string
  renameSync(second, first)

  await assert.rejects(contentOf(await foundOne(store, url)), /was changed|too short/)
})

for (const size of [100, 300_000]) {
  diskTest(`a file of ${size} bytes that is cut or gone is an error, and leaves`, async (bed) => {
    const store = await bed.open()
    await put(store, headOf(url), bytesOf(size))
    truncateSync(await onlyFile(bed.path), size)
    assert.match(String(await failureOf(store)), /too short/)
    await foundNone(store, url)
    await until(() => entryFiles(bed.path).length === 0, 'the file removed')

    await put(store, headOf(url), bytesOf(size))
    unlinkSync(await onlyFile(bed.path))
    assert.match(String(await failureOf(store)), /ENOENT/)
    await foundNone(store, url)
    assert.equal(store.stats().errors, 2)
  })
}

/** Short content is given from memory until the store has heard that its file is in place: that may be a little later. */
async function failureOf(store: Store): Promise<unknown> {
  for (let tries = 0; tries < 500; tries++) {
    const entry = await foundOne(store, url)
    const failure = await contentOf(entry).then(
      () => undefined,
      (error: Error) => error,
    )
    if (failure !== undefined) return failure
    await nextTurn()
  }
  return 'it never failed'
}

diskTest('at opening, files with a broken head or of another version are removed and counted', async (bed) => {
  const before = await bed.open()
  for (let i = 0; i < 8; i++) await put(before, headOf(`${url}/${i}`), bytesOf(5000, i))
  await before.close()
  const files = entryFiles(bed.path)
  assert.equal(files.length, 8)
  damage(files[0] as string, 0)
  damage(files[1] as string, 11)
  damage(files[2] as string, 14)
  damage(files[3] as string, 60)
  truncateSync(files[4] as string, 40)
  truncateSync(files[5] as string, 0)
  // Whole, but under the name of another.
  writeFileSync(files[6] as string, readFileSync(files[7] as string))
  writeFileSync(`${bed.path}/0-note.txt`, 'none of ours')

  const store = await bed.open()

  assert.equal(store.stats().entries, 1)
  assert.equal(store.stats().errors, 7)
  assert.equal(bed.events.length, 1)
  await until(() => entryFiles(bed.path).length === 1, 'seven files removed')
  assert.ok(existsSync(`${bed.path}/0-note.txt`))
})

diskTest('an entry whose newer head is broken is not there with the older one', async (bed) => {
  const before = await bed.open()
  await put(before, headOf(url), whole)
  await before.purge({ url }, (head) => ({ ...head, lifetime: -1 }))
  await before.close()
  const side = entryFiles(bed.path).find((file) => file.endsWith('.head')) as string
  damage(side, 50)

  const store = await bed.open()

  assert.deepEqual(await store.find(url), [])
  await until(() => entryFiles(bed.path).length === 0, 'both files removed')
})
