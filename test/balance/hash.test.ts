import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hash32, mix32, rehash } from '../../src/balance/hash.ts'

test('it is MurmurHash3 of 32 bits: published vectors come out', () => {
  for (const [text, seed, hash] of [
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['test', 0, 0xba6bd213],
    ['test', 0x9747b28c, 0x704b81dc],
    ['Hello, world!', 0, 0xc0363e43],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    ['aaaa', 0x9747b28c, 0x5a97808a],
    ['aaa', 0x9747b28c, 0x283e0130],
    ['aa', 0x9747b28c, 0x5d211726],
    ['a', 0x9747b28c, 0x7fa09ea6],
    ['abc', 0, 0xb3dd93fa],
    ['The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
    // Of UTF-8 bytes.
    ['ππππππππ', 0x9747b28c, 0xd58063c1],
  ] as const) {
    assert.equal(hash32(text, seed).toString(16), hash.toString(16), JSON.stringify(text))
  }
})

test('text beyond ASCII is hashed as UTF-8, wherever it stands', () => {
  for (const text of ['é', 'abcé', 'éabc', 'abcdefgé', '日本語', '🦊fox', 'abcdé\u0000', 'x\ud800']) {
    assert.equal(hash32(text), murmur(Buffer.from(text)), JSON.stringify(text))
  }
})

test('hashes of names in sequence are spread evenly, in their high and in their low bits', () => {
  for (const bits of [(hash: number) => hash >>> 24, (hash: number) => hash & 255, (hash: number) => hash % 251]) {
    const counts = new Array<number>(256).fill(0)
    for (let i = 0; i < 256_000; i++) {
      const bucket = bits(hash32(`10.0.${i >> 8}.${i & 255}:8080`))
      counts[bucket] = (counts[bucket] as number) + 1
    }
    const used = counts.filter((count) => count > 0)
    const fair = 256_000 / used.length
    const chiSquare = used.reduce((sum, count) => sum + (count - fair) ** 2 / fair, 0)

    assert.ok(used.length >= 251)
    // 255 degrees of freedom: 99.99 % are below 350.
    assert.ok(chiSquare < 350, `${chiSquare}`)
  }
})

test('no two numbers mix to the same, and each bit moves half of the bits', () => {
  const seen = new Set<number>()
  for (let i = 0; i < 100_000; i++) seen.add(mix32(i))
  assert.equal(seen.size, 100_000)

  for (let bit = 0; bit < 32; bit++) {
    let changed = 0
    for (let i = 0; i < 1000; i++) changed += ones(mix32(i) ^ mix32(i ^ (1 << bit)))
    assert.ok(Math.abs(changed / 1000 - 16) < 1, `bit ${bit}: ${changed / 1000}`)
  }
})

test('the trials of one key are the same each time, and tell nothing of another key', () => {
  assert.equal(rehash(42, 3), rehash(42, 3))
  const both = new Set<number>()
  for (let key = 0; key < 1000; key++) for (let trial = 1; trial <= 10; trial++) both.add(rehash(mix32(key), trial))
  assert.ok(both.size > 9_990)
})

function ones(number: number): number {
  let count = 0
  for (let rest = number >>> 0; rest !== 0; rest >>>= 1) count += rest & 1
  return count
}

/** As it stands in its author's reference, over bytes. */
function murmur(bytes: Buffer): number {
  let h = 0
  const rotated = (k: number, by: number): number => (k << by) | (k >>> (32 - by))
  const scrambled = (k: number): number => Math.imul(rotated(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593)
  let i = 0
  for (; i + 4 <= bytes.length; i += 4) {
    h = (Math.imul(rotated(h ^ scrambled(bytes.readInt32LE(i)), 13), 5) + 0xe6546b64) | 0
  }
  const rest = Buffer.alloc(4)
  bytes.copy(rest, 0, i)
  h ^= scrambled(rest.readInt32LE(0)) ^ bytes.length
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
