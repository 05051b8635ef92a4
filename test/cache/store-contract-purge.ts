import assert from 'node:assert/strict'
import type { Head } from '../../src/cache/head.ts'
import type { Store } from '../../src/cache/store.ts'
import { contentOf, foundNone, foundOne, headOf, listed, put } from './store-bed.ts'
import type { MakeStore } from './store-contract.ts'
import { storeTests } from './with-store.ts'

/** A purge hits what is meant and nothing else, and when it resolves it is done. */
export function storePurge(name: string, make: MakeStore): void {
  const promise = storeTests(name, make)

  promise('a purge by URL removes every variant under it, and says how many', async ({ store }) => {
    await storeAll(store, ['http://a.test/x', 'http://a.test/xy', 'http://a.test/'])
    await put(store, headOf('http://a.test/x', { extra: 'second' }), 'second')

    assert.equal(await store.purge({ url: 'http://a.test/x' }), 2)
    assert.deepEqual(await urlsIn(store), ['http://a.test/', 'http://a.test/xy'])
    assert.deepEqual(await store.find('http://a.test/x'), [])
    assert.equal(await store.purge({ url: 'http://a.test/x' }), 0)
  })

  promise('a purge by prefix compares characters and knows no patterns', async ({ store }) => {
    const urls = [
      'http://a.test/img/1',
      'http://a.test/img/2',
      'http://a.test/imgs',
      'http://a.test/*',
      'http://b.test/?',
    ]
    await storeAll(store, urls)

    assert.equal(await store.purge({ prefix: 'http://a.test/img/' }), 2)
    assert.equal(await store.purge({ prefix: 'http://?.test/*' }), 0)
    assert.equal(await store.purge({ prefix: 'http://a.test/*' }), 1)
    assert.deepEqual(await urlsIn(store), ['http://a.test/imgs', 'http://b.test/?'])
  })

  promise('a purge by tag compares whole tags', async ({ store }) => {
    await put(store, headOf('http://a.test/1', { tags: ['shoes', 'red'] }), '1')
    await put(store, headOf('http://a.test/2', { tags: ['shoe'] }), '2')
    await put(store, headOf('http://b.test/3', { tags: ['Shoes', '*'] }), '3')
    await put(store, headOf('http://b.test/4', { tags: ['red', 'shoes'] }), '4')

    assert.equal(await store.purge({ tag: 'shoes' }), 2)
    assert.equal(await store.purge({ tag: 's*' }), 0)
    assert.equal(await store.purge({ tag: '' }), 0)
    assert.deepEqual(await urlsIn(store), ['http://a.test/2', 'http://b.test/3'])
  })

  promise('a purge of everything leaves nothing, and the store goes on', async ({ store }) => {
    await storeAll(store, ['http://a.test/1', 'http://a.test/2', 'http://b.test/3'])

    assert.equal(await store.purge({ all: true }), 3)
    assert.deepEqual(await listed(store), [])
    assert.equal(store.stats().entries, 0)
    await put(store, headOf('http://a.test/1'), 'again')
    assert.equal((await contentOf(await foundOne(store, 'http://a.test/1'))).toString(), 'again')
  })

  promise('a soft purge leaves what is meant with the head that is made for it', async ({ store }) => {
    await storeAll(store, ['http://a.test/1', 'http://a.test/2', 'http://b.test/3'])

    assert.equal(await store.purge({ prefix: 'http://a.test/' }, soften), 2)

    for (const url of ['http://a.test/1', 'http://a.test/2']) {
      const entry = await foundOne(store, url)
      assert.equal(entry.head.lifetime, -1)
      assert.equal((await contentOf(entry)).toString(), url)
    }
    assert.equal((await foundOne(store, 'http://b.test/3')).head.lifetime, headOf('').lifetime)
    assert.equal(await store.purge({ url: 'http://b.test/3' }, soften), 1)
    assert.equal((await foundOne(store, 'http://b.test/3')).head.lifetime, -1)
    assert.equal(await store.purge({ all: true }, soften), 3)
    assert.equal(store.stats().entries, 3)
  })

  promise('a purge of many finds them all', async ({ store }) => {
    for (let i = 0; i < 500; i++) await put(store, headOf(`http://${i % 2 ? 'a' : 'b'}.test/${i}`), 'x')
    await foundOne(store, 'http://a.test/499')
    await foundOne(store, 'http://b.test/498')

    assert.equal(await store.purge({ prefix: 'http://a.test/' }), 250)
    assert.equal(store.stats().entries, 250)
    await foundNone(store, 'http://a.test/1')
    assert.equal((await listed(store)).length, 250)
  })

  promise('list shows every entry with its head, its size and the name of the store', async ({ store }) => {
    await storeAll(store, ['http://a.test/1', 'http://b.test/22'])

    const all = (await listed(store)).sort((a, b) => a.size - b.size)
    assert.deepEqual(
      all.map(({ head, size }) => [head.url, head.status, size]),
      [
        ['http://a.test/1', 200, 15],
        ['http://b.test/22', 200, 16],
      ],
    )
    for (const one of all) assert.equal(one.store, store.stats().name)
  })

  promise('one who stops listing early is not waited for', async ({ store }) => {
    await storeAll(store, ['http://a.test/1', 'http://a.test/2', 'http://a.test/3'])

    for await (const one of store.list()) {
      assert.ok(one.head.url.startsWith('http://a.test/'))
      break
    }
    assert.equal(await store.purge({ all: true }), 3)
  })
}

/** Each URL is its own content. */
async function storeAll(store: Store, urls: readonly string[]): Promise<void> {
  for (const url of urls) await put(store, headOf(url), url)
  for (const url of urls) await foundOne(store, url)
}

async function urlsIn(store: Store): Promise<string[]> {
  return (await listed(store)).map(({ head }) => head.url).sort()
}

function soften(head: Head): Head {
  return Object.freeze({ ...head, lifetime: -1 })
}
