import type { Member } from '../member.ts'
import { type Policy, type PolicyAsk, type PolicySettings, usable } from './policy.ts'
import { Ration } from './ration.ts'
import { WeightedSample } from './sample.ts'
import { randomStart, SmoothTurn, settleCredits } from './smooth-turn.ts'

/** Up to so many members all are compared; above, two of them. */
export const compareUpTo = 16

/** Pairs that are drawn before all members are compared. */
const pairs = 4

/** Costs that differ by less than this part of them are equal. */
const same = 1 + 1e-9

/**
 * The member with the least `latency * (1 + active / w)`, where `w` is its weight now over the mean weight of the group.
 * For equal weights that is Finagle's `latency * (pending + 1)`.
 *
 * A small group is compared as a whole: of two drawn from a pair the busier one would be taken too often. In a large one two
 * different members, drawn by weight, are compared. Equal costs are resolved by the smooth turn, so that a group without
 * load takes turns by weight. In slow start nobody gets more than the share of his weight, however little he costs.
 *
 * @param latencyOf of a member, at least above 0; NaN when it is not known: it counts as the mean of the others
 */
export function leastCost(settings: PolicySettings, latencyOf: (member: Member, now: number) => number): Policy {
  const { slowStart } = settings
  const sample = new WeightedSample(settings)
  const turn = new SmoothTurn()
  const ration = new Ration()
  let members: readonly Member[] = []
  let meanWeight = 1
  let costs = new Float64Array(0)
  let begun = false

  function load(member: Member, weight: number): number {
    return 1 + (member.active * meanWeight) / weight
  }

  function all(ask: PolicyAsk): Member | undefined {
    const { now } = ask
    let known = 0
    let latencies = 0
    let ramping = false
    for (let i = 0; i < members.length; i++) {
      const member = members[i] as Member
      const latency = usable(member, ask) ? latencyOf(member, now) : Number.POSITIVE_INFINITY
      costs[i] = latency
      if (member.rampSince !== undefined) ramping = true
      if (latency < Number.POSITIVE_INFINITY) {
        latencies += latency
        known++
      }
    }
    if (ramping) hold(now)
    const mean = known === 0 ? 1 : latencies / known
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < members.length; i++) {
      let cost = costs[i] as number
      if (cost === Number.POSITIVE_INFINITY) continue
      if (Number.isNaN(cost)) cost = mean
      const member = members[i] as Member
      cost *= load(member, member.weightAt(now, slowStart))
      costs[i] = cost
      if (cost < least) least = cost
    }
    if (least === Number.POSITIVE_INFINITY) return undefined
    for (let i = 0; i < members.length; i++) {
      if ((costs[i] as number) > least * same) continue
      const member = members[i] as Member
      turn.enter(member, member.weightAt(now, slowStart))
    }
    const chosen = turn.take() as Member
    if (ramping) ration.spend(chosen)
    return chosen
  }

  /** Those in slow start that have had their share are left out, as long as there are others. */
  function hold(now: number): void {
    let total = 0
    for (let i = 0; i < members.length; i++) {
      if (costs[i] !== Number.POSITIVE_INFINITY) total += (members[i] as Member).weightAt(now, slowStart)
    }
    let free = false
    for (let i = 0; i < members.length; i++) {
      if (costs[i] === Number.POSITIVE_INFINITY) continue
      const member = members[i] as Member
      if (!isRamping(member) || ration.gain(member, member.weightAt(now, slowStart) / total)) free = true
    }
    if (!free) return
    for (let i = 0; i < members.length; i++) {
      const member = members[i] as Member
      if (isRamping(member) && !ration.mayBeGiven(member)) costs[i] = Number.POSITIVE_INFINITY
    }
  }

  function isRamping({ rampSince }: Member): boolean {
    return slowStart !== undefined && rampSince !== undefined
  }

  function two(ask: PolicyAsk): Member | undefined {
    for (let i = 0; i < pairs; i++) {
      const first = sample.draw(ask.now)
      const second = sample.drawOther(first, ask.now)
      if (!usable(second, ask)) {
        if (usable(first, ask)) return first
      } else if (usable(first, ask)) return better(first, second, ask.now)
      else return second
    }
    return all(ask)
  }

  function better(first: Member, second: Member, now: number): Member | undefined {
    const firstWeight = first.weightAt(now, slowStart)
    const secondWeight = second.weightAt(now, slowStart)
    let a = latencyOf(first, now)
    let b = latencyOf(second, now)
    // The mean of a large group would have to be looked for. That of many pairs is the same.
    if (Number.isNaN(a)) a = Number.isNaN(b) ? 1 : b
    if (Number.isNaN(b)) b = a
    a *= load(first, firstWeight)
    b *= load(second, secondWeight)
    if (a * same < b) return first
    if (b * same < a) return second
    // They were drawn by weight. A turn by weight between them would count it twice.
    if (firstWeight !== secondWeight) return first
    turn.enter(first, firstWeight)
    turn.enter(second, secondWeight)
    return turn.take()
  }

  return {
    update(next) {
      members = [...next]
      sample.update(members)
      meanWeight = settleCredits(members) / members.length
      if (costs.length < members.length) costs = new Float64Array(members.length)
    },
    pick(ask) {
      if (members.length > compareUpTo) return two(ask)
      if (!begun && members.length > 0) {
        begun = true
        randomStart(members, settings, ask.now)
      }
      return all(ask)
    },
  }
}
