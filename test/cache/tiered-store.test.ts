import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { createMemoryStore } from '../../src/cache/memory/memory-store.ts'
import type { Entry, Store, Writer } from '../../src/cache/store.ts'
import { createTieredStore } from '../../src/cache/tiered-store.ts'
import { type FakeClock, fakeClock } from '../support/fake-clock.ts'
import { bytesOf, contentOf, dropContent, headOf, put, wall } from './store-bed.ts'

const url = 'http://a.test/page'

test('what the first tier has is answered in the same turn, and nobody else is asked', async () => {
  const { tiered, lower } = tiers()
  await put(tiered, headOf(url), 'content')
  lower.asked = 0

  const found = tiered.find(url)

  assert.ok(Array.isArray(found))
  assert.equal(found.length, 1)
  assert.equal(lower.asked, 0)
})

test('what a lower tier has is copied up while it is read, with one read', async () => {
  const { tiered, memory, lower } = tiers()
  await put(lower, headOf(url), bytesOf(100_000))

  const [entry] = await tiered.find(url)
  assert.ok((await contentOf(entry!)).equals(bytesOf(100_000)))

  assert.equal(lower.reads, 1)
  const [copy] = memory.find(url) as readonly Entry[]
  assert.ok((await contentOf(copy!)).equals(bytesOf(100_000)))
})

test('a part, a content that breaks off and one that is left early are not copied up', async () => {
  const { tiered, memory, lower } = tiers()
  await put(lower, headOf(url), bytesOf(100_000))
  const [entry] = await tiered.find(url)

  await contentOf(entry!, 0, 50_000)
  await dropContent(entry!)
  lower.breaks = true
  await assert.rejects(contentOf(entry!), /broke/)
  assert.deepEqual(memory.find(url), [])

  lower.breaks = false
  await contentOf(entry!)
  assert.equal((memory.find(url) as readonly Entry[]).length, 1)
})

test('what is too large for the tier above is passed through', async () => {
  const { tiered, memory, lower } = tiers()
  await put(lower, headOf(url), bytesOf(300_000))

  const [entry] = await tiered.find(url)
  assert.ok((await contentOf(entry!)).equals(bytesOf(300_000)))

  assert.deepEqual(memory.find(url), [])
})

test('a hundred who read one entry at a time make one copy', async () => {
  const { tiered, memory, lower } = tiers()
  await put(lower, headOf(url), bytesOf(100_000))
  let copies = 0
  const { create } = memory
  memory.create = (head, size) => {
    copies++
    return create(head, size)
  }

  const found = await Promise.all(Array.from({ length: 100 }, () => tiered.find(url)))
  await Promise.all(found.map(([entry]) => contentOf(entry!)))

  assert.equal(copies, 1)
})

for (const when of ['before it was read', 'while it was read', 'while the look-up was under way'] as const) {
  test(`what was found before a purge, ${when}, is not copied up after it`, async () => {
    const { tiered, memory, lower } = tiers()
    await put(lower, headOf(url, { tags: ['t'] }), bytesOf(200_000))
    await put(lower, headOf(`${url}/other`), bytesOf(200_000))

    const looking = tiered.find(url)
    if (when === 'while the look-up was under way') await tiered.purge({ tag: 't' })
    const [entry] = await looking
    const [other] = await tiered.find(`${url}/other`)
    if (when === 'before it was read') await tiered.purge({ tag: 't' })
    const reading = contentOf(entry!)
    if (when === 'while it was read') await tiered.purge({ tag: 't' })
    await reading.catch(() => {})
    await contentOf(other!)

    assert.deepEqual(memory.find(url), [])
    assert.equal((memory.find(`${url}/other`) as readonly Entry[]).length, 1)
  })
}

test('deeper lie the variants of all lower tiers, each once, the newest first', async () => {
  const clock = fakeClock(wall)
  const [memory, a, b] = [memoryFor(clock), slow(memoryFor(clock)), slow(memoryFor(clock))]
  const tiered = createTieredStore([memory, a, b], { clock })
  await put(memory, headOf(url, { extra: 'm' }), 'm')
  await put(a, headOf(url, { extra: 'x', storedAt: wall + 1 }), 'old x')
  await put(b, headOf(url, { extra: 'x', storedAt: wall + 2 }), 'new x')
  await put(b, headOf(url, { extra: 'y', storedAt: wall + 3 }), 'y')

  const deeper = await tiered.findDeeper(url)

  assert.deepEqual(await Promise.all(deeper.map(async (entry) => `${await contentOf(entry)}`)), ['y', 'new x'])
})

