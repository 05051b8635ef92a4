import type { Member } from './member.ts'
import type { Membership } from './membership.ts'
import type { Outlier } from './outlier.ts'
import type { MemberReport } from './pool-events.ts'
import type { SlowStart } from './slow-start.ts'

/** Why a member is up or down that the operator has fixed. */
export const byOperator = 'set by the operator'

/** A member as it stands at `now`. */
export function reportOf(
  member: Member,
  membership: Membership,
  outlier: Outlier | undefined,
  slowStart: SlowStart | undefined,
  now: number,
): MemberReport {
  const { id, state, weight, priority, locality, active, picks, failures, breaker, latency, forced } = member
  const { given, source } = membership.originOf(member)
  return {
    id,
    url: given.url,
    state,
    health: forced === 'auto' ? (member.ejected ? 'ejected' : member.check) : forced,
    reason: forced === 'auto' ? (outlier?.reason(member) ?? member.reason) : byOperator,
    breaker: breaker?.state(now),
    weight,
    share: member.weightAt(now, slowStart) / weight,
    priority,
    locality,
    active,
    picks,
    failures,
    latency: latency.known ? latency.at(now) : undefined,
    source,
  }
}
