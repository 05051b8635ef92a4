import type { Member } from '../member.ts'
import { DeadlineTurn } from './deadline-turn.ts'
import { type Policy, type PolicyAsk, type PolicySettings, usable } from './policy.ts'
import { randomStart, SmoothTurn, settleCredits } from './smooth-turn.ts'

/** Up to so many members the smooth turn looks at all of them; above, deadlines cost less. */
const smoothUpTo = 64

/** In turn, by weight. Fair over time and blind to load. Begins at a random place of its cycle. */
export function roundRobin(settings: PolicySettings): Policy {
  const turn = new SmoothTurn()
  const deadlines = new DeadlineTurn(settings)
  let members: readonly Member[] = []
  let begun = false

  function smooth(ask: PolicyAsk): Member | undefined {
    for (let i = 0; i < members.length; i++) {
      const member = members[i] as Member
      if (usable(member, ask)) turn.enter(member, member.weightAt(ask.now, settings.slowStart))
    }
    return turn.take()
  }

  return {
    update(next) {
      deadlines.leave()
      members = [...next]
      const total = settleCredits(members)
      if (members.length > smoothUpTo) deadlines.enter(members, total)
    },
    pick(ask) {
      const small = members.length <= smoothUpTo
      if (!begun && members.length > 0) {
        begun = true
        if (small) randomStart(members, settings, ask.now)
      }
      return small ? smooth(ask) : deadlines.pick(ask)
    },
  }
}
