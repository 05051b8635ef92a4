import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { DiskIo } from '../../src/cache/disk/disk-io.ts'
import { openDiskStore } from '../../src/cache/disk/disk-store.ts'
import type { DiskEvent } from '../../src/cache/disk/faults.ts'
import type { Store } from '../../src/cache/store.ts'
import { type FakeClock, fakeClock } from '../support/fake-clock.ts'
import { wall } from './store-bed.ts'

export interface DiskBed {
  readonly path: string
  readonly clock: FakeClock
  readonly events: DiskEvent[]
  /** A store over `path`, closed with the test. */
  open(with_?: { io?: DiskIo; maxOpenFiles?: number; maxEntries?: number; maxBytes?: number }): Promise<Store>
  readonly context: TestContext
}

/** A test with a folder of its own. */
export function diskTest(title: string, run: (bed: DiskBed) => Promise<void>): void {
  test(title, { timeout: 60_000 }, async (context) => {
    const path = await mkdtemp(join(tmpdir(), 'sallyport-disk-'))
    const clock = fakeClock(wall)
    const events: DiskEvent[] = []
    const stores: Store[] = []
    const bed: DiskBed = {
      path,
      clock,
      events,
      context,
      async open(with_ = {}) {
        const limits = { maxBytes: 64 << 20, maxEntryBytes: 16 << 20 }
        const store = await openDiskStore({ ...limits, path, clock, log: (event) => events.push(event), ...with_ })
        stores.push(store)
        return store
      },
    }
    try {
      await run(bed)
    } finally {
      const closing = stores.map((store) => store.close())
      // What a test holds back is not waited for.
      const waiting = setInterval(() => clock.advance(1000), 100)
      await Promise.all(closing)
      clearInterval(waiting)
      await rm(path, { recursive: true, force: true })
    }
  })
}

/** Every file below, by its path from there. */
export function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)))
}

/** Files of entries and of their newer heads. */
export function entryFiles(path: string): string[] {
  return filesIn(path)
    .filter((file) => /^[0-9a-f]\/[0-9a-f]{2}\//.test(file))
    .map((file) => join(path, file))
}
