import { rehash, trials } from '../hash.ts'
import type { Member } from '../member.ts'
import { LoadBounds } from './bounded-load.ts'
import { type BuildTable, type HashTable, inOrder } from './hash-table.ts'
import type { Policy, PolicyAsk, PolicySettings } from './policy.ts'

/** Jumps before all are looked at in turn. Enough where two thirds of the group are at their bound. */
const jumps = 16

/**
 * A policy over a table, which is built at the first pick after a change.
 *
 * A member that is at its load bound, or that starts slowly and does not have this key yet, is passed over by a jump: the
 * key is hashed again and looked up as another key would be. So what one member cannot take is spread over all; going on
 * to the next in order would fill that one, then the next, and so on around the ring (arXiv 1908.08762; Envoy jumps too).
 * The jumps are the key's own: exchanges of one key stay together when they overflow.
 */
export function hashPolicy({ boundedLoad, slowStart }: PolicySettings, build: BuildTable): Policy {
  let given: readonly Member[] | undefined
  let table: HashTable | undefined
  let bounds: LoadBounds | undefined

  function rebuild(): void {
    const members = inOrder(given as readonly Member[])
    given = undefined
    table = members.length === 0 ? undefined : build(members)
    bounds = boundedLoad === undefined || members.length < 2 ? undefined : new LoadBounds(boundedLoad, members)
  }

  function takes(member: Member, ask: PolicyAsk): boolean {
    if (bounds?.reached(member)) return false
    if (member.rampSince === undefined || slowStart === undefined) return true
    // By keys, not by chance: as its share grows it gets more keys, and keeps those that it has.
    return rehash(ask.hash, trials.start) * member.weight < member.weightAt(ask.now, slowStart) * 2 ** 32
  }

  return {
    update(members) {
      given = [...members]
    },

    pick(ask) {
      if (given !== undefined) rebuild()
      const home = table?.(ask.hash, ask)
      if (table === undefined || home === undefined) return undefined
      bounds?.begin()
      if (takes(home, ask)) return home

      for (let trial = 1; trial <= jumps; trial++) {
        const other = table(rehash(ask.hash, trial), ask) as Member
        if (takes(other, ask)) return other
      }
      if (bounds?.reached(home)) return bounds.below(rehash(ask.hash, jumps + 1), ask) ?? home
      return home
    },
  }
}
