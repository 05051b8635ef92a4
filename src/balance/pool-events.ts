import { EventEmitter } from 'node:events'
import type { ErrorCode } from '../contract/errors.ts'
import type { CheckOutcome } from './health/check-result.ts'
import type { MemberState } from './member.ts'
import type { EjectionReason } from './outlier.ts'

/** What a pool tells of itself: `pool.events.on(name, listener)`. `upstream` is a member's id. */
export interface PoolEvents {
  /** It has a new upstream. */
  added: [{ upstream: string }]
  removed: [{ upstream: string }]
  /** The operator changed it. */
  state: [{ upstream: string; state: MemberState }]
  /** It gets nothing more, and what it had is over. Once. */
  drained: [{ upstream: string }]
  /** The operator, or discovery, gave it another one. */
  weight: [{ upstream: string; weight: number }]
  /** Active checks, or the operator, changed their mind. Once a change; what checks say under the operator's word is none. */
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
  /** A listener of another event threw. The pool goes on; listeners that came after that one were not told. */
  thrown: [{ event: string; error: unknown }]
}

export type PoolEmitter = EventEmitter<PoolEvents>

/** Tells listeners in turn. One that throws does not break the exchange that it was told of. */
export function poolEmitter(): PoolEmitter {
  return new Guarded() as PoolEmitter
}

class Guarded extends EventEmitter {
  override emit(event: string | symbol, ...told: unknown[]): boolean {
    try {
      return super.emit(event, ...told)
    } catch (error) {
      if (event !== 'thrown') this.emit('thrown', { event: String(event), error })
      return true
    }
  }
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
  /** Part of its weight that it has now, 0 to 1: below 1 in slow start. */
  readonly share: number
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
