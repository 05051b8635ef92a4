import type { Head } from '../head.ts'

/**
 * 32 bits of what a variant is found by. Seeded, so that nobody outside can choose names that meet. Two that meet share
 * their past with the eviction policy, never their content.
 */
export function keyHash(head: Head, seed: number): number {
  let hash = mixed(seed, head.url)
  if (head.extra !== '') hash = mixed(hash, head.extra)
  for (const part of head.vary) hash = mixed(hash, part)
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function mixed(hash: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x5bd1e995)
    hash ^= hash >>> 15
  }
  return Math.imul(hash ^ text.length, 0x5bd1e995)
}
