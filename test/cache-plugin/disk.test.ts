import assert from 'node:assert/strict'
import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startOrigin } from '../support/app.ts'
import { until } from '../support/until.ts'
import { type Stage, stage } from './bed.ts'
import { folderOf } from './control-bed.ts'

const size = 300_000
const content = Buffer.alloc(size, 'abcdefghij').toString('latin1')

const answer: RequestListener = (_, response) => {
  response.writeHead(200, { 'Cache-Control': 'max-age=600', ETag: '"1"' })
  response.end(content)
}

/** Too small a memory for it: what is hit comes from the disk. The origin is the same over restarts. */
function onDisk(t: TestContext, path: string, upstream: string): Promise<Stage> {
  const cache = { memory: { maxBytes: '1MiB', maxEntryBytes: '64KiB' }, disk: { path } }
  return stage(t, () => {}, { cache, reverse: { upstream } })
}

const host = 'a.test'
const entries = ({ app }: Stage): number => app.httpCache.stats().store.entries

test('an answer on disk is given after a restart, whole and in parts', async (t) => {
  const path = await folderOf(t)
  const origin = await startOrigin(t, answer)
  const before = await onDisk(t, path, origin.url)
  await before.get('/page', {}, { host })
  await until(() => entries(before) === 1, 'an entry')
  await before.app.close()

  const after = await onDisk(t, path, origin.url)
  await origin.close()
  const whole = await after.get('/page', {}, { host })
  const part = await after.get('/page', { Range: 'bytes=299995-' }, { host })
  const unchanged = await after.get('/page', { 'If-None-Match': '"1"' }, { host })

  assert.deepEqual([whole.status, whole.text === content, whole.broken], [200, true, false])
  assert.match(whole.cache, /hit/)
  assert.deepEqual([part.status, part.text], [206, 'fghij'])
  assert.equal(unchanged.status, 304)
})

for (const [what, damage] of [
  ['truncated', async (file: string) => truncate(file, Math.floor((await stat(file)).size / 2))],
  ['emptied', (file: string) => truncate(file, 0)],
  [
    'changed within',
    async (file: string) => {
      const bytes = await readFile(file)
      bytes.fill(0x21, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 100)
      await writeFile(file, bytes)
    },
  ],
] as const) {
  test(`section 6.C 114: a file of the cache that was ${what} is never given as if it were whole`, async (t) => {
    const path = await folderOf(t)
    const origin = await startOrigin(t, answer)
    const before = await onDisk(t, path, origin.url)
    await before.get('/page', {}, { host })
    await until(() => entries(before) === 1, 'an entry')
    await before.app.close()
    const files: string[] = []
    for (const one of await readdir(path, { recursive: true, withFileTypes: true })) {
      const file = join(one.parentPath, one.name)
      if (one.isFile() && (await stat(file)).size >= size) files.push(file)
    }
    assert.equal(files.length, 1)

    await damage(files[0] as string)
    const after = await onDisk(t, path, origin.url)
    const first = await after.get('/page', {}, { host }).catch(() => undefined)
    const second = await after.get('/page', {}, { host })

    assert.ok(first === undefined || first.broken || first.text === content, 'broken, or whole from the origin')
    assert.deepEqual([second.status, second.text === content, second.broken], [200, true, false])
  })
}
