import type { ErrorCode } from '../contract/errors.ts'
import type { Member } from './member.ts'
import { FailureGap } from './outlier-gap.ts'
import { isSlow } from './outlier-latency.ts'
import type { OutlierSettings } from './outlier-options.ts'
import { outcomeOf } from './outlier-outcome.ts'
import { type EjectionReason, OutlierRecord } from './outlier-record.ts'
import { rateOutliers } from './outlier-sweep.ts'

export type { EjectionReason }

export interface OutlierHooks {
  /** 0 to 1. */
  readonly random: () => number
  /** `member.ejected` is true now, for `ms`. */
  ejected(member: Member, reason: EjectionReason, ms: number): void
  /** So many local failures in a row that it is to be ejected, whether it may be or not. */
  unreachable?(member: Member): void
  /** `member.ejected` is false again: its time was up, or it was pardoned. */
  returned(member: Member): void
}

/** One attempt that is over. */
export interface AttemptResult {
  /** Of the answer; 0 when there was none. */
  readonly status: number
  /** What went wrong; only faults of the upstream count. */
  readonly error: ErrorCode | undefined
  /** Milliseconds until the head of the answer, or, where none had come when the client left, until then; below 0 is not known. */
  readonly latency: number
}

/** Passive health of one pool. It has no timer: who picks and releases asks it to `tick` once `due` has come. */
export interface Outlier {
  /** Clock reading from which there is something to do for `tick`. */
  readonly due: number
  /** Call once an attempt. Says nothing of members that it does not know, or that are ejected. */
  record(member: Member, result: AttemptResult, now: number): void
  /** Takes back those whose time is up, compares rates once an interval, and learns who is in the pool. */
  tick(now: number, members: readonly Member[]): void
  /** A new member is watched at once, not only from the next `tick` on. */
  add(member: Member): void
  /** Back at once; does nothing for one that is not ejected. How often it was ejected is remembered. */
  pardon(member: Member): void
  /** Removed from the pool: nothing is kept of it. It is no longer ejected, and `returned` is not called. */
  forget(member: Member): void
  /** Why it is out; undefined when it is not. */
  reason(member: Member): EjectionReason | undefined
  /** Clock reading at which the first of these comes back; Infinity when none of them is out. */
  nextReturn(members: readonly Member[]): number
}

/**
 * Envoy's outlier detection. An ejection lasts `min(baseEjection * n, maxEjection)` and some jitter, n being how many there
 * were in a row, less one for each healthy interval. Members whose health the operator has fixed, or that are not `ready`,
 * are not ejected; nor is the last one that is well.
 */
export function createOutlier(settings: OutlierSettings, hooks: OutlierHooks): Outlier {
  return new Detector(settings, hooks)
}

class Detector implements Outlier {
  readonly #settings: OutlierSettings
  readonly #hooks: OutlierHooks
  readonly #records = new Map<Member, OutlierRecord>()
  /** The same, to look through. Never shortened, for a hook may come back in the middle of a loop; undefined: one has left. */
  #list: OutlierRecord[] | undefined
  #ejected = 0
  readonly #gap: FailureGap | undefined
  #sweepAt = Number.NEGATIVE_INFINITY
  #round = 0
  due = Number.NEGATIVE_INFINITY

  constructor(settings: OutlierSettings, hooks: OutlierHooks) {
    this.#settings = settings
    this.#hooks = hooks
    this.#gap = settings.failureGap === undefined ? undefined : new FailureGap(settings.failureGap)
  }

