import { hash32, mix32 } from '../hash.ts'
import { identityOf } from '../identity.ts'
import type { Member } from '../member.ts'
import { hashPolicy } from './hash-policy.ts'
import { type HashTable, places } from './hash-table.ts'
import { type CreatePolicy, usable } from './policy.ts'
import { scan } from './scan.ts'

/** Primes, as the paper has them. */
const small = 65_537
const large = 655_373

/**
 * Consistent hashing by a lookup table (Eisenbud et al., NSDI 2016; weights as Envoy does). The most even of the hash
 * policies and the quickest to pick; when the set changes, a few keys move beside those that must. Shares are whole slots
 * of 65,537; of 655,373 for more than 3,276 members, so that each has 20.
 */
export const maglev: CreatePolicy = (settings) => hashPolicy(settings, (members) => maglevTable(members))

/** @param size number of slots, a prime */
export function maglevTable(members: readonly Member[], size = members.length * 20 > small ? large : small): HashTable {
  // Turns are taken by falling weight: members of one weight stand together, which is quick to build.
  const order = [...members].sort((a, b) => b.weight - a.weight)
  const identities = order.map(({ upstream }) => identityOf(upstream))
  const table = buildMaglevTable(
    identities.map((identity) => hash32(identity) % size),
    identities.map((identity) => (hash32(identity, 1) % (size - 1)) + 1),
    order.map(({ weight }) => weight),
    size,
  )

  return function maglevLookup(hash, ask) {
    let slot = hash % size
    const home = order[table[slot] as number] as Member
    if (usable(home, ask)) return home
    // Each key goes on in a stride of its own, so that the keys of one member are taken over by many.
    const stride = (mix32(hash + 1) % (size - 1)) + 1
    for (let i = 1; i < places; i++) {
      slot += stride
      if (slot >= size) slot -= size
      const member = order[table[slot] as number] as Member
      if (usable(member, ask)) return member
    }
    return scan(members, mix32(hash + 2), ask)
  }
}

/**
 * For each slot the index of the one that has it. Each in turn takes the next slot in its order that is free:
 * `offset + j * skip` modulo `size`, for j = 0, 1, ... With weights, the heaviest takes one in each round; one of weight w
 * has its k-th turn (from 0) in round `k * heaviest / w`.
 *
 * @param offsets from 0 to `size - 1`
 * @param skips from 1 to `size - 1`
 * @param weights more than 0
 * @param size a prime
 */
export function buildMaglevTable(
  offsets: readonly number[],
  skips: readonly number[],
  weights: readonly number[],
  size: number,
): Uint16Array | Uint32Array {
  const count = offsets.length
  const table = count < 0xffff ? new Uint16Array(size) : new Uint32Array(size)
  const free = count < 0xffff ? 0xffff : 0xffffffff
  table.fill(free)
  const runs = runsOf(weights)
  const heaviest = weights.reduce((most, weight) => Math.max(most, weight), 0)
  const next = Uint32Array.from(offsets)
  const skip = Uint32Array.from(skips)

  let left = count === 0 ? 0 : size
  for (let round = 1; left > 0; round++) {
    for (const run of runs) {
      if (round * run.weight < run.target) continue
      run.target += heaviest
      for (let i = run.from; i < run.to && left > 0; i++) {
        let slot = next[i] as number
        const stride = skip[i] as number
        while (table[slot] !== free) {
          slot += stride
          if (slot >= size) slot -= size
        }
        table[slot] = i
        next[i] = slot
        left--
      }
    }
  }
  return table
}

/** Neighbours of one weight, which have their turns in the same rounds. */
interface Run {
  readonly from: number
  to: number
  readonly weight: number
  /** Their next turn is in the first round whose number times their weight reaches it. */
  target: number
}

function runsOf(weights: readonly number[]): Run[] {
  const runs: Run[] = []
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number
    const last = runs.at(-1)
    if (last?.weight === weight) last.to = i + 1
    else runs.push({ from: i, to: i + 1, weight, target: 0 })
  }
  return runs
}
