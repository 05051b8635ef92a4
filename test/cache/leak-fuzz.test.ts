import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { Cache } from '../../src/cache/cache.ts'
import { compileKey } from '../../src/cache/key-options.ts'
import { cacheLayer } from '../../src/cache/layer.ts'
import { createMemoryStore } from '../../src/cache/memory/memory-store.ts'
import type { CachePlan } from '../../src/cache/plan.ts'
import type { Clock } from '../../src/contract/clock.ts'
import type { Layer } from '../../src/contract/layer.ts'
import { seededRandom } from '../support/random.ts'
import { flawedCache } from './leak/flawed-cache.ts'
import type { Secret } from './leak/model.ts'
import { type LeakReport, runLeakFuzz } from './leak/run.ts'

const flaws: readonly Secret[] = [
  'body',
  'target',
  'request no-store',
  'private',
  'no-cache',
  'authorization',
  'set-cookie',
  'vary',
  'unkeyed',
]

describe('the fuzzer finds a cache that leaks', () => {
  for (const flaw of flaws) {
    test(`one that pays no heed to ${flaw}`, async () => {
      const { leaks } = await runLeakFuzz({
        seed: 1,
        exchanges: 5000,
        layer: (_, asks, made) => flawedCache(flaw, asks, made),
      })

      assert.deepEqual(new Set(leaks.map(({ why }) => why)), new Set([flaw]))
    })
  }

  test('and nothing in one that has no flaw', async () => {
    const { leaks, unfinished, sharedWithOther } = await runLeakFuzz({
      seed: 1,
      exchanges: 5000,
      layer: (_, asks, made) => flawedCache(undefined, asks, made),
    })

    assert.deepEqual(leaks, [])
    assert.equal(unfinished, 0)
    assert.ok(sharedWithOther > 100, `${sharedWithOther}`)
  })
})

const plan: CachePlan = {
  key: compileKey('key', undefined),
  freshness: {
    ttl: undefined,
    defaultTtl: undefined,
    negativeTtl: undefined,
    heuristicShare: 0.1,
    heuristicMax: 86_400_000,
  },
  storeSetCookie: false,
  targets: ['cdn-cache-control'],
  surrogate: undefined,
  staleWhileRevalidate: 0,
  staleIfError: 0,
  grace: 0,
  keep: 3_600_000,
  maxEntryBytes: 1024 * 1024,
  collapse: 5000,
  status: true,
  obeysRequests: true,
  bypass: undefined,
}

function makeLayer(clock: Clock): Layer {
  const store = createMemoryStore({ maxBytes: 1024 * 1024, maxEntryBytes: 1024 * 1024, clock, random: seededRandom(1) })
  const cache = new Cache({ clock, store, name: 'gate', shareBytes: 64 * 1024, bus: undefined })
  return cacheLayer(cache, () => plan)
}

describe('100,000 random exchanges of two clients with the cache', () => {
  let report: LeakReport
  before(async () => {
    report = await runLeakFuzz({ seed: 1, exchanges: 100_000, layer: makeLayer })
  })

  test('nothing that is for one request alone answers another', () => {
    assert.deepEqual(
      report.leaks.filter(({ why }) => why !== 'no-cache'),
      [],
    )
  })

  test('what says no-cache answers nobody without the word of the upstream', () => {
    assert.deepEqual(
      report.leaks.filter(({ why }) => why === 'no-cache'),
      [],
    )
  })

  test('every exchange ends, once', () => {
    assert.equal(report.unfinished, 0)
  })

  test('what may be shared is', () => {
    assert.ok(report.sharedWithOther > 15_000, `${report.sharedWithOther} answers made for the other client`)
  })
})
