import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import type { Head } from '../../src/cache/head.ts'
import type { Entry, Listed, Store, Writer } from '../../src/cache/store.ts'

/** Where the clock of a store under test begins. */
export const wall = Date.UTC(2026, 0, 1)

/** A head as the engine would make one: fresh for an hour, kept for a day. */
export function headOf(url: string, with_: Partial<Head> = {}): Head {
  return Object.freeze({
    url,
    extra: '',
    status: 200,
    message: 'OK',
    fields: ['Content-Type', 'text/plain', 'ETag', '"1"', 'x-twice', 'a', 'X-Twice', 'b'],
    vary: [],
    etag: '"1"',
    lastModified: undefined,
    storedAt: wall,
    bornAt: wall - 1000,
    lifetime: 3_600_000,
    rules: 0,
    staleWhileRevalidate: 0,
    staleIfError: 0,
    grace: 0,
    keepUntil: wall + 86_400_000,
    tags: [],
    part: undefined,
    upstream: undefined,
    ...with_,
  } satisfies Head)
}

/** Bytes that tell where they are, so that a piece from the wrong place is seen. */
export function bytesOf(size: number, seed = 0): Buffer {
  const bytes = Buffer.allocUnsafeSlow(size)
  for (let i = 0; i < size; i++) bytes[i] = (seed + i + (i >> 8) * 7) & 255
  return bytes
}

/** Writes as the engine does: in chunks, held back when the store is behind. Gives what `commit` gave. */
export async function put(
  store: Store,
  head: Head,
  content: Buffer | string = '',
  { chunk = 65_536, announced = true } = {},
): Promise<Entry | undefined> {
  const bytes = Buffer.from(content)
  const writer = store.create(head, announced ? bytes.length : undefined)
  if (writer === undefined) return undefined
  await fill(writer, bytes, chunk)
  return writer.commit()
}

/** Writes `bytes` in chunks that are nobody else's. */
export async function fill(writer: Writer, bytes: Buffer, chunk = 65_536): Promise<void> {
  for (let at = 0; at < bytes.length; at += chunk) {
    if (writer.write(Buffer.from(bytes.subarray(at, at + chunk)))) continue
    if (writer.failed) return
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('the writer never drained')), 5000)
      writer.onDrain = () => {
        clearTimeout(late)
        resolve()
      }
    })
    writer.onDrain = undefined
  }
}

/** All that `read` gives, as one. Rejects when the stream ends in an error. */
export async function contentOf(entry: Entry, first = 0, end = entry.size): Promise<Buffer> {
  const content = entry.read(first, end)
  if (Array.isArray(content)) return Buffer.concat(content as Buffer[])
  const chunks: Buffer[] = []
  for await (const chunk of content as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Lets go of a stream that nobody will read. */
export async function dropContent(entry: Entry): Promise<void> {
  const content = entry.read(0, entry.size)
  if (!('destroy' in content)) return
  content.on('error', () => {})
  content.destroy()
  if (!content.closed) await once(content, 'close')
}

/** What is found as soon as `seen` holds; a persistent store may need a moment. Fails with what was there last. */
export async function found(
  store: Store,
  url: string,
  seen: (entries: readonly Entry[]) => boolean,
): Promise<readonly Entry[]> {
  const deadline = performance.now() + 5000
  for (;;) {
    const entries = await store.find(url)
    if (seen(entries)) return entries
    if (performance.now() > deadline) {
      assert.fail(`not seen under ${url} within 5 s; there were ${JSON.stringify(entries.map(({ head }) => head))}`)
    }
    await pause(2)
  }
}

/** The one variant under `url`, as soon as it is there. */
export async function foundOne(store: Store, url: string): Promise<Entry> {
  const entries = await found(store, url, ({ length }) => length > 0)
  assert.equal(entries.length, 1, `variants under ${url}`)
  return entries[0] as Entry
}

export async function foundNone(store: Store, url: string): Promise<void> {
  await found(store, url, ({ length }) => length === 0)
}

export async function listed(store: Store): Promise<Listed[]> {
  const all: Listed[] = []
  for await (const one of store.list()) all.push(one)
  return all
}
