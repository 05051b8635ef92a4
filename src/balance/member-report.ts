import type { Member } from './member.ts'
import type { Membership } from './membership.ts'
import type { Outlier } from './outlier.ts'
import type { MemberReport } from './pool-events.ts'

/** A member as it stands at `now`. */
export function reportOf(
  member: Member,
  membership: Membership,
  outlier: Outlier | undefined,
  now: number,
): MemberReport {
  const { id, state, weight, priority, locality, active, picks, failures, breaker, latency, forced } = member
  const ejection = forced === 'auto' ? outlier?.reason(member) : undefined
  return {
    id,
    url: membership.urlOf(member),
    state,
    health: forced === 'auto' ? (member.ejected ? 'ejected' : member.check) : forced,
    reason: ejection ?? member.reason,
    breaker: breaker?.state(now),
    weight,
    priority,
    locality,
    active,
    picks,
    failures,
    latency: latency.known ? latency.at(now) : undefined,
    source: membership.sourceOf(member),
  }
}
