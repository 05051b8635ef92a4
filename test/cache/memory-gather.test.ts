import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gather } from '../../src/cache/memory/gather.ts'
import { bytesOf } from './store-bed.ts'

test('a large chunk is kept as it is', () => {
  const gather = new Gather()
  const chunk = Buffer.allocUnsafeSlow(40_000)
  gather.add(chunk)

  assert.equal(gather.end()[0], chunk)
  assert.equal(gather.held, 40_000)
})

test('a view of a much larger buffer is copied, so that it does not hold the whole', () => {
  const slab = bytesOf(1 << 20)
  for (const size of [10, 1000, 20_000, 500_000]) {
    const gather = new Gather()
    gather.add(slab.subarray(100, 100 + size))

    const [piece] = gather.end()
    assert.notEqual(piece?.buffer, slab.buffer)
    assert.ok((piece?.buffer.byteLength ?? 0) <= 2 * size)
    assert.ok(piece?.equals(slab.subarray(100, 100 + size)))
  }
})

test('small chunks are joined as they come, and cost no more than their bytes', () => {
  const whole = bytesOf(200_000)
  const gather = new Gather()
  for (let at = 0; at < whole.length; at++) {
    gather.add(whole.subarray(at, at + 1))
    assert.ok(gather.held <= at + 1 + 65_536, `${gather.held} bytes held for ${at + 1}`)
  }

  const pieces = gather.end()
  assert.ok(Buffer.concat(pieces as Buffer[]).equals(whole))
  assert.ok(pieces.length <= 5, `${pieces.length} pieces`)
  assert.equal(gather.held, 200_000)
})

test('a chunk that others may be reading is never written into', () => {
  const first = bytesOf(100)
  const before = Buffer.from(first)
  const gather = new Gather()
  gather.add(first)
  gather.add(bytesOf(100, 50))

  assert.ok(first.equals(before))
  assert.ok(Buffer.concat(gather.end() as Buffer[]).equals(Buffer.concat([before, bytesOf(100, 50)])))
})

test('small and large chunks in any order come out as they went in', () => {
  for (let seed = 1; seed < 200; seed++) {
    const gather = new Gather()
    const all: Buffer[] = []
    for (let i = 0; i < 12; i++) {
      const chunk = bytesOf((seed * 7919 * (i + 1) * (i + seed)) % (i % 3 === 0 ? 40_000 : 9000), i)
      all.push(Buffer.from(chunk))
      gather.add(chunk)
    }
    const whole = Buffer.concat(all)
    const pieces = gather.end() as Buffer[]

    assert.ok(Buffer.concat(pieces).equals(whole), `seed ${seed}`)
    assert.equal(gather.size, whole.length)
    assert.equal(
      gather.held,
      pieces.reduce((sum, piece) => sum + piece.buffer.byteLength, 0),
    )
  }
})