test('a lower tier that is behind for 50 ms is dropped, and the client goes on', async () => {
  const { tiered, memory, lower, clock } = tiers()
  lower.writer = stuckWriter()
  const writer = tiered.create(headOf(url), undefined)
  assert.ok(writer)
  let drained = 0
  writer.onDrain = () => drained++

  assert.equal(writer.write(bytesOf(10)), false)
  clock.advance(49)
  assert.equal(drained, 0)
  clock.advance(1)
  assert.equal(drained, 1)
  assert.equal(lower.writer.aborted, true)
  assert.equal(writer.write(bytesOf(10)), true)
  writer.commit()

  assert.equal((memory.find(url) as readonly Entry[])[0]?.size, 20)
  assert.equal(clock.pending, 0)
})

test('a tier that does not take the new response does not go on answering with the old one', async () => {
  const { tiered, memory, lower } = tiers()
  await put(tiered, headOf(url), 'small')
  assert.equal((memory.find(url) as readonly Entry[]).length, 1)

  await put(tiered, headOf(url, { storedAt: wall + 1 }), bytesOf(300_000))
  const [found] = await tiered.find(url)
  assert.equal(found?.size, 300_000)

  await put(tiered, headOf(url, { storedAt: wall + 2 }), 'small')
  const unannounced = tiered.create(headOf(url, { storedAt: wall + 3 }), undefined)
  for (let i = 0; i < 30; i++) unannounced?.write(bytesOf(10_000))
  unannounced?.commit()
  assert.equal((await tiered.find(url))[0]?.size, 300_000)
  assert.equal((await lower.find(url)).length, 1)
})

test('update and remove reach the same response in every tier, and not another one in its place', async () => {
  const { tiered, memory, lower } = tiers()
  await put(tiered, headOf(url), 'content')
  const [entry] = await tiered.find(url)

  tiered.update(entry!, headOf(url, { lifetime: 1 }))
  assert.equal((await lower.find(url))[0]?.head.lifetime, 1)
  await put(lower, headOf(url, { storedAt: wall + 5 }), 'newer, of another machine')
  const [first] = memory.find(url) as readonly Entry[]
  tiered.remove(first!)

  assert.deepEqual(memory.find(url), [])
  assert.equal((await lower.find(url))[0]?.head.storedAt, wall + 5)
})

test('a local purge leaves what is shared; figures of every tier are given', async () => {
  const { tiered, memory, lower } = tiers()
  await put(tiered, headOf(url), 'content')

  assert.equal(await tiered.purgeLocal({ all: true }), 1)

  assert.deepEqual(memory.find(url), [])
  const { name, entries, tiers: each } = tiered.stats()
  assert.deepEqual([name, entries, each.map((tier) => tier.entries)], ['tiered', 1, [0, 1]])
  assert.equal((await lower.find(url)).length, 1)
})

interface Lower extends Store {
  asked: number
  reads: number
  breaks: boolean
  writer: (Writer & { readonly aborted: boolean }) | undefined
}

function tiers() {
  const clock = fakeClock(wall)
  const memory = memoryFor(clock)
  const lower = slow(createMemoryStore({ maxBytes: 1 << 24, maxEntryBytes: 1 << 20, clock }))
  return { clock, memory, lower, tiered: createTieredStore([memory, lower], { clock, shared: [lower] }) }
}

function memoryFor(clock: FakeClock): Store {
  return createMemoryStore({ maxBytes: 1 << 24, maxEntryBytes: 200_000, clock })
}

/** A store that answers in a later turn and streams, as one over a network does. */
function slow(store: Store): Lower {
  const lower: Lower = {
    ...store,
    asked: 0,
    reads: 0,
    breaks: false,
    writer: undefined,
    async find(at) {
      lower.asked++
      const found = await store.find(at)
      await new Promise((resolve) => setImmediate(resolve))
      return found.map((entry) => streamed(entry))
    },
    create: (head, size) => lower.writer ?? store.create(head, size),
    update: (entry, head) => store.update((entry as Streamed).inner, head),
    remove: (entry) => store.remove((entry as Streamed).inner),
  }

  function streamed(inner: Entry): Streamed {
    return {
      inner,
      head: inner.head,
      size: inner.size,
      read(first, end) {
        lower.reads++
        const bytes = Buffer.concat(inner.read(first, end) as Buffer[])
        return Readable.from(pieces(bytes), { objectMode: false })
      },
    }
  }

  async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += 10_000) {
      if (lower.breaks && at > 0) throw new Error('it broke off')
      yield bytes.subarray(at, at + 10_000)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return lower
}

interface Streamed extends Entry {
  readonly inner: Entry
}

function stuckWriter(): Writer & { readonly aborted: boolean } {
  let aborted = false
  return {
    onDrain: undefined,
    failed: false,
    write: () => false,
    commit: () => undefined,
    abort() {
      aborted = true
    },
    get aborted() {
      return aborted
    },
  }
}
