import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSplit, type Split } from '../../../src/balance/shape/split.ts'
import type { SplitOptions } from '../../../src/balance/shape/split-options.ts'
import { OptionError } from '../../../src/contract/options.ts'
import type { Pool } from '../../../src/contract/pool.ts'
import { exchangeWith } from '../../http/exchange-with.ts'
import { seededRandom } from '../../support/random.ts'
import { counted, poolBed } from '../pool-bed.ts'

const named = new Map<string, Pool>()

function poolNamed(name: string): Pool {
  if (name === 'nowhere') throw new OptionError('pool', name, 'there is no such pool')
  const pool = named.get(name) ?? ({ name } as Pool)
  named.set(name, pool)
  return pool
}

function splitOf(options: SplitOptions, random = seededRandom(1)): Split {
  return readSplit('split', options, { poolNamed, random })
}

const stableAndCanary = (weight: number): SplitOptions => ({
  pools: [
    { pool: 'stable', weight: 100 - weight },
    { pool: 'canary', weight },
  ],
})

function counts(split: Split, times: number): Record<string, number> {
  const seen: Record<string, number> = {}
  for (let i = 0; i < times; i++) {
    const { name } = split.choose(exchangeWith({}))
    seen[name] = (seen[name] ?? 0) + 1
  }
  return seen
}

test('each exchange is drawn by weight', () => {
  const { stable = 0, canary = 0 } = counts(splitOf(stableAndCanary(5)), 20_000)

  assert.equal(stable + canary, 20_000)
  assert.ok(canary > 900 && canary < 1100, `${canary} of 20000`)
})

test('every number that chance may give finds a pool with a weight', () => {
  const pools = [
    { pool: 'none', weight: 0 },
    { pool: 'a', weight: 0.1 },
    { pool: 'b', weight: 0.2 },
    { pool: 'last', weight: 0 },
  ]
  const at = (chance: number): string => splitOf({ pools }, () => chance).choose(undefined).name

  assert.deepEqual([at(0), at(0.33), at(0.34), at(1 - 2 ** -53), at(1)], ['a', 'a', 'b', 'b', 'b'])
})

test('a rule comes before the weights; the first that matches decides', () => {
  const split = splitOf({
    pools: [
      { pool: 'stable', weight: 1 },
      { pool: 'canary', weight: 0 },
      { pool: 'beta', weight: 0 },
    ],
    rules: [
      { pool: 'canary', when: { field: 'X-Canary', value: '1' } },
      { pool: 'beta', when: { cookie: 'ring', value: /^(beta|early)$/g } },
      { pool: 'canary', when: { cookie: 'canary' } },
    ],
  })
  const sent = (...fields: string[]): string => split.choose(exchangeWith({ fields })).name

  assert.equal(sent(), 'stable')
  assert.equal(sent('x-canary', '1'), 'canary')
  assert.equal(sent('x-canary', '11'), 'stable')
  assert.equal(sent('X-CANARY', '0', 'Cookie', 'a=b; canary=no'), 'canary')
  for (let i = 0; i < 3; i++) assert.equal(sent('cookie', 'ring=beta'), 'beta')
  assert.equal(sent('cookie', 'ring=betas'), 'stable')
  assert.equal(sent('x-canary', '1', 'cookie', 'ring=beta'), 'canary')
  assert.equal(split.choose(undefined).name, 'stable')
})

test('a rule may name a pool that has no share', () => {
  const split = splitOf({ pools: [{ pool: 'stable', weight: 1 }], rules: [{ pool: 'lab', when: { field: 'x-lab' } }] })

  assert.equal(split.choose(exchangeWith({ fields: ['x-lab', ''] })).name, 'lab')
})

const clientAt = (i: number) => exchangeWith({ client: { ip: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}` } })

test('by a key, one client stays on its side, and the sides have their shares', () => {
  const split = splitOf({ ...stableAndCanary(20), by: 'client' })
  const first = Array.from({ length: 5000 }, (_, i) => split.choose(clientAt(i)).name)
  const again = Array.from({ length: 5000 }, (_, i) => split.choose(clientAt(i)).name)

  assert.deepEqual(again, first)
  const canary = first.filter((name) => name === 'canary').length
  assert.ok(canary > 850 && canary < 1150, `${canary} of 5000`)
})

test('a canary that hashes the same key uses all of its localities', () => {
  const { pool } = poolBed({
    policy: 'ring-hash',
    upstreams: ['east', 'west'].map((locality) => ({ url: `http://${locality}`, locality })),
  })
  const split = splitOf({ ...stableAndCanary(10), by: 'client' })
  const canary = Array.from({ length: 5000 }, (_, i) => clientAt(i)).filter(
    (one) => split.choose(one).name === 'canary',
  )

  const names = canary.map((exchange) => pool.pick({ exchange, tried: [] })?.upstream.name ?? 'nobody')

  const { 'east:80': east = 0, 'west:80': west = 0 } = counted(names)
  assert.ok(canary.length > 400)
  assert.ok(east > canary.length / 3 && west > canary.length / 3, `east ${east}, west ${west}`)
})

