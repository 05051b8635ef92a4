import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryStore } from '../../src/cache/memory/memory-store.ts'
import type { PurgeMessage } from '../../src/cache/purge-bus.ts'
import type { RedisStore } from '../../src/cache/redis/redis-store.ts'
import { createTieredStore } from '../../src/cache/tiered-store.ts'
import { systemClock } from '../../src/contract/clock.ts'
import { needs } from '../support/programs.ts'
import { until } from '../support/until.ts'
import { liveTimes, machineFor, redisFor } from './redis-bed.ts'
import { bytesOf, contentOf, fill, foundNone, foundOne, headOf, put } from './store-bed.ts'

const skip = needs('redis-server')
const url = 'http://a.test/page'
const head = (at = url, tags: readonly string[] = []) => headOf(at, { ...liveTimes(), tags })

test('what one machine stores, another finds whole', { skip }, async (t) => {
  const server = await redisFor(t)
  const a = await machineFor(t, server.url)
  const b = await machineFor(t, server.socketUrl)

  await put(a.store, head(), bytesOf(1_000_000))

  const entry = await foundOne(b.store, url)
  assert.ok((await contentOf(entry)).equals(bytesOf(1_000_000)))
  b.store.remove(entry)
  await foundNone(a.store, url)
})

test('a purge on one machine clears the memory of another', { skip }, async (t) => {
  const server = await redisFor(t)
  const [a, b] = [tiers(await machineFor(t, server.url)), tiers(await machineFor(t, server.url))]
  const urls = ['http://a.test/url', 'http://a.test/prefix/1', 'http://b.test/tag', 'http://c.test/all']
  for (const one of urls) await put(a.tiered, head(one, one.includes('tag') ? ['t'] : []), one)
  for (const one of urls) await contentOf(await foundOne(b.tiered, one))
  for (const one of urls) assert.equal((await b.memory.find(one)).length, 1, `${one} was copied up`)

  const targets = [{ url: urls[0]! }, { prefix: 'http://a.test/prefix/' }, { tag: 't' }, { all: true }] as const
  for (const [i, target] of targets.entries()) {
    assert.equal(await a.tiered.purge(target), 1)
    await until(() => (b.memory.find(urls[i]!) as []).length === 0, `${urls[i]} gone from the other machine`)
    assert.deepEqual(await b.tiered.find(urls[i]!), [])
  }
})

test('nobody hears of its own purge, and a purge that was heard is not told again', { skip }, async (t) => {
  const server = await redisFor(t)
  const a = await machineFor(t, server.url)
  const b = await machineFor(t, server.url)
  const [heardByA, heardByB]: [PurgeMessage[], PurgeMessage[]] = [[], []]
  a.store.onPurge((message) => void heardByA.push(message))
  b.store.onPurge((message) => {
    heardByB.push(message)
    void b.store.purge(message.target)
    void b.store.publish(message)
  })

  const target = { url }
  await a.store.purge(target)
  await a.store.publish({ target, soft: false })
  await a.store.publish({ target: { tag: 'last' }, soft: true })

  await until(() => heardByB.length === 2, 'two messages')
  assert.deepEqual(heardByB, [
    { target: { url }, soft: false },
    { target: { tag: 'last' }, soft: true },
  ])
  await b.store.publish({ target: { tag: 'from b' }, soft: false })
  await until(() => heardByA.length > 0, 'the message of the other')
  assert.deepEqual(heardByA, [{ target: { tag: 'from b' }, soft: false }])
})

test('a fill that began before a purge elsewhere is not kept after it; its neighbour is', { skip }, async (t) => {
  const server = await redisFor(t)
  const a = await machineFor(t, server.url)
  const b = await machineFor(t, server.url)
  const meant = b.store.create(head(), undefined)
  const other = b.store.create(head(`${url}/other`), undefined)
  assert.ok(meant && other)
  await fill(meant, bytesOf(600_000))
  await fill(other, bytesOf(600_000))

  await a.store.purge({ url })
  meant.commit()
  other.commit()

  await foundOne(b.store, `${url}/other`)
  assert.equal(meant.failed, true)
  assert.deepEqual(await a.store.find(url), [])
})

test('a machine that was cut off hears what it missed', { skip }, async (t) => {
  const server = await redisFor(t)
  const a = await machineFor(t, server.url)
  const first = await machineFor(t, server.url)
  await a.store.publish({ target: { tag: 'before' }, soft: false })
  await until(() => first.store.lastPurge?.endsWith(' 1') === true, 'the first purge')
  const purgesSince = first.store.lastPurge
  await first.store.close()

  await a.store.publish({ target: { tag: 'missed' }, soft: true })
  const heard: PurgeMessage[] = []
  const again = await machineFor(t, server.url, { purgesSince }, false)
  again.store.onPurge((message) => void heard.push(message))

  await until(() => heard.length > 0, 'what was missed')
  assert.deepEqual(heard, [{ target: { tag: 'missed' }, soft: true }])
})

test('where more was missed than is kept, or Redis lost it, all is heard as purged', { skip }, async (t) => {
  const server = await redisFor(t)
  const a = await machineFor(t, server.url)
  const heard: PurgeMessage[] = []

  const late = await machineFor(t, server.url, { purgesSince: '1-1 7' }, false)
  late.store.onPurge((message) => void heard.push(message))
  await until(() => heard.length > 0, 'everything')
  assert.deepEqual(heard, [{ target: { all: true }, soft: false }])

  await until(() => late.store.connected, 'a connection')
  await a.store.publish({ target: { tag: 'x' }, soft: false })
  await until(() => heard.length === 2, 'the message')
  await server.kill()
  await server.restart()
  await until(() => heard.length === 3, 'everything, after the loss', 10_000)
  assert.deepEqual(heard[2], { target: { all: true }, soft: false })
})

