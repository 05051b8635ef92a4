import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openDiskStore } from '../../src/cache/disk/disk-store.ts'
import { systemClock } from '../../src/contract/clock.ts'
import { startChild } from '../support/child.ts'
import { until } from '../support/until.ts'
import { diskTest, entryFiles } from './disk-bed.ts'
import { bytesOf, contentOf } from './store-bed.ts'

const child = fileURLToPath(new URL('disk-crash-child.ts', import.meta.url))

diskTest('a process killed while it writes leaves entries that are whole, and nothing else', async ({ path }) => {
  // At different places of what it does.
  for (const after of [3, 17, 40]) {
    const writing = startChild(child, [path])
    await writing.says(/stored 300/)
    await pause(after)
    await writing.stop('SIGKILL')

    const store = await openDiskStore({ path, maxBytes: 20 << 20, maxEntryBytes: 1 << 20, clock: systemClock })
    try {
      assert.deepEqual(readdirSync(`${path}/tmp`), [])
      assert.ok(store.stats().entries > 10, `${store.stats().entries} entries`)
      assert.equal(store.stats().errors, 0)
      for await (const { head } of store.list()) {
        const [entry] = await store.find(head.url)
        assert.ok(entry)
        const i = Number(head.etag?.slice(1, -1))
        assert.ok((await contentOf(entry)).equals(bytesOf((i * 7919) % (i % 3 === 0 ? 400_000 : 3000), i)), `${i}`)
      }
      const files = (): number => entryFiles(path).filter((file) => !file.endsWith('.head')).length
      await until(
        () => files() === store.stats().entries,
        () => `${files()} files, ${store.stats().entries} entries`,
      )
    } finally {
      await store.close()
    }
  }
})
