import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Clock } from '../../contract/clock.ts'
import type { Head } from '../head.ts'
import { inSlices, walkInSlices } from '../memory/slices.ts'
import { isPurged, isSameVariant, type Listed, type PurgeTarget, type Store } from '../store.ts'
import type { Disk } from './disk.ts'
import { DiskEntry } from './disk-entry.ts'
import { DiskIndex } from './disk-index.ts'
import { type DiskIo, systemIo } from './disk-io.ts'
import { DiskRead } from './disk-read.ts'
import { DiskWriter } from './disk-writer.ts'
import { createFaults, type DiskEvent, isPassing } from './faults.ts'
import { fileBytes, headerBytes, maxHeadBytes, roundedBytes } from './file-format.ts'
import { HeadCache, parseHead } from './head-cache.ts'
import { HeadFiles } from './head-files.ts'
import { writeHead } from './head-json.ts'
import { lockFolder } from './lock.ts'
import { OpenFiles } from './open-files.ts'
import { Outstanding } from './outstanding.ts'
import { recover } from './recover.ts'
import { TaskQueue } from './task-queue.ts'
import { Trash } from './trash.ts'

export interface DiskStoreOptions {
  /** Folder of the store, made if need be. One process at a time has it. Nothing else should be in it. */
  readonly path: string
  /** Bytes of files, each rounded up to 4 KiB. The least useful entries leave first. */
  readonly maxBytes: number
  /** Bytes of content of one entry, at most. */
  readonly maxEntryBytes: number
  /** Entries, at most: their heads are kept in memory. One with a long head counts as several. @default 1,000,000 */
  readonly maxEntries?: number
  /** Files that are open at a time, at most. @default 256 */
  readonly maxOpenFiles?: number
  readonly clock: Clock
  /** Told of faults, at most once a minute for each cause. */
  readonly log?: (event: DiskEvent) => void
  /** The file system, for tests. */
  readonly io?: DiskIo
}

/** Files that are removed or renewed at a time, in the background. */
const backgroundTasks = 4
/** Responses that are written at a time, at most. Few of them have a file open. */
const maxWriters = 1024
/** How long `close` waits for what is being written, in milliseconds. */
const closing = 5000

/**
 * Keeps responses in files. They survive a restart, and a crash at any point: a file is in its place whole or not at all,
 * and whatever is read of it is verified. Nothing is synced: what a power failure damages is found out the same way.
 *
 * @throws {Error} when the folder cannot be used or another process has it; names the path
 */
export async function openDiskStore(options: DiskStoreOptions): Promise<Store> {
  const path = resolve(options.path)
  let release: (() => void) | undefined
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    release = lockFolder(path)
    return await createDiskStore(path, options, release)
  } catch (cause) {
    release?.()
    throw new Error(`The disk cache ${path} could not be opened: ${(cause as Error).message}`, { cause })
  }
}

