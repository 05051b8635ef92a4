import type { Member } from '../member.ts'
import type { PolicySettings } from './policy.ts'

/**
 * Smooth weighted round-robin (nginx, commit 52327e06): everyone who takes part gains its weight as credit, the richest is
 * chosen and pays what all have gained. Weights 5, 1, 1 give a a b a c a a. Who takes no part keeps its credit as it is: it
 * neither loses its turn nor saves up turns.
 *
 * One turn is an `enter` for each who takes part, then a `take`.
 */
export class SmoothTurn {
  #richest: Member | undefined
  #gained = 0

  enter(member: Member, weight: number): void {
    this.#gained += weight
    member.credit += weight
    if (this.#richest === undefined || member.credit > this.#richest.credit) this.#richest = member
  }

  /** Whose turn it is: of equally rich ones the first that entered; undefined when nobody did. */
  take(): Member | undefined {
    const richest = this.#richest
    if (richest !== undefined) richest.credit -= this.#gained
    this.#richest = undefined
    this.#gained = 0
    return richest
  }
}

/** Turns times members that a random start may cost: well under a millisecond. */
const most = 65_536

/** Takes a random number of turns of one cycle, so that many processes do not march in step. For sets of some dozens. */
export function randomStart(members: readonly Member[], { random, slowStart }: PolicySettings, now: number): void {
  const turn = new SmoothTurn()
  const weights = members.map((member) => member.weightAt(now, slowStart))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  // Of whole weights the cycle is their sum, or a part of it; of fractions it is some times the turns of the least one.
  const cycle = Math.max(total, total / Math.min(...weights))
  const turns = Math.floor(random() * Math.min(cycle, most / members.length))
  for (let i = 0; i < turns; i++) {
    for (let j = 0; j < members.length; j++) turn.enter(members[j] as Member, weights[j] as number)
    turn.take()
  }
}

/**
 * After a change of the set: nobody owes or is owed more than one turn. Without it, one whose weight fell from 1,000 to 1
 * could have to wait for a thousand picks.
 * @returns the sum of the weights
 */
export function settleCredits(members: readonly Member[]): number {
  let total = 0
  for (const { weight } of members) total += weight
  for (const member of members) {
    if (member.credit > total) member.credit = total
    else if (member.credit < -total) member.credit = -total
  }
  return total
}
