import type { Member } from '../member.ts'
import type { PolicyAsk } from './policy.ts'
import { scan } from './scan.ts'

/**
 * Exchanges that a member may have when `active` run in its group and one more comes: `factor` times its fair share of
 * them, rounded up (Mirrokni, Thorup, Zadimoghaddam: Consistent Hashing with Bounded Loads). As the factor is at least 1,
 * the bounds of all together always hold the one that comes.
 */
export function loadBound(factor: number, active: number, weight: number, weights: number): number {
  return Math.ceil((factor * (active + 1) * weight) / weights)
}

/** The bounds of one group. */
export class LoadBounds {
  readonly #factor: number
  readonly #members: readonly Member[]
  readonly #weights: number
  /** Exchanges in the group; -1: not counted for this pick. */
  #active = -1

  constructor(factor: number, members: readonly Member[]) {
    this.#factor = factor
    this.#members = members
    this.#weights = members.reduce((sum, { weight }) => sum + weight, 0)
  }

  /** Another pick begins: what is counted is counted again. */
  begin(): void {
    this.#active = -1
  }

  /** One more would be more than its bound. */
  reached(member: Member): boolean {
    // A bound is never less than 1.
    if (member.active === 0) return false
    if (this.#active === -1) this.#count()
    return member.active >= loadBound(this.#factor, this.#active, member.weight, this.#weights)
  }

  /** One that is usable and below its bound, the first from a place that the hash says. */
  below(hash: number, ask: PolicyAsk): Member | undefined {
    return scan(this.#members, hash, ask, (member) => !this.reached(member))
  }

  #count(): void {
    let active = 0
    for (let i = 0; i < this.#members.length; i++) active += (this.#members[i] as Member).active
    this.#active = active
  }
}
