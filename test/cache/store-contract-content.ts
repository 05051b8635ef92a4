import assert from 'node:assert/strict'
import type { Head } from '../../src/cache/head.ts'
import { bytesOf, contentOf, dropContent, fill, foundNone, foundOne, headOf, put, wall } from './store-bed.ts'
import type { MakeStore } from './store-contract.ts'
import { storeTests } from './with-store.ts'

const url = 'http://a.test/page'

/** What goes in comes out, byte for byte. */
export function storeContent(name: string, make: MakeStore): void {
  const promise = storeTests(name, make)

  promise('what is committed is found, with its head and its content', async ({ store }) => {
    const head = headOf(url)
    await put(store, head, 'hello')

    const entry = await foundOne(store, url)
    assert.deepEqual(plain(entry.head), plain(head))
    assert.equal(entry.size, 5)
    assert.equal((await contentOf(entry)).toString(), 'hello')
  })

  promise('every member of a head comes back as it was', async ({ store }) => {
    const head = headOf(url, {
      extra: '6:cookie=1',
      status: 206,
      message: 'Partial \xe9',
      fields: ['X-Latin', 'caf\xe9 \xff', 'x-empty', '', 'Set-Thing', '"a, b"\t\\'],
      vary: ['accept-language', 'de', 'x-absent', ''],
      etag: 'W/"\xfc"',
      lastModified: wall - 86_400_000.5,
      rules: 31,
      staleWhileRevalidate: 1000,
      staleIfError: 2000,
      grace: 3000,
      tags: ['one', 'tw o', '*'],
      part: { first: 5, last: 9, complete: 100 },
      upstream: {
        name: 'b',
        protocol: 'https:',
        hostname: 'b.test',
        port: 8443,
        authority: 'b.test:8443',
        basePath: '/base',
      },
    })
    await put(store, head, 'parts')

    assert.deepEqual(plain((await foundOne(store, url)).head), plain(head))
  })

  promise('nothing is found under a URL that nothing was stored for', async ({ store }) => {
    await put(store, headOf(url), 'hello')

    for (const other of [
      'http://a.test/',
      'http://a.test/page2',
      'http://a.test/Page',
      '',
      '__proto__',
      'constructor',
    ]) {
      assert.deepEqual(await store.find(other), [], other)
    }
  })

  promise('a URL is a name and no path, pattern or property', async ({ store }) => {
    const urls = [
      '__proto__',
      'http://a.test/../../x',
      'http://a.test/*',
      'http://a.test/a[b]?c',
      'http://a.test/%00\0',
    ]
    urls.push(`http://a.test/${'long/'.repeat(2000)}`, 'http://a.test/caf\xe9')
    for (const one of urls) await put(store, headOf(one), one)

    for (const one of urls) assert.equal((await contentOf(await foundOne(store, one))).toString(), one)
  })

  promise('content may be empty', async ({ store }) => {
    await put(store, headOf(url), '')
    await put(store, headOf(`${url}2`), '', { announced: false })

    for (const one of [url, `${url}2`]) {
      const entry = await foundOne(store, one)
      assert.equal(entry.size, 0)
      assert.equal((await contentOf(entry)).length, 0)
    }
  })

  promise('content of every size comes back whole, whether the size was announced or not', async ({ store }) => {
    for (const size of [1, 4095, 65_536, 65_537, 1_000_003, 5 << 20]) {
      for (const announced of [true, false]) {
        await put(store, headOf(`${url}/${size}/${announced}`), bytesOf(size), { announced })
      }
    }

    for (const size of [1, 4095, 65_536, 65_537, 1_000_003, 5 << 20]) {
      for (const announced of [true, false]) {
        const entry = await foundOne(store, `${url}/${size}/${announced}`)
        assert.equal(entry.size, size)
        assert.ok((await contentOf(entry)).equals(bytesOf(size)), `${size} bytes, announced: ${announced}`)
      }
    }
  })

  promise('any part of the content can be read, wherever the chunks were cut', async ({ store }) => {
    const whole = bytesOf(200_000)
    await put(store, headOf(url), whole, { chunk: 7001 })

    const entry = await foundOne(store, url)
    for (const [first, end] of [
      [0, 1],
      [0, 7001],
      [7000, 7002],
      [7001, 14_002],
      [65_535, 65_537],
      [123, 199_999],
      [199_999, 200_000],
      [0, 200_000],
      [500, 500],
    ] as const) {
      assert.ok((await contentOf(entry, first, end)).equals(whole.subarray(first, end)), `${first} to ${end}`)
    }
  })

  promise('chunks of one byte and views of a larger buffer are kept as they are', async ({ store }) => {
    const slab = bytesOf(65_536)
    const writer = store.create(headOf(url), undefined)
    assert.ok(writer)
    for (let at = 0; at < 300; at++) writer.write(slab.subarray(at, at + 1))
    writer.write(slab.subarray(300, 5000))
    writer.commit()

    assert.ok((await contentOf(await foundOne(store, url))).equals(slab.subarray(0, 5000)))
  })

  promise('several may read one entry at a time, and one that stops early disturbs nobody', async ({ store }) => {
    const whole = bytesOf(3_000_000)
    await put(store, headOf(url), whole)

    const entry = await foundOne(store, url)
    const [a, , b] = await Promise.all([contentOf(entry), dropContent(entry), contentOf(entry, 1000, 2_500_000)])

    assert.ok(a.equals(whole))
    assert.ok(b.equals(whole.subarray(1000, 2_500_000)))
    assert.ok((await contentOf(entry)).equals(whole))
  })

  promise('nothing is found before the commit, and nothing of what was aborted', async ({ store }) => {
    const writer = store.create(headOf(url), 200_000)
    assert.ok(writer)
    await fill(writer, bytesOf(100_000))
    assert.deepEqual(await store.find(url), [])
    await fill(writer, bytesOf(100_000))
    assert.deepEqual(await store.find(url), [])
    writer.commit()
    await foundOne(store, url)

    const aborted = store.create(headOf(`${url}2`), undefined)
    assert.ok(aborted)
    await fill(aborted, bytesOf(100_000))
    aborted.abort()
    await put(store, headOf(`${url}3`), 'after')
    await foundOne(store, `${url}3`)
    await foundNone(store, `${url}2`)
    assert.equal(store.stats().entries, 2)
  })

  promise('what is written without waiting for the store is kept whole or not at all', async ({ store }) => {
    const whole = bytesOf(6 << 20)
    const writer = store.create(headOf(url), undefined)
    assert.ok(writer)
    for (let at = 0; at < whole.length; at += 65_536) writer.write(Buffer.from(whole.subarray(at, at + 65_536)))
    const failed = writer.failed
    writer.commit()

    if (failed) return foundNone(store, url)
    assert.ok((await contentOf(await foundOne(store, url))).equals(whole))
  })
}

/** As JSON would have it: `undefined` and absence are one. */
function plain(head: Head): unknown {
  return JSON.parse(JSON.stringify(head))
}
