import { hash32, mix32 } from '../hash.ts'
import { identityOf } from '../identity.ts'
import type { Member } from '../member.ts'
import { hashPolicy } from './hash-policy.ts'
import { type HashTable, places } from './hash-table.ts'
import { type CreatePolicy, usable } from './policy.ts'
import { scan } from './scan.ts'

/** Points of a member of average weight: shares are off by about 4 %. Envoy's and ketama's 100 to 160 give 8 to 10. */
const pointsOfOne = 512
/** Points of a ring: above this many members times 512, each has fewer. */
const mostPoints = 2 ** 18

/**
 * Consistent hashing on a ring: each member stands at many points, a key belongs to the first point at or after it. When
 * the set changes, only the keys of those that came or went move; shares are less even than Maglev's.
 */
export const ringHash: CreatePolicy = (settings) => hashPolicy(settings, ringTable)

function ringTable(members: readonly Member[]): HashTable {
  const { points, owners, starts, shift } = buildRing(members)

  return function ringLookup(hash, ask) {
    let place = starts[hash >>> shift] as number
    while (place < points.length && (points[place] as number) < hash) place++
    for (let i = 0; i < places; i++) {
      if (place === points.length) place = 0
      const member = members[owners[place] as number] as Member
      if (usable(member, ask)) return member
      place++
    }
    return scan(members, mix32(hash + 2), ask)
  }
}

interface Ring {
  /** In ascending order. */
  readonly points: Uint32Array
  /** Index of the member, for each point. */
  readonly owners: Uint32Array
  /** Place of the first point in each of so many equal arcs that one has a point or less on average. */
  readonly starts: Uint32Array
  /** A hash shifted right by it is the number of its arc. */
  readonly shift: number
}

export function buildRing(members: readonly Member[]): Ring {
  const counts = pointCounts(members.map(({ weight }) => weight))
  const total = counts.reduce((sum, count) => sum + count, 0)
  const shift = 32 - Math.max(1, Math.ceil(Math.log2(total)))

  const drawn = new Uint32Array(total)
  const starts = new Uint32Array(2 ** (32 - shift))
  let end = 0
  members.forEach(({ upstream }, owner) => {
    const identity = identityOf(upstream)
    const start = hash32(identity)
    const stride = hash32(identity, 1) | 1
    // The first points of a member are the same however many it has.
    for (let i = 0; i < (counts[owner] as number); i++) {
      const point = mix32(start + Math.imul(stride, i))
      drawn[end++] = point
      starts[point >>> shift] = (starts[point >>> shift] as number) + 1
    }
  })
  let before = 0
  for (let arc = 0; arc < starts.length; arc++) {
    const inside = starts[arc] as number
    starts[arc] = before
    before += inside
  }

  // Hashes are even, so an arc has few points: each goes to its arc and is sorted in there. Quicker than a sort.
  const points = new Uint32Array(total)
  const owners = new Uint32Array(total)
  const ends = starts.slice()
  let read = 0
  for (let owner = 0; owner < members.length; owner++) {
    for (let i = 0; i < (counts[owner] as number); i++) {
      const point = drawn[read++] as number
      const arc = point >>> shift
      const first = starts[arc] as number
      let place = ends[arc] as number
      ends[arc] = place + 1
      for (; place > first && (points[place - 1] as number) > point; place--) {
        points[place] = points[place - 1] as number
        owners[place] = owners[place - 1] as number
      }
      points[place] = point
      owners[place] = owner
    }
  }
  return { points, owners, starts, shift }
}

/**
 * In proportion to weight. The weight that has 512 points is the average, rounded to a power of two: so one that comes or
 * goes seldom changes the number of points of the others, and moves no keys between them.
 */
export function pointCounts(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  let unit = 2 ** Math.round(Math.log2(sum / weights.length))
  while ((sum / unit) * pointsOfOne > mostPoints) unit *= 2
  return weights.map((weight) => Math.max(1, Math.round((weight / unit) * pointsOfOne)))
}