async function createDiskStore(path: string, options: DiskStoreOptions, release: () => void): Promise<Store> {
  const { maxBytes, maxEntryBytes, clock, log, io = systemIo, maxEntries = 1_000_000, maxOpenFiles = 256 } = options
  const faults = createFaults(path, clock, log)
  const outstanding = new Outstanding()
  const tasks = new TaskQueue(backgroundTasks, outstanding)
  const trash = new Trash(path, io, faults, tasks)
  const heads = new HeadCache()
  const writers = new Set<DiskWriter>()
  const reads = new Set<DiskRead>()
  let closed: Promise<void> | undefined

  const disk: Disk = {
    path,
    io,
    clock,
    faults,
    files: new OpenFiles(io, maxOpenFiles),
    index: new DiskIndex({ maxBytes, maxEntries, wall: () => clock.wall(), onLeave: (entry) => trash.add(entry) }),
    trash,
    outstanding,
    maxEntryBytes,
    waiting: 0,
    serial: 1,
    pausedUntil: 0,
    headOf: (entry) => heads.get(entry),
    read(entry, first, end) {
      const read = new DiskRead(disk, entry, first, end)
      reads.add(read)
      read.once('close', () => reads.delete(read))
      if (closed !== undefined) read.destroy(new Error('the store is closed'))
      return read
    },
    broken(entry, error) {
      faults.report('content could not be read', error)
      if (!isPassing(error)) disk.index.remove(entry)
    },
  }
  const headFiles = new HeadFiles(disk, tasks)
  const { index } = disk
  await recover(disk)

  function renew(entry: DiskEntry, head: Head, then?: () => void): void {
    const json = writeHead(head)
    if (json === undefined || json.length > maxHeadBytes || head.keepUntil <= clock.wall()) {
      index.remove(entry)
      trash.whenGone(entry, () => then?.())
      return
    }
    heads.set(entry, head)
    const weight = roundedBytes(fileBytes(entry.headBytes, entry.size)) + roundedBytes(headerBytes + json.length)
    index.renew(entry, json, head.keepUntil, weight)
    headFiles.save(entry, then)
  }

  function isHere(entry: unknown): entry is DiskEntry {
    return closed === undefined && entry instanceof DiskEntry && !entry.gone
  }

  async function shut(): Promise<void> {
    for (const writer of writers) writer.abort()
    for (const read of reads) read.destroy(new Error('the store is closed'))
    await Promise.race([
      outstanding.none(),
      new Promise<void>((resolve) => {
        const timer = clock.setTimer(resolve, closing)
        void outstanding.none().then(() => clock.clearTimer(timer))
      }),
    ])
    release()
  }

  return {
    find(url) {
      if (closed !== undefined) return []
      const entries = index.find(url)
      // Which of several variants is of use is not known before it is read.
      if (entries.length === 1) entries[0]?.use()
      return entries
    },
    create(head, size) {
      if (closed !== undefined || writers.size >= maxWriters) return undefined
      if (clock.now() < disk.pausedUntil || head.keepUntil <= clock.wall()) return undefined
      const json = writeHead(head)
      if (json === undefined || json.length > maxHeadBytes) return undefined
      if (size !== undefined && (size > maxEntryBytes || fileBytes(json.length, size) > maxBytes)) return undefined
      const writer = new DiskWriter(disk, head, json, size, (ended) => writers.delete(ended))
      writers.add(writer)
      return writer
    },
    update(entry, head) {
      if (isHere(entry) && isSameVariant(entry.head, head) && entry.url === head.url) renew(entry, head)
    },
    remove(entry) {
      if (isHere(entry)) index.remove(entry)
    },
    async purge(target: PurgeTarget, soften?: (head: Head) => Head): Promise<number> {
      if (closed !== undefined) return 0
      const done = new Outstanding()
      const end = (): void => done.end()
      let count = 0
      const purgeOne = (entry: DiskEntry): void => {
        if (entry.gone || !mayMean(target, entry)) return
        const head = parseHead(entry)
        if (!isPurged(target, head)) return
        count++
        done.begin()
        if (soften !== undefined) {
          renew(entry, soften(head), end)
          return
        }
        index.remove(entry)
        trash.whenGone(entry, end)
      }
      if ('url' in target) for (const entry of index.find(target.url)) purgeOne(entry)
      else await walkInSlices(index.all(), purgeOne)
      await done.none()
      return count
    },
    async *list(): AsyncGenerator<Listed> {
      if (closed !== undefined) return
      for await (const entry of inSlices(index.all())) {
        if (entry.gone || entry.keepUntil <= clock.wall()) continue
        yield { head: parseHead(entry), size: entry.size, store: 'disk' }
      }
    },
    stats() {
      const bytes = index.bytes + index.reserved + trash.bytes
      return { name: 'disk', entries: index.entries, bytes, maxBytes, evictions: index.evictions, errors: faults.count }
    },
    close() {
      closed ??= shut()
      return closed
    },
  }
}

/** False when the entry is not meant, as can be told without reading its head. */
function mayMean(target: PurgeTarget, entry: DiskEntry): boolean {
  if ('prefix' in target) return entry.url.startsWith(target.prefix)
  return !('tag' in target) || entry.json.includes(JSON.stringify(target.tag))
}
