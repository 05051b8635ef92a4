import assert from 'node:assert/strict'
import type { Member } from '../../../src/balance/member.ts'
import type { Policy, PolicyAsk } from '../../../src/balance/policy/policy.ts'

/** Picks at time 0, with nobody tried and a hash drawn at random, but for what is given. */
export interface Picker {
  (ask?: Partial<PolicyAsk>): Member | undefined
  update(members: readonly Member[]): void
}

/** Gives the members to the policy. `random` draws the hashes. */
export function startPolicy(policy: Policy, members: readonly Member[], random: () => number = () => 0): Picker {
  policy.update(members)
  const pick = (ask: Partial<PolicyAsk> = {}): Member | undefined =>
    policy.pick({ now: 0, tried: [], hash: Math.floor(random() * 2 ** 32), ...ask })
  return Object.assign(pick, { update: (next: readonly Member[]) => policy.update(next) })
}

/** Names of the next picks, one after the other; `-` for none. */
export function sequence(pick: Picker, picks: number, ask: Partial<PolicyAsk> = {}): string {
  return Array.from({ length: picks }, () => pick(ask)?.id ?? '-').join('')
}

/** How often each is picked. Fails when there is nobody to pick. */
export function countPicks(pick: Picker, picks: number, ask: Partial<PolicyAsk> = {}): Map<Member, number> {
  const counts = new Map<Member, number>()
  for (let i = 0; i < picks; i++) {
    const picked = pick(ask)
    assert.ok(picked !== undefined)
    counts.set(picked, (counts.get(picked) ?? 0) + 1)
  }
  return counts
}

/** Fails when a share is off the one of its weight by more than `tolerance` of it. Chance is given four deviations beside. */
export function assertShares(
  members: readonly Member[],
  counts: ReadonlyMap<Member, number>,
  tolerance: number,
  weightOf: (member: Member) => number = ({ weight }) => weight,
): void {
  const total = members.reduce((sum, member) => sum + weightOf(member), 0)
  const picks = [...counts.values()].reduce((sum, count) => sum + count, 0)
  for (const member of members) {
    const fair = (picks * weightOf(member)) / total
    const count = counts.get(member) ?? 0
    const room = fair * tolerance + 4 * Math.sqrt(fair)
    assert.ok(Math.abs(count - fair) <= room, `${member.id}: ${count} picks, ${fair.toFixed(0)} +- ${room.toFixed(0)}`)
  }
}
