import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { DiskEntry } from '../../src/cache/disk/disk-entry.ts'
import { openDiskStore } from '../../src/cache/disk/disk-store.ts'
import type { Head } from '../../src/cache/head.ts'
import type { Entry, Store } from '../../src/cache/store.ts'
import { systemClock } from '../../src/contract/clock.ts'

// What does an entry on disk cost? CPU of the whole process (threads of the file system included) and throughput, for small
// and large content, and how long a store with many entries takes to open. The files are in the page cache of the system.

const options = new Command('disk-cost')
  .option('--path <folder>', 'where the store is made', tmpdir())
  .option('--open <n>', 'entries of the store that is opened', '100000')
  .option('--parallel <n>', 'entries written or read at a time', '8')
  .parse()
  .opts<{ path: string; open: string; parallel: string }>()
const parallel = Number(options.parallel)

for (const [size, count] of [
  [1024, 20_000],
  [65_536, 4000],
  [1_048_576, 500],
] as const) {
  await withStore(async (store) => {
    const urls = Array.from({ length: count }, (_, i) => `http://bench.test/${size}/${i}`)
    await measure(`write ${size} bytes`, size, urls, (url) => write(store, url, size))
    await measure(`read  ${size} bytes`, size, urls, (url) => read(store, url))
  })
}
await measureOpening(Number(options.open))

async function measureOpening(count: number): Promise<void> {
  const path = await mkdtemp(join(options.path, 'sallyport-disk-cost-'))
  try {
    const store = await open(path)
    for (let i = 0; i < count; i++) await write(store, `http://bench.test/${i}`, 1024)
    await store.close()
    const heap = heapUsed()
    const begin = performance.now()
    const cpu = process.cpuUsage()
    const again = await open(path)
    const { user, system } = process.cpuUsage(cpu)
    const took = performance.now() - begin
    const { entries } = again.stats()
    const each = (heapUsed() - heap) / entries
    console.log(
      `open ${entries} entries: ${took.toFixed(0)} ms, CPU ${((user + system) / 1000).toFixed(0)} ms, ${each.toFixed(0)} bytes of heap an entry`,
    )
    await again.close()
  } finally {
    await rm(path, { recursive: true })
  }
}

async function measure(what: string, size: number, urls: readonly string[], one: (url: string) => Promise<void>) {
  let next = 0
  const begin = performance.now()
  const cpu = process.cpuUsage()
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (let url = urls[next++]; url !== undefined; url = urls[next++]) await one(url)
    }),
  )
  const { user, system } = process.cpuUsage(cpu)
  const seconds = (performance.now() - begin) / 1000
  const each = (user + system) / urls.length
  const rate = (urls.length * size) / 1e6 / seconds
  console.log(
    `${what}: ${each.toFixed(0)} µs of CPU each, ${(urls.length / seconds).toFixed(0)}/s, ${rate.toFixed(0)} MB/s`,
  )
}

async function write(store: Store, url: string, size: number): Promise<void> {
  const writer = store.create(headOf(url), size)
  if (writer === undefined) throw new Error('refused')
  for (let left = size; left > 0; left -= 65_536) {
    if (writer.write(Buffer.alloc(Math.min(left, 65_536), 7))) continue
    await new Promise<void>((resolve) => {
      writer.onDrain = resolve
    })
  }
  const [entry] = [writer.commit(), ...(await store.find(url))]
  // Not before the file is in its place, so that no more than `parallel` are under way.
  if (entry instanceof DiskEntry) await new Promise<void>((resolve) => entry.whenLanded(() => resolve()))
}

async function read(store: Store, url: string): Promise<void> {
  const [entry] = (await store.find(url)) as readonly Entry[]
  if (entry === undefined) throw new Error(`${url} is not there`)
  const content = entry.read(0, entry.size)
  if (Array.isArray(content)) return
  await new Promise<void>((resolve, reject) => {
    if (!('on' in content)) return
    content.on('data', () => {})
    content.on('end', resolve)
    content.on('error', reject)
  })
}

async function withStore(run: (store: Store) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(options.path, 'sallyport-disk-cost-'))
  const store = await open(path)
  try {
    await run(store)
  } finally {
    await store.close()
    await rm(path, { recursive: true })
  }
}

function open(path: string): Promise<Store> {
  return openDiskStore({ path, maxBytes: 2 ** 31, maxEntryBytes: 2 ** 24, clock: systemClock })
}

function headOf(url: string): Head {
  const now = Date.now()
  return {
    url,
    extra: '',
    status: 200,
    message: 'OK',
    fields: [
      ...['Content-Type', 'text/html; charset=utf-8', 'Cache-Control', 'public, max-age=3600', 'ETag', '"5f3c-1a2b3c"'],
      ...[
        'Date',
        'Thu, 01 Jan 2026 00:00:00 GMT',
        'Server',
        'origin',
        'Last-Modified',
        'Wed, 31 Dec 2025 00:00:00 GMT',
      ],
    ],
    vary: ['accept-encoding', 'gzip'],
    etag: '"5f3c-1a2b3c"',
    lastModified: now - 86_400_000,
    storedAt: now,
    bornAt: now,
    lifetime: 3_600_000,
    rules: 0,
    staleWhileRevalidate: 0,
    staleIfError: 0,
    grace: 0,
    keepUntil: now + 86_400_000,
    tags: [],
    part: undefined,
    upstream: undefined,
  }
}

function heapUsed(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
