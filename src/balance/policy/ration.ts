import type { Member } from '../member.ts'

/** Picks that a member may save up: after a pause there is no burst. */
const most = 2

/**
 * Holds members in slow start to the share that their weights ask for now. The weight in a cost does not: whoever comes has
 * no exchanges yet, and where the others have too much to do he is the quickest by far. He would get most of the traffic
 * just when it hurts.
 */
export class Ration {
  /** Parts of a pick that are saved. */
  readonly #saved = new WeakMap<Member, number>()

  /** Another pick is made, `share` of which, 0 to 1, is the member's. True when it may be given. */
  gain(member: Member, share: number): boolean {
    const saved = Math.min(most, (this.#saved.get(member) ?? 1) + share)
    this.#saved.set(member, saved)
    return saved >= 1
  }

  mayBeGiven(member: Member): boolean {
    return (this.#saved.get(member) ?? 1) >= 1
  }

  /** It is given. */
  spend(member: Member): void {
    const saved = this.#saved.get(member)
    if (saved !== undefined) this.#saved.set(member, Math.max(0, saved - 1))
  }
}
