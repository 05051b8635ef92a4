import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OptionError } from '../../src/contract/options.ts'
import { poolBed, urls } from './pool-bed.ts'

test('weights at both ends of what is allowed leave the default policy someone to pick', () => {
  const [a, b] = urls(2) as [string, string]
  const { pool, names } = poolBed({
    upstreams: [
      { url: a, weight: 1e9 },
      { url: b, weight: 1e-9 },
    ],
  })

  assert.equal(names(20).length, 20)
  pool.drain('a:80')
  assert.deepEqual(names(3), ['b:80', 'b:80', 'b:80'])
})

test('attack: weights whose sum or quotient is no number are refused, wherever they come from', () => {
  const url = urls(1)[0] as string
  const { pool } = poolBed({ upstreams: [url] })

  for (const weight of [
    1e308,
    1.1e9,
    5e-324,
    1e-10,
    0,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '5' as unknown as number,
  ]) {
    assert.throws(() => pool.weight('a:80', weight), OptionError, String(weight))
    assert.throws(() => pool.add({ url: 'http://b', weight }), OptionError, String(weight))
    assert.throws(() => poolBed({ upstreams: [{ url, weight }] }), OptionError, String(weight))
  }
  assert.equal(pool.list()[0]?.weight, 1)
})
