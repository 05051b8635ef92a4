import type { Member } from '../member.ts'
import { type Policy, usable } from './policy.ts'

/** The first in the given order that has room: few are kept busy, the rest is spare. Weights count for nothing. */
export function firstAvailable(): Policy {
  let members: readonly Member[] = []

  return {
    update(next) {
      members = [...next]
    },
    pick(ask) {
      for (const member of members) if (usable(member, ask)) return member
      return undefined
    },
  }
}
