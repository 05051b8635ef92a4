import { hash32, mix32 } from '../hash.ts'
import { identityOf } from '../identity.ts'
import type { Member } from '../member.ts'
import { hashPolicy } from './hash-policy.ts'
import type { HashTable } from './hash-table.ts'
import { type CreatePolicy, usable } from './policy.ts'

/**
 * Rendezvous hashing (highest random weight, Thaler and Ravishankar): each member draws a number for the key, the best
 * draw has it. When the set or a weight changes, only the keys move that must, and shares are exact; each pick looks at
 * all members.
 */
export const rendezvous: CreatePolicy = (settings) => hashPolicy(settings, rendezvousTable)

function rendezvousTable(members: readonly Member[]): HashTable {
  const count = members.length
  const first = Uint32Array.from(members, ({ upstream }) => hash32(identityOf(upstream)))
  const second = Uint32Array.from(members, ({ upstream }) => hash32(identityOf(upstream), 1))
  const parts = Float64Array.from(members, ({ weight }) => 1 / weight)

  return function rendezvousLookup(hash, ask) {
    let best: Member | undefined
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < count; i++) {
      const drawn = mix32(Math.imul(hash ^ (first[i] as number), 0x9e3779b1) ^ (second[i] as number))
      // Evenly from 0 to 1, neither of them. The least of -ln(u) / w is the highest of w / -ln(u).
      const u = (drawn + 0.5) / 2 ** 32
      const part = parts[i] as number
      // -ln(u) is at least 1 - u: few need the logarithm.
      if ((1 - u) * part >= least) continue
      const cost = -Math.log(u) * part
      if (cost >= least) continue
      const member = members[i] as Member
      if (!usable(member, ask)) continue
      best = member
      least = cost
    }
    return best
  }
}
