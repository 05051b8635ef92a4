import type { Upstream } from '../../contract/pool.ts'
import type { Member } from '../member.ts'
import type { SlowStart } from '../slow-start.ts'

/** What a policy is told with each pick. */
export interface PolicyAsk {
  /** Clock reading, milliseconds. */
  readonly now: number
  /** Tried by this exchange; not to be given again. */
  readonly tried: readonly Upstream[]
  /** 32 bits of the exchange's hash key, unsigned; drawn at random where it has none. Only the hash policies read it. */
  readonly hash: number
}

/** Chooses among the members of one group. One object for each group: it may keep state. */
export interface Policy {
  /**
   * These may be chosen from now on. Called before the first pick and when the set or a weight has changed; not when a
   * member fills up or its slow start goes on. Members that stay are the same objects. Cheap, or put off until the pick.
   */
  update(members: readonly Member[]): void
  /** A member that is `usable`, or undefined when there is none. Changes nothing on the member but its `credit`. */
  pick(ask: PolicyAsk): Member | undefined
}

export interface PolicySettings {
  /** 0 to 1. */
  readonly random: () => number
  readonly slowStart: SlowStart | undefined
  /** Hash policies: no member carries more than this times its fair share; undefined is no bound. At least 1. */
  readonly boundedLoad: number | undefined
}

export type CreatePolicy = (settings: PolicySettings) => Policy

/** Not tried, not full, breaker closed or ready for a probe. */
export function usable(member: Member, { tried, now }: PolicyAsk): boolean {
  return (tried.length === 0 || !tried.includes(member.upstream)) && member.hasRoom(now)
}