test('an exchange without the key is drawn by chance', () => {
  const split = splitOf({ ...stableAndCanary(50), by: { cookie: 'sid' } })

  const { stable = 0, canary = 0 } = counts(split, 2000)

  assert.ok(stable > 850 && canary > 850)
})

test('a larger canary takes clients over from the stable side, and sends none back', () => {
  const split = splitOf({ ...stableAndCanary(10), by: 'client' })
  const side = (): string[] => Array.from({ length: 5000 }, (_, i) => split.choose(clientAt(i)).name)
  const before = side()

  split.setWeights({ canary: 30, stable: 70 })
  const after = side()

  const moved = after.filter((name, i) => name !== before[i])
  assert.ok(moved.length > 850 && moved.length < 1150, `${moved.length} of 5000`)
  assert.ok(moved.every((name) => name === 'canary'))
  assert.deepEqual(split.weights, { stable: 70, canary: 30 })
})

test('weights can be set to 0 and back; those that are not named stay', () => {
  const split = splitOf(stableAndCanary(50))

  split.setWeights({ canary: 0 })
  assert.deepEqual(counts(split, 100), { stable: 100 })
  split.setWeights({ stable: 0, canary: 1 })
  assert.deepEqual(counts(split, 100), { canary: 100 })
})

test('a bad change of weights throws and changes nothing', () => {
  const split = splitOf(stableAndCanary(5))

  assert.throws(() => split.setWeights({ canari: 1 }), /'split\.canari' is 1: the split has stable, canary/)
  assert.throws(() => split.setWeights({ toString: 1 } as never), OptionError)
  assert.throws(() => split.setWeights({ canary: -1 }), /weight of 'canary'' is -1/)
  assert.throws(() => split.setWeights({ canary: 0, stable: 0 }), /at least one weight has to be above 0/)

  assert.deepEqual(split.weights, { stable: 95, canary: 5 })
})

const a = { pool: 'a', weight: 1 }
const wrong: readonly [unknown, RegExp][] = [
  [{}, /'split\.pools' is missing/],
  [{ pools: [] }, /'split\.pools' is a list: give a list such as/],
  [{ pools: [a, a] }, /'split\.pools\[1\]\.pool' is "a": it stands twice/],
  [{ pools: [{ weight: 1 }] }, /'split\.pools\[0\]\.pool' is missing/],
  [{ pools: [{ pool: 'a', weight: Number.NaN }] }, /weight of 'a'' is NaN/],
  [{ pools: [{ pool: 'a' }] }, /weight of 'a'' is missing/],
  [{ pools: [{ pool: 'a', weight: 0 }] }, /at least one weight/],
  [{ pools: [{ pool: 'nowhere', weight: 1 }] }, /there is no such pool/],
  [{ pools: [{ ...a, weigth: 1 }] }, /Did you mean 'weight'/],
  [{ pools: [a], rules: {} }, /'split\.rules' is an object/],
  [{ pools: [a], rules: [{ pool: 'a' }] }, /'split\.rules\[0\]\.when' is missing/],
  [{ pools: [a], rules: [{ pool: 'a', when: {} }] }, /'split\.rules\[0\]\.when' is an object: give \{ field/],
  [{ pools: [a], rules: [{ pool: 'a', when: { field: 'a', cookie: 'a' } }] }, /'split\.rules\[0\]\.when' is an object/],
  [{ pools: [a], rules: [{ pool: 'a', when: { field: 'a b' } }] }, /'split\.rules\[0\]\.when\.field' is "a b"/],
  [{ pools: [a], rules: [{ pool: 'a', when: { cookie: 'a', value: 1 } }] }, /'split\.rules\[0\]\.when\.value' is 1/],
  [{ pools: [a], by: 'moon' }, /'split\.by' is "moon"/],
]

for (const [given, message] of wrong) {
  test(`refused with its reason: ${JSON.stringify(given)}`, () => {
    assert.throws(() => splitOf(given as SplitOptions), { name: 'OptionError', message })
  })
}
