import { identityOf } from '../identity.ts'
import type { Member } from '../member.ts'
import type { PolicyAsk } from './policy.ts'

/**
 * Knows for each hash an order of the members that is this hash's own, and gives the first of them that is usable;
 * undefined when none is. One that is not usable is passed over for this key alone: other keys keep their place.
 * `hash` is not always `ask.hash`.
 */
export type HashTable = (hash: number, ask: PolicyAsk) => Member | undefined

/** Builds the table of these members: one or more, in the order that `inOrder` gives. */
export type BuildTable = (members: readonly Member[]) => HashTable

/** Places of a table that are tried before all members are looked at in turn. */
export const places = 64

/** Those that have a share, in an order that does not depend on the one given. */
export function inOrder(members: readonly Member[]): Member[] {
  return members
    .filter((member) => member.weight > 0)
    .map((member) => ({ member, identity: identityOf(member.upstream) }))
    .sort((a, b) => (a.identity < b.identity ? -1 : 1))
    .map(({ member }) => member)
}