test('what was purged once does not come back when Redis forgets the generation', { skip }, async (t) => {
  const server = await redisFor(t)
  const a = await machineFor(t, server.url, { prefix: 'p:' })
  await put(a.store, head(), 'old')
  await foundOne(a.store, url)
  const client = await rawClient(server.url)
  t.after(() => client.disconnect())

  await client.del('p:g')

  assert.deepEqual(await a.store.find(url), [])
  await put(a.store, head(), 'new')
  assert.equal((await contentOf(await foundOne(a.store, url))).toString(), 'new')
})

test('content of which a chunk is missing breaks off, and its entry leaves', { skip }, async (t) => {
  const server = await redisFor(t)
  const a = await machineFor(t, server.url, { prefix: 'p:' })
  await put(a.store, head(), bytesOf(700_000))
  const entry = await foundOne(a.store, url)
  const client = await rawClient(server.url)
  t.after(() => client.disconnect())
  const [chunk] = await client.keys('p:*:c:*:1')
  await client.del(chunk!)

  await assert.rejects(contentOf(entry), /gone from Redis/)

  await foundNone(a.store, url)
})

test('a tag that Redis threw out with its memory full is purged all the same', { skip }, async (t) => {
  const server = await redisFor(t)
  const a = await machineFor(t, server.url, { prefix: 'p:' })
  await put(a.store, head(url, ['t']), 'tagged')
  await foundOne(a.store, url)
  const client = await rawClient(server.url)
  t.after(() => client.disconnect())
  const [set] = await client.keys('p:*:t:t')
  await client.del(set!)
  await makeEvictions(client)

  assert.equal(await a.store.purge({ tag: 't' }), 1)
  assert.deepEqual(await a.store.find(url), [])
})

test('what has expired in Redis leaves the index and the sets of its tags as others come', { skip }, async (t) => {
  const server = await redisFor(t)
  const { store } = await machineFor(t, server.url, { prefix: 'p:' })
  const short = { ...liveTimes(), keepUntil: Date.now() + 400, tags: ['t'] }
  for (let i = 0; i < 300; i++) await put(store, headOf(`http://short.test/${i}`, short), 'x')
  await until(() => store.stats().entries === 300, 'all of them')
  const client = await rawClient(server.url)
  t.after(() => client.disconnect())
  for (let left = 1; left > 0; ) left = (await client.keys('p:*:h:*')).length

  for (let i = 0; i < 1000; i++) await put(store, headOf(`http://long.test/${i}`, { ...liveTimes(), tags: ['t'] }), 'x')
  await foundOne(store, 'http://long.test/999')

  await until(() => store.stats().entries >= 1000, 'the new ones')
  assert.ok(store.stats().entries < 1100, `${store.stats().entries} entries`)
  const [set] = await client.keys('p:*:t:t')
  assert.ok((await client.scard(set!)) < 1150, `${await client.scard(set!)} members`)
  assert.equal(await store.purge({ tag: 't' }), 1000)
  assert.equal(store.stats().bytes > 0, store.stats().entries > 0)
})

test('foreign and broken records are not there', { skip }, async (t) => {
  const server = await redisFor(t)
  const a = await machineFor(t, server.url, { prefix: 'p:' })
  await put(a.store, head(), 'good')
  await foundOne(a.store, url)
  const client = await rawClient(server.url)
  t.after(() => client.disconnect())
  const [key] = await client.keys('p:*:h:*')
  const good = Object.values(await client.hgetall(key!))[0]!
  for (const [i, text] of [
    '',
    'x',
    '2 a 1 1\n{}',
    '1 a 1 1\n{"url":',
    good.replace('a.test', 'b.test'),
    good.replace('"status":200', '"status":"200"'),
  ].entries()) {
    await client.hset(key!, `field${i}`, text)
  }
  await client.set((key as string).replace(url, 'http://wrong.test/'), 'a string')

  assert.equal((await a.store.find(url)).length, 1)
  assert.deepEqual(await a.store.find('http://wrong.test/'), [])
  assert.equal(a.store.connected, true)
})

function tiers({ store }: { readonly store: RedisStore }) {
  const memory = createMemoryStore({ maxBytes: 1 << 24, maxEntryBytes: 1 << 20, clock: systemClock })
  const tiered = createTieredStore([memory, store], { clock: systemClock, shared: [store] })
  store.onPurge(({ target }) => void tiered.purge(target))
  return { memory, tiered }
}

async function rawClient(at: string) {
  const { Redis } = await import('ioredis')
  return new Redis(at)
}

/** Fills the memory of the server beyond its limit with keys that may leave, until some have. */
async function makeEvictions(client: Awaited<ReturnType<typeof rawClient>>): Promise<void> {
  await client.config('SET', 'maxmemory-policy', 'volatile-ttl')
  const used = Number(/used_memory:(\d+)/.exec(await client.info('memory'))![1])
  await client.config('SET', 'maxmemory', String(used + 500_000))
  for (let i = 0; i < 20; i++) await client.set(`filler${i}`, 'x'.repeat(100_000), 'PX', 1000 + i)
  assert.match(await client.info('stats'), /evicted_keys:[1-9]/)
}
