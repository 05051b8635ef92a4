import assert from 'node:assert/strict'
import { bytesOf, contentOf, fill, found, foundNone, foundOne, headOf, listed, put } from './store-bed.ts'
import type { MakeStore } from './store-contract.ts'
import { storeTests } from './with-store.ts'

const url = 'http://a.test/page'

/** Closing, and for persistent stores what is there after it. */
export function storeLife(name: string, make: MakeStore): void {
  const promise = storeTests(name, make)

  promise('a store that is closed neither throws nor rejects', async ({ store }) => {
    await put(store, headOf(url), 'content')
    const entry = await foundOne(store, url)
    const writer = store.create(headOf(`${url}2`), undefined)
    assert.ok(writer)

    await store.close()

    writer.write(bytesOf(10))
    writer.commit()
    assert.deepEqual(await store.find(`${url}3`), [])
    store.create(headOf(`${url}4`), 5)?.abort()
    store.update(entry, headOf(url))
    store.remove(entry)
    await store.purge({ prefix: 'http://' })
    await listed(store)
    store.stats()
    await store.close()
  })

  promise('a restart keeps what was committed, and only that', async ({ store, reopen, test }) => {
    if (reopen === undefined) return test.skip('not persistent')
    await put(store, headOf(url, { extra: 'x', tags: ['t'] }), bytesOf(300_000))
    await put(store, headOf(url, { extra: 'y' }), 'y')
    await put(store, headOf(`${url}/removed`), 'removed')
    await put(store, headOf(`${url}/updated`), 'updated')
    await put(store, headOf(`${url}/replaced`), 'old')
    await found(store, url, ({ length }) => length === 2)
    store.remove(await foundOne(store, `${url}/removed`))
    store.update(await foundOne(store, `${url}/updated`), headOf(`${url}/updated`, { lifetime: 5 }))
    await put(store, headOf(`${url}/replaced`), 'replaced')
    await foundNone(store, `${url}/removed`)
    await found(store, `${url}/updated`, ([entry]) => entry?.head.lifetime === 5)
    await found(store, `${url}/replaced`, ([entry]) => entry?.size === 8)
    const open = store.create(headOf(`${url}/open`), undefined)
    if (open !== undefined) await fill(open, bytesOf(100_000))
    await store.close()

    const again = await reopen()
    try {
      const entries = await found(again, url, ({ length }) => length === 2)
      const x = entries.find(({ head }) => head.extra === 'x')
      assert.ok((await contentOf(x!)).equals(bytesOf(300_000)))
      assert.equal((await foundOne(again, `${url}/updated`)).head.lifetime, 5)
      assert.equal((await contentOf(await foundOne(again, `${url}/replaced`))).toString(), 'replaced')
      await foundNone(again, `${url}/removed`)
      await foundNone(again, `${url}/open`)
      assert.equal((await listed(again)).length, 4)
      assert.equal(again.stats().entries, 4)
      assert.equal(await again.purge({ tag: 't' }), 1)
    } finally {
      await again.close()
    }
  })

  promise('after a restart what is past its time is not found', async ({ store, reopen, clock, test }) => {
    if (reopen === undefined) return test.skip('not persistent')
    await put(store, headOf(url, { keepUntil: clock.wall() + 60_000 }), 'short')
    await foundOne(store, url)
    await store.close()
    clock.advance(60_001)

    const again = await reopen()
    try {
      await foundNone(again, url)
    } finally {
      await again.close()
    }
  })
}
