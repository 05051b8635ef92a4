import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MirrorOptions, readMirrorSettings } from '../../../src/balance/shape/mirror-options.ts'

test('by default all GET, HEAD and OPTIONS are copied, 100 at a time, with 64 KiB of content, for ten seconds', () => {
  const settings = readMirrorSettings('mirror', { pool: 'next' })

  assert.deepEqual(settings, {
    pool: 'next',
    share: 1,
    maxConcurrent: 100,
    bodyLimit: 65_536,
    timeout: 10_000,
    methods: new Set(['GET', 'HEAD', 'OPTIONS']),
  })
  assert.ok(Object.isFrozen(settings))
})

const wrong: readonly [MirrorOptions, RegExp][] = [
  [{} as MirrorOptions, /'mirror\.pool' is missing/],
  [{ pool: 'a', share: 1.1 }, /'mirror\.share' is 1\.1: give a number from 0 to 1/],
  [{ pool: 'a', share: Number.NaN }, /'mirror\.share' is NaN/],
  [{ pool: 'a', maxConcurrent: 0 }, /'mirror\.maxConcurrent' is 0/],
  [{ pool: 'a', timeout: 0 }, /'mirror\.timeout' is 0: a copy needs an end/],
  [{ pool: 'a', bodyLimit: false as unknown as number }, /'mirror\.bodyLimit' is false/],
  [{ pool: 'a', methods: [] }, /'mirror\.methods' is a list: give a list of methods/],
  [{ pool: 'a', methods: ['get'] }, /'mirror\.methods' is "get": a method is written in capitals/],
  [{ pool: 'a', methods: ['CONNECT'] }, /'mirror\.methods' is "CONNECT": a tunnel cannot be copied/],
  [{ pool: 'a', shares: 1 } as MirrorOptions, /Did you mean 'share'/],
]

for (const [given, message] of wrong) {
  test(`refused with its reason: ${JSON.stringify(given)}`, () => {
    assert.throws(() => readMirrorSettings('mirror', given), { name: 'OptionError', message })
  })
}
