import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { flawedCache } from './leak/flawed-cache.ts'
import type { Secret } from './leak/model.ts'
import { runLeakFuzz } from './leak/run.ts'

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
