import type { Member } from '../member.ts'
import { type Policy, type PolicyAsk, type PolicySettings, usable } from './policy.ts'
import { WeightedSample } from './sample.ts'

/** Draws before the members that can be had are looked for one by one. */
const draws = 8

/** By chance, in proportion to the weights. Blind to load; for many processes that know nothing of one another. */
export function random(settings: PolicySettings): Policy {
  const sample = new WeightedSample(settings)
  let members: readonly Member[] = []

  /** Each usable one replaces the one held so far with the chance that its weight has of all before it. */
  function search(ask: PolicyAsk): Member | undefined {
    let held: Member | undefined
    let total = 0
    for (const member of members) {
      if (!usable(member, ask)) continue
      const weight = member.weightAt(ask.now, settings.slowStart)
      total += weight
      if (settings.random() * total < weight) held = member
    }
    return held
  }

  return {
    update(next) {
      members = [...next]
      sample.update(members)
    },
    pick(ask) {
      if (members.length === 0) return undefined
      for (let i = 0; i < draws; i++) {
        const member = sample.draw(ask.now)
        if (usable(member, ask)) return member
      }
      return search(ask)
    },
  }
}
