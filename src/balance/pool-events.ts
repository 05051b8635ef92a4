import type { ErrorCode } from '../contract/errors.ts'
import type { CheckOutcome } from './health/check-result.ts'
import type { MemberState } from './member.ts'
import type { EjectionReason } from './outlier.ts'

/** What a pool tells of itself: `pool.on(name, listener)`. `upstream` is a member's id. */
export interface PoolEvents {
  /** It has a new upstream. */
  added: [{ upstream: string }]
  removed: [{ upstream: string }]
  /** The operator changed it, or it has drained: nothing of ours is there any more. */
  state: [{ upstream: string; state: MemberState }]
  drained: [{ upstream: string }]
  weight: [{ upstream: string; weight: number }]
  /** Active checks, or the operator, changed their mind. Once a change. */
  health: [{ upstream: string; up: boolean; reason: string }]
  /** Every active check, for metrics. */
  check: [{ upstream: string; outcome: CheckOutcome; reason: string; took: number }]
  /** Passive ejection, for `ms`. */
  ejected: [{ upstream: string; reason: EjectionReason; ms: number }]
  returned: [{ upstream: string }]
  /** Priorities whose health is not believed any more; an empty list when all is well again. */
  panic: [{ priorities: readonly number[] }]
  /** Discovery finds nothing or something wrong; what was known stays. Undefined: it works again. */
  discovery: [{ problem: string | undefined }]
  /** An exchange was given to an upstream. */
  picked: [{ upstream: string }]
  /** It is over. `latency` is milliseconds to the head of the answer, -1 without one. */
  ended: [{ upstream: string; status: number; error: ErrorCode | undefined; latency: number }]
  /** An exchange waits for a place; or was refused one. */
  queued: [{ waiting: number }]
  refused: [{ reason: 'none ready' | 'queue full' | 'queue timeout' }]
}

/** A member of a pool as it stands. */
export interface MemberReport {
  /** `127.0.0.1:3000`, with the path of its URL where it has one. */
  readonly id: string
  readonly url: string
  readonly state: MemberState
  readonly health: 'unknown' | 'up' | 'down' | 'ejected'
  /** Why it is down or ejected. */
  readonly reason: string | undefined
  readonly breaker: 'closed' | 'open' | 'half-open' | undefined
  readonly weight: number
  readonly priority: number
  readonly locality: string
  /** Exchanges that it has now. */
  readonly active: number
  /** Exchanges since it stands here, and those of them that failed at the upstream. */
  readonly picks: number
  readonly failures: number
  /** Estimate of its latency in milliseconds; undefined while nothing is known. */
  readonly latency: number | undefined
  /** Where it came from. */
  readonly source: 'options' | 'api' | 'discovery'
}
