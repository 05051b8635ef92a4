import assert from 'node:assert/strict'
import { bytesOf, contentOf, fill, found, foundNone, foundOne, headOf, put, wall } from './store-bed.ts'
import type { MakeStore } from './store-contract.ts'
import { storeTests } from './with-store.ts'

const url = 'http://a.test/page'

/** A store takes no more than it may, and keeps nothing that is past its time. */
export function storeBounds(name: string, make: MakeStore): void {
  const promise = storeTests(name, make)

  promise(
    'content larger than one entry may be is refused when announced, else given up',
    async ({ store }) => {
      assert.equal(store.create(headOf(url), 100_001), undefined)
      assert.ok(store.create(headOf(url), 100_000)?.abort() === undefined)

      const writer = store.create(headOf(url), undefined)
      assert.ok(writer)
      await fill(writer, bytesOf(100_001), 10_000)
      assert.equal(writer.failed, true)
      assert.equal(writer.commit(), undefined)

      await foundNone(store, url)
      assert.equal(store.stats().entries, 0)
    },
    { maxEntryBytes: 100_000 },
  )

  promise(
    'a store that is full makes room: its bytes stay below the bound and what is there is whole',
    async ({ store, bounded }) => {
      for (let i = 0; i < 200; i++) await put(store, headOf(`${url}/${i}`), bytesOf(20_000, i))
      if (bounded === false) return

      await put(store, headOf(`${url}/last`), 'last')
      await settled(() => store.stats().bytes <= 1_000_000)
      const { entries, bytes, maxBytes, evictions } = store.stats()
      assert.equal(maxBytes, 1_000_000)
      assert.ok(bytes <= 1_000_000, `${bytes} bytes`)
      assert.ok(entries > 20 && entries <= 50, `${entries} entries`)
      assert.ok(evictions >= 150, `${evictions} evictions`)
      let there = 0
      for (let i = 0; i < 200; i++) {
        for (const entry of await store.find(`${url}/${i}`)) {
          assert.ok((await contentOf(entry)).equals(bytesOf(20_000, i)))
          there++
        }
      }
      assert.ok(there >= entries - 1 && there <= entries, `${there} of ${entries}`)
    },
    { maxBytes: 1_000_000, maxEntryBytes: 500_000 },
  )

  promise('statistics follow what comes and goes', async ({ store }) => {
    const before = store.stats()
    assert.equal(before.entries, 0)
    await put(store, headOf(url), bytesOf(50_000))
    const entry = await foundOne(store, url)

    const between = store.stats()
    assert.equal(between.entries, 1)
    assert.ok(between.bytes >= before.bytes + 50_000, `${before.bytes}, then ${between.bytes}`)
    assert.equal(between.errors, 0)

    store.remove(entry)
    await foundNone(store, url)
    await settled(() => store.stats().bytes === before.bytes)
    assert.equal(store.stats().entries, 0)
    assert.equal(store.stats().bytes, before.bytes)
  })

  promise('what is past its keepUntil is not found', async ({ store, clock }) => {
    await put(store, headOf(url, { extra: 'short', keepUntil: wall + 60_000 }), 'short')
    await put(store, headOf(url, { extra: 'long' }), 'long')
    await found(store, url, ({ length }) => length === 2)

    clock.advance(59_999)
    await found(store, url, ({ length }) => length === 2)
    clock.advance(2)
    await found(store, url, ({ length }) => length === 1)
    assert.equal((await foundOne(store, url)).head.extra, 'long')
  })

  promise('an update may prolong the time of an entry or end it', async ({ store, clock }) => {
    await put(store, headOf(url, { keepUntil: wall + 60_000 }), 'content')
    store.update(await foundOne(store, url), headOf(url, { keepUntil: wall + 120_000, lifetime: 7 }))
    await found(store, url, ([entry]) => entry?.head.lifetime === 7)

    clock.advance(90_000)
    assert.equal((await contentOf(await foundOne(store, url))).toString(), 'content')
    store.update(await foundOne(store, url), headOf(url, { keepUntil: wall + 60_000 }))
    await foundNone(store, url)
  })
}

async function settled(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 2))
}
