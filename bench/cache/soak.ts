import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryOf } from '../peers/launch.ts'
import { processCost } from '../peers/process-cost.ts'
import { MB, megabytes, settledMemory, type Verdict, watchRss } from '../soak/soak.ts'
import { askChild } from './child.ts'
import { askFor, objectOrigin, sizeOf } from './objects.ts'
import { sallyport } from './peers/contenders.ts'
import { allRight, tell } from './verdicts.ts'

// 100,000 objects, three times what the store may hold, through the whole proxy: what `maxBytes` says is what the process
// grows by, and what is purged is given back.

const OBJECTS = 100_000
const CONNECTIONS = 32
const MAX_BYTES = 256 * MB
const GOAL = 1.2 * MAX_BYTES
/** Compiled code, and what the allocator lost between its pieces. */
const ROOM = 16 * MB

const directory = mkdtempSync(join(tmpdir(), 'sallyport-soak-'))
const origin = await objectOrigin()
const proxy = await sallyport.start({
  origin: `http://127.0.0.1:${origin.port}`,
  core: Math.min(1, availableParallelism() - 1),
  directory,
  nodeFlags: ['--expose-gc'],
  args: ['--max-bytes', String(MAX_BYTES)],
})
try {
  tell(await run())
} finally {
  await proxy.stop()
  await origin.close()
  rmSync(directory, { recursive: true, force: true })
}

async function run(): Promise<Verdict[]> {
  // The garbage of a proxy at work, and its compiled code, are no part of the store: as many answers that are not stored come
  // first.
  const idle = processCost(proxy.pid).rssBytes
  await through('private', OBJECTS)
  const empty = await settled()
  const before = processCost(proxy.pid).rssBytes
  const stop = watchRss(proxy.pid)
  const faults = await through('object', OBJECTS)
  const peak = stop()
  const full = await settled()
  const memory = await askChild(proxy, 'stats')
  const purged = await askChild(proxy, 'purge')
  const after = await settled()
  const emptied = await askChild(proxy, 'stats')
  const stopAgain = watchRss(proxy.pid)
  faults.push(...(await through('object', OBJECTS)))
  const more = stopAgain() - peak
  const total = Array.from({ length: OBJECTS }, (_, n) => sizeOf(n)).reduce((sum, size) => sum + size, 0)
  return [
    allRight(faults, 2 * OBJECTS),
    {
      claim: `objects of ${megabytes(total)} that are stored grow the process by at most 1.2 of ${megabytes(MAX_BYTES)}`,
      measured:
        `${megabytes(peak - before)} at most, ${megabytes(full.rss - empty.rss)} after a collection; ` +
        `as many answers that were not stored had grown it by ${megabytes(before - idle)}`,
      met: peak - before <= GOAL,
    },
    {
      claim: 'the store is full, and holds no more than it may',
      measured: `${memory.entries} entries, ${megabytes(memory.bytes)}, ${memory.evictions} evicted`,
      met: memory.bytes <= MAX_BYTES && memory.bytes > MAX_BYTES / 2 && memory.evictions > 0,
    },
    {
      claim: `after a purge of everything no entry is left, and less than ${megabytes(ROOM)} of its memory`,
      measured: `${purged} purged, ${emptied.entries} left; ${megabytes(full.held - empty.held)} were held, ${megabytes(after.held - empty.held)} are; process ${megabytes(after.rss - empty.rss)} more`,
      met: purged > 0 && emptied.entries === 0 && after.held - empty.held < ROOM,
    },
    {
      // The allocator keeps freed pages for the next allocation, so the size of the process alone tells no leak: this does.
      claim: `filled again, the process needs less than ${megabytes(ROOM)} more than the first time`,
      measured: megabytes(more),
      met: more < ROOM,
    },
  ]
}

/** After garbage collections. `held`: what JavaScript keeps alive, on its heap and in buffers. */
async function settled(): Promise<{ rss: number; held: number }> {
  await settledMemory(proxy)
  const { rss, heapUsed, external } = await memoryOf(proxy)
  return { rss, held: heapUsed + external }
}

/** What went wrong. */
async function through(kind: 'object' | 'private', count: number): Promise<string[]> {
  const faults: string[] = []
  let n = 0
  await askFor(
    proxy.port,
    kind,
    CONNECTIONS,
    () => (n < count ? n++ : undefined),
    ({ fault }) => {
      if (fault !== undefined) faults.push(fault)
    },
  )
  return faults
}
