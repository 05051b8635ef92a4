import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPool } from '../../src/balance/pool.ts'
import { createUpstream } from '../../src/upstream/origin.ts'

const at = (url: string) => createUpstream('upstream', url)

test('a pool gives leases in turn', () => {
  const upstreams = [at('http://127.0.0.1:1'), at('http://127.0.0.1:2')]
  const pool = createPool('two', upstreams, { random: () => 0 })

  const names = [0, 1, 2].map(() => pool.pick({ exchange: undefined, tried: [] })?.upstream.port)

  assert.deepEqual(names, [1, 2, 1])
  assert.equal(pool.name, 'two')
  assert.equal(pool.upstreams, upstreams)
  assert.equal(pool.pick({ exchange: undefined, tried: upstreams }), undefined)
})

test('an empty pool is refused', () => {
  assert.throws(() => createPool('none', []), /give at least one URL/)
})

test('an upstream that stands twice is refused; one origin with two paths is two', () => {
  assert.throws(() => createPool('a', [at('http://a.test'), at('http://a.test/')]), /stands twice/)
  assert.equal(createPool('a', [at('http://a.test/x'), at('http://a.test/y')]).upstreams.length, 2)
})
