import type { Member } from '../member.ts'
import { type PolicyAsk, usable } from './policy.ts'

/** The first usable one, `also` included, going around once from a place: the last resort where nearly all are out. */
export function scan(
  members: readonly Member[],
  from: number,
  ask: PolicyAsk,
  also?: (member: Member) => boolean,
): Member | undefined {
  const count = members.length
  let place = from % count
  for (let i = 0; i < count; i++) {
    const member = members[place] as Member
    if (usable(member, ask) && also?.(member) !== false) return member
    if (++place === count) place = 0
  }
  return undefined
}
