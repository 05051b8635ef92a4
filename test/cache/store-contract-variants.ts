import assert from 'node:assert/strict'
import type { Head } from '../../src/cache/head.ts'
import { maxVariants } from '../../src/cache/store.ts'
import { bytesOf, contentOf, fill, found, foundNone, foundOne, headOf, put, wall } from './store-bed.ts'
import type { MakeStore } from './store-contract.ts'
import { storeTests } from './with-store.ts'

const url = 'http://a.test/page'

/** Variants live beside one another; the same one takes the place of what was there. */
export function storeVariants(name: string, make: MakeStore): void {
  const promise = storeTests(name, make)

  promise('variants under one URL are told apart by extra and vary, newest first', async ({ store }) => {
    await put(store, variant(1, { vary: ['accept', 'a'] }), 'a')
    await put(store, variant(2, { vary: ['accept', 'b'] }), 'b')
    await put(store, variant(3, { extra: '1:x', vary: ['accept', 'b'] }), 'c')
    await put(store, variant(4, { vary: ['accept', 'b', 'x', ''] }), 'd')

    const entries = await found(store, url, ({ length }) => length === 4)
    assert.equal((await Promise.all(entries.map((entry) => contentOf(entry)))).join(''), 'dcba')
  })

  promise('the same variant takes the place of the one before, and becomes the newest', async ({ store }) => {
    await put(store, variant(1, { extra: 'x', etag: '"old"' }), 'old content')
    await put(store, variant(2, { extra: 'y' }), 'other')
    await found(store, url, ({ length }) => length === 2)
    await put(store, variant(3, { extra: 'x', etag: '"new"' }), 'new')

    const entries = await found(store, url, ([first]) => first?.head.etag === '"new"')
    assert.deepEqual(
      entries.map(({ head }) => head.extra),
      ['x', 'y'],
    )
    assert.equal((await contentOf(entries[0]!)).toString(), 'new')
    assert.equal(store.stats().entries, 2)
  })

  promise('of two that are written at a time the one that is committed last stays', async ({ store }) => {
    const first = store.create(variant(1), undefined)
    const second = store.create(variant(2), undefined)
    assert.ok(first && second)
    await fill(first, bytesOf(100_000, 1))
    await fill(second, bytesOf(150_000, 2))
    second.commit()
    await foundOne(store, url)
    first.commit()

    await found(store, url, ([entry]) => entry?.size === 100_000)
    const entry = await foundOne(store, url)
    assert.ok((await contentOf(entry)).equals(bytesOf(100_000, 1)))
  })

  promise('one who reads an entry that is replaced meanwhile gets all of it, or an error', async ({ store }) => {
    await put(store, variant(1, { etag: '"old"' }), bytesOf(3_000_000, 1))
    const old = await foundOne(store, url)
    const reading = contentOf(old).catch(() => undefined)
    await put(store, variant(2, { etag: '"new"' }), bytesOf(3_000_000, 2))
    await found(store, url, ([entry]) => entry?.head.etag === '"new"')

    const content = await reading
    const again = await contentOf(old).catch(() => undefined)
    for (const one of [content, again]) assert.ok(one === undefined || one.equals(bytesOf(3_000_000, 1)))
  })

  promise(`of more than ${maxVariants} variants the oldest leave`, async ({ store }) => {
    for (let i = 0; i < maxVariants + 5; i++) await put(store, variant(i, { extra: `${i}` }), `${i}`)

    const entries = await found(store, url, ([entry]) => entry?.head.extra === `${maxVariants + 4}`)
    assert.deepEqual(
      entries.map(({ head }) => Number(head.extra)),
      Array.from({ length: maxVariants }, (_, i) => maxVariants + 4 - i),
    )
  })

  promise('update gives an entry another head and leaves its content and its neighbours', async ({ store }) => {
    await put(store, variant(1, { extra: 'x' }), 'kept')
    await put(store, variant(2, { extra: 'y' }), 'other')
    const entries = await found(store, url, ({ length }) => length === 2)
    const entry = entries.find(({ head }) => head.extra === 'x')
    assert.ok(entry)

    store.update(entry, variant(3, { extra: 'x', fields: ['X-New', 'n'.repeat(3000)], lifetime: 1, tags: ['new'] }))

    const after = await found(store, url, (all) => all.some(({ head }) => head.lifetime === 1))
    const updated = after.find(({ head }) => head.extra === 'x')
    assert.deepEqual(updated?.head.fields, ['X-New', 'n'.repeat(3000)])
    assert.equal((await contentOf(updated!)).toString(), 'kept')
    assert.equal(after.length, 2)
    assert.equal(after.find(({ head }) => head.extra === 'y')?.head.lifetime, variant(2).lifetime)
    assert.equal(await store.purge({ tag: 'new' }), 1)
  })

  promise('remove takes one variant away and leaves the others', async ({ store }) => {
    await put(store, variant(1, { extra: 'x' }), 'x')
    await put(store, variant(2, { extra: 'y' }), 'y')
    const [y, x] = await found(store, url, ({ length }) => length === 2)

    store.remove(x!)
    await found(store, url, ({ length }) => length === 1)
    assert.equal((await foundOne(store, url)).head.extra, 'y')
    store.remove(y!)
    await foundNone(store, url)
    store.remove(y!)
    assert.equal(store.stats().entries, 0)
  })

  promise('an entry that is gone is neither updated nor removed once more', async ({ store }) => {
    await put(store, variant(1), 'old')
    const old = await foundOne(store, url)
    store.remove(old)
    await foundNone(store, url)

    store.update(old, variant(2))
    await put(store, headOf(`${url}/other`), 'other')
    await foundOne(store, `${url}/other`)
    await foundNone(store, url)
    assert.equal(store.stats().entries, 1)
  })
}

/** One that came in at second `second`. */
function variant(second: number, with_: Partial<Head> = {}): Head {
  return headOf(url, { storedAt: wall + second * 1000, ...with_ })
}
