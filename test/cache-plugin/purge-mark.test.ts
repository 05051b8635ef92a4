import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { type OpenStores, openStores } from '../../plugins/cache/open-stores.ts'
import { openPurgeMark } from '../../plugins/cache/purge-mark.ts'
import { Cache } from '../../src/cache/cache.ts'
import type { Store } from '../../src/cache/store.ts'
import { systemClock } from '../../src/contract/clock.ts'
import { liveTimes, machineFor, redisFor } from '../cache/redis-bed.ts'
import { foundNone, foundOne, headOf, put } from '../cache/store-bed.ts'
import { needs } from '../support/programs.ts'
import { until } from '../support/until.ts'

const skip = needs('redis-server')
const [kept, purged] = ['http://a.test/kept', 'http://a.test/purged']
const silent = { info() {}, warn() {} } as unknown as FastifyBaseLogger

test('what other machines purge while nobody listens does not come back from the disk; the rest does', {
  skip,
}, async (t) => {
  const { machine, open, path } = await bed(t)
  const before = await open()
  await connected(before)
  for (const url of [kept, purged]) await put(before.store, headOf(url, liveTimes()), url)
  await before.close()
  assert.notEqual(readFileSync(`${path}.last-purge`, 'latin1'), '')

  await machine.store.purge({ url: purged })
  // Only the disk has it from here on.
  machine.store.remove(await foundOne(machine.store, kept))
  await nowhere(machine.store, kept)
  const after = await open()

  await nowhere(after.store, purged)
  await foundOne(after.store, kept)
})

test('a disk of which nobody knows what it has missed begins empty', { skip }, async (t) => {
  const { open, path } = await bed(t)
  const before = await open()
  await connected(before)
  await put(before.store, headOf(kept, liveTimes()), kept)
  await before.close()
  rmSync(`${path}.last-purge`)

  const after = await open(false)

  await foundNone(after.store, kept)
})

test('a mark that cannot be written harms nobody, and is tried again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-mark-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const mark = await openPurgeMark(join(folder, 'absent', 'mark'), systemClock)

  mark.follow(() => '7')
  await mark.close('7')

  assert.equal(mark.before, undefined)
  assert.equal((await openPurgeMark(join(folder, 'absent', 'mark'), systemClock)).before, undefined)
})

interface Bed {
  readonly machine: Awaited<ReturnType<typeof machineFor>>
  readonly path: string
  /** Memory and disk; Redis too unless it is left out. */
  open(shared?: boolean): Promise<OpenStores>
}

async function bed(t: TestContext): Promise<Bed> {
  const server = await redisFor(t)
  const machine = await machineFor(t, server.url)
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-mark-'))
  const path = join(folder, 'disk')
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return {
    machine,
    path,
    async open(reachable = true) {
      const url = reachable ? server.url : 'redis://127.0.0.1:1'
      const size = { maxBytes: 2 ** 20, maxEntryBytes: 2 ** 18 }
      const redis = { url, prefix: 'sallyport:', timeout: 50, maxEntryBytes: 2 ** 18 }
      const stores = await openStores({ memory: size, disk: { ...size, path }, redis }, systemClock, silent)
      t.after(() => stores.close())
      // It is the engine that hears of purges.
      new Cache({ clock: systemClock, name: 'gate', shareBytes: 2 ** 18, ...stores })
      return stores
    },
  }
}

async function nowhere(store: Store, url: string): Promise<void> {
  const deadline = performance.now() + 5000
  while ((await store.find(url)).length > 0) {
    assert.ok(performance.now() < deadline, `${url} is still there`)
    await nextTurn()
  }
}

async function connected({ bus }: OpenStores): Promise<void> {
  const redis = bus as unknown as { readonly lastPurge: string | undefined; readonly connected: boolean }
  await until(() => redis.connected && redis.lastPurge !== undefined, 'Redis')
}
