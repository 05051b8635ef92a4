import type { Member } from './member.ts'
import type { Outcome } from './outlier-outcome.ts'

/** The trigger that ejected a member. */
export type EjectionReason =
  | 'consecutive_5xx'
  | 'consecutive_gateway'
  | 'consecutive_local'
  | 'success_rate'
  | 'failure_percentage'
  | 'failure_gap'
  | 'latency'

/** Part of the mean that the newest answer makes up. One alone makes nobody slow. */
const newest = 1 / 16

/** What passive health knows of one member. */
export class OutlierRecord {
  readonly member: Member
  /** In a row. */
  failures = 0
  gatewayFailures = 0
  localFailures = 0
  /** Of this interval. */
  requests = 0
  failed = 0
  /** The part of its requests that is among the newest of the pool, and what it had before these; see FailureGap. */
  newest = 0
  newestFailed = 0
  before = 0
  beforeFailed = 0
  /** Answers since it came. */
  answers = 0
  /** Moving mean of the latencies of its answers; NaN before the first. */
  mean = Number.NaN
  /** When the last of them came. */
  answeredAt = 0
  /** Slow answers in a row: how many, when the first of them came, and the quickest of them. */
  slow = 0
  slowSince = 0
  slowLeast = 0
  /** Ejections in a row, less the healthy intervals since. */
  ejections = 0
  /** Clock reading at which it comes back. Means something while the member is ejected. */
  until = 0
  reason: EjectionReason | undefined = undefined
  /** It came back within this interval. */
  returned = false
  /** The last round of `tick` that saw it in the pool. */
  seen = 0

  constructor(member: Member) {
    this.member = member
  }

  count(outcome: Outcome): void {
    this.requests++
    if (outcome === 'ok') {
      this.failures = 0
      this.gatewayFailures = 0
      this.localFailures = 0
      return
    }
    this.failed++
    this.failures++
    this.gatewayFailures = outcome === '5xx' ? 0 : this.gatewayFailures + 1
    this.localFailures = outcome === 'local' ? this.localFailures + 1 : 0
  }

  /** A good answer, `latency` milliseconds after it was asked for. `floor`: those up to it are not slow. */
  answered(latency: number, now: number, floor: number): void {
    this.answers++
    this.answeredAt = now
    this.#average(latency)
    if (latency <= floor) this.slow = 0
    else this.#slower(latency, now)
  }

  /** A client left after so long without an answer, which would have taken longer: if that is quick, it says nothing. */
  unanswered(waited: number, now: number, floor: number): void {
    if (waited <= floor) return
    this.answers++
    // Never a reason to think better of it.
    if (!(waited < this.mean)) this.#average(waited)
    this.#slower(waited, now)
  }

  #average(latency: number): void {
    this.mean = this.mean >= 0 ? this.mean + (latency - this.mean) * newest : latency
  }

  #slower(latency: number, now: number): void {
    if (this.slow++ === 0) {
      this.slowSince = now
      this.slowLeast = latency
    } else if (latency < this.slowLeast) {
      this.slowLeast = latency
    }
  }

  /** Rows of failures and of slow answers begin anew. */
  clearRows(): void {
    this.failures = 0
    this.gatewayFailures = 0
    this.localFailures = 0
    this.slow = 0
  }

  clearInterval(): void {
    this.requests = 0
    this.failed = 0
  }

  /** What was before an ejection says nothing of how it is after it. */
  clear(): void {
    this.clearInterval()
    this.clearRows()
    this.newest = 0
    this.newestFailed = 0
    this.before = 0
    this.beforeFailed = 0
    this.mean = Number.NaN
  }
}
