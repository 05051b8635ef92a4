/**
 * MurmurHash3 (x86, 32 bits) of the text's UTF-8 bytes, unsigned. The same on every machine and after every restart. It
 * keeps no secret: who may choose a key may choose its hash.
 */
export function hash32(text: string, seed = 0): number {
  const length = text.length
  const blocks = length & ~3
  let h = seed | 0
  let high = 0

  for (let i = 0; i < blocks; i += 4) {
    const a = text.charCodeAt(i)
    const b = text.charCodeAt(i + 1)
    const c = text.charCodeAt(i + 2)
    const d = text.charCodeAt(i + 3)
    high |= a | b | c | d
    h ^= scrambled(a | (b << 8) | (c << 16) | (d << 24))
    h = Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64
  }
  let tail = 0
  for (let i = length - 1; i >= blocks; i--) {
    const code = text.charCodeAt(i)
    high |= code
    tail = (tail << 8) | code
  }
  // Rare: one code unit is one byte for ASCII alone.
  if (high > 0x7f) return hashBytes(text, seed)
  return mix32(h ^ scrambled(tail) ^ length)
}

/** Its finaliser: every bit of the number moves every bit of the result; no two numbers have the same. Unsigned. */
export function mix32(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/**
 * Trials that each decide one thing about a key: the side of a split, the level and locality of a pool, whether it goes to
 * one that starts slowly. No two are the same, or all of a canary's keys would meet in one locality. Small numbers are left
 * to those who look for another member.
 */
export const trials = { side: 0x6a09e667, level: 0x2545f491, start: 0x51ed270b } as const

/** The hash of another trial for the same key, the first being 1. Tells nothing of the key's other trials. */
export function rehash(hash: number, trial: number): number {
  return mix32(hash + Math.imul(trial, 0x9e3779b9))
}

function scrambled(k: number): number {
  k = Math.imul(k, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}

function hashBytes(text: string, seed: number): number {
  const bytes = Buffer.from(text)
  const blocks = bytes.length & ~3
  let h = seed | 0
  for (let i = 0; i < blocks; i += 4) {
    h ^= scrambled(bytes.readInt32LE(i))
    h = Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64
  }
  let tail = 0
  for (let i = bytes.length - 1; i >= blocks; i--) tail = (tail << 8) | (bytes[i] as number)
  return mix32(h ^ scrambled(tail) ^ bytes.length)
}