  get #all(): readonly OutlierRecord[] {
    this.#list ??= [...this.#records.values()]
    return this.#list
  }

  record(member: Member, { status, error, latency }: AttemptResult, now: number): void {
    const outcome = outcomeOf(status, error)
    const record = this.#records.get(member)
    if (record === undefined || member.ejected) return
    if (outcome === 'none') {
      if (status === 0 && error === undefined) this.#latency(record, latency, now, false)
      return
    }

    record.count(outcome)
    this.#gap?.count(record, outcome !== 'ok', this.#all)
    if (outcome !== 'ok') {
      const reason = this.#failureReason(record)
      if (reason !== undefined) this.#eject(record, reason, now)
      if (reason === 'consecutive_local') this.#hooks.unreachable?.(member)
      return
    }
    this.#latency(record, latency, now, true)
  }

  #latency(record: OutlierRecord, latency: number, now: number, answered: boolean): void {
    const slow = this.#settings.latency
    if (slow === undefined || !(latency >= 0)) return
    if (answered) record.answered(latency, now, slow.floor)
    else record.unanswered(latency, now, slow.floor)
    if (record.slow > 0 && isSlow(record, this.#all, slow, now, this.#hooks.random)) this.#eject(record, 'latency', now)
  }

  #failureReason(record: OutlierRecord): EjectionReason | undefined {
    const { consecutive5xx, consecutiveGateway, consecutiveLocal } = this.#settings
    if (consecutiveLocal > 0 && record.localFailures >= consecutiveLocal) return 'consecutive_local'
    if (consecutiveGateway > 0 && record.gatewayFailures >= consecutiveGateway) return 'consecutive_gateway'
    if (consecutive5xx > 0 && record.failures >= consecutive5xx) return 'consecutive_5xx'
    return this.#gap?.isFar(record) === true ? 'failure_gap' : undefined
  }

  #eject(record: OutlierRecord, reason: EjectionReason, now: number): void {
    if (!this.#mayEject(record)) {
      // Another whole row is needed for the next try.
      record.clearRows()
      return
    }
    const { baseEjection, maxEjection, ejectionJitter } = this.#settings
    if (baseEjection * record.ejections < maxEjection + baseEjection) record.ejections++
    const jitter = ejectionJitter === 0 ? 0 : ejectionJitter * this.#hooks.random()
    const ms = Math.min(baseEjection * record.ejections, maxEjection) + jitter
    this.#gap?.uncount(record)
    record.clear()
    record.until = now + ms
    record.reason = reason
    record.member.ejected = true
    this.#ejected++
    if (record.until < this.due) this.due = record.until
    this.#hooks.ejected(record.member, reason, ms)
  }

  #mayEject(record: OutlierRecord): boolean {
    const { member } = record
    if (member.state !== 'ready' || member.forced !== 'auto' || member.check === 'down') return false
    const most = Math.max(1, Math.floor((this.#all.length * this.#settings.maxEjected) / 100))
    if (this.#ejected >= most) return false
    return this.#all.some((other) => other !== record && other.member.state === 'ready' && other.member.healthy)
  }

  tick(now: number, members: readonly Member[]): void {
    this.#learn(members)
    for (const record of this.#all) if (record.member.ejected && now >= record.until) this.#return(record)
    if (now >= this.#sweepAt) this.#sweep(now)
    this.due = this.#sweepAt
    for (const { member, until } of this.#all) if (member.ejected && until < this.due) this.due = until
  }

  #learn(members: readonly Member[]): void {
    this.#round++
    for (const member of members) {
      this.add(member)
      const record = this.#records.get(member) as OutlierRecord
      record.seen = this.#round
    }
    if (this.#all.length === members.length) return
    for (const { member, seen } of this.#all) if (seen !== this.#round) this.forget(member)
  }

  #sweep(now: number): void {
    const { interval } = this.#settings
    // Without traffic nobody ticks: several intervals may have gone by.
    const passed = this.#round === 1 ? 0 : 1 + Math.floor((now - this.#sweepAt) / interval)
    for (const { record, reason } of rateOutliers(this.#all, this.#settings)) this.#eject(record, reason, now)
    for (const record of this.#all) {
      record.clearInterval()
      if (record.member.ejected) continue
      if (!record.returned) record.ejections = Math.max(0, record.ejections - passed)
      record.returned = false
    }
    this.#gap?.clear()
    this.#sweepAt = now + interval
  }

  add(member: Member): void {
    if (this.#records.has(member)) return
    const record = new OutlierRecord(member)
    this.#records.set(member, record)
    this.#list?.push(record)
  }

  pardon(member: Member): void {
    const record = this.#records.get(member)
    if (record !== undefined && member.ejected) this.#return(record)
  }

  #return(record: OutlierRecord): void {
    record.member.ejected = false
    record.reason = undefined
    record.returned = true
    this.#ejected--
    this.#hooks.returned(record.member)
  }

  forget(member: Member): void {
    const record = this.#records.get(member)
    if (record === undefined) return
    this.#records.delete(member)
    this.#list = undefined
    this.#gap?.uncount(record)
    if (member.ejected) this.#ejected--
    member.ejected = false
  }

  reason(member: Member): EjectionReason | undefined {
    return this.#records.get(member)?.reason
  }

  nextReturn(members: readonly Member[]): number {
    let first = Number.POSITIVE_INFINITY
    for (const member of members) {
      if (!member.ejected) continue
      const until = this.#records.get(member)?.until
      if (until !== undefined && until < first) first = until
    }
    return first
  }
}
