import type { Upstream } from '../contract/pool.ts'
import type { Breaker } from './breaker.ts'
import { PeakEwma } from './peak-ewma.ts'
import { type SlowStart, slowStartShare } from './slow-start.ts'

/** What the operator says of an upstream. Draining: no new exchanges; maintenance: the same, and no health checks. */
export type MemberState = 'ready' | 'drain' | 'maintenance'

/** What a member is made of; see UpstreamOptions. */
export interface MemberSettings {
  readonly weight: number
  /** 0 is first; the next level is used as the ones before lose health. */
  readonly priority: number
  readonly locality: string
  /** Exchanges at a time; Infinity is no limit. */
  readonly maxRequests: number
}

/** An upstream's place in one pool: what is known of it, and what it carries. Times are clock readings in milliseconds. */
export class Member {
  readonly upstream: Upstream
  /** Its name, with the path of its URL where it has one: unique in its pool. */
  readonly id: string
  weight: number
  priority: number
  locality: string
  maxRequests: number
  state: MemberState = 'ready'
  /** What active checks say. */
  check: 'unknown' | 'up' | 'down' = 'unknown'
  /** What the last verdict was about. */
  reason: string | undefined = undefined
  /** What the operator says of its health, over checks and ejections. */
  forced: 'auto' | 'up' | 'down' = 'auto'
  /** Passive ejection: out until outlier detection takes it back. */
  ejected = false
  /** It left the pool: what it has ends, nothing new comes. */
  gone = false
  #met = false
  /** It got nothing more, and what it had is over: the pool has said so. */
  drained = false
  /** Exchanges that it has now. */
  active = 0
  readonly latency: PeakEwma
  readonly breaker: Breaker | undefined
  /** Since when its share grows; undefined: it has its whole share. */
  rampSince: number | undefined = undefined
  /** Since it stands here. */
  picks = 0
  failures = 0
  /** Credit of smooth weighted round-robin, kept here so that it outlives a change of the set. */
  credit = 0

  constructor(upstream: Upstream, settings: MemberSettings, decay: number, breaker: Breaker | undefined) {
    this.upstream = upstream
    this.id = upstream.name + upstream.basePath
    this.weight = settings.weight
    this.priority = settings.priority
    this.locality = settings.locality
    this.maxRequests = settings.maxRequests
    this.latency = new PeakEwma(decay)
    this.breaker = breaker
  }

  /** Believed to be well: what priority levels and panic count. */
  get healthy(): boolean {
    if (this.forced !== 'auto') return this.forced === 'up'
    return this.check !== 'down' && !this.ejected
  }

  /** An answer came after so many milliseconds. The first of all pays for connections and cold code: it says nothing. */
  answered(latency: number, now: number): void {
    if (this.#met) this.latency.observe(latency, now)
    this.#met = true
  }

  /** Takes one more exchange now: has room, and its breaker lets one through. */
  hasRoom(now: number): boolean {
    return this.active < this.maxRequests && (this.breaker === undefined || this.breaker.allows(now))
  }

  /** Its weight now, slow start included. */
  weightAt(now: number, slowStart: SlowStart | undefined): number {
    if (this.rampSince === undefined || slowStart === undefined) return this.weight
    const since = now - this.rampSince
    if (since >= slowStart.window) {
      this.rampSince = undefined
      return this.weight
    }
    return this.weight * slowStartShare(slowStart, since)
  }
}
