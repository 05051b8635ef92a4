import { EventEmitter } from 'node:events'
import type { Clock } from '../contract/clock.ts'
import type { Dispatch } from '../contract/layer.ts'
import { OptionError } from '../contract/options.ts'
import type { Upstream } from '../contract/pool.ts'
import { createDiscovery, type Discovery } from './discovery/discovery.ts'
import { readUpstreamList } from './discovery/upstream-list.ts'
import { createHealthChecks, type HealthChecks } from './health/checks.ts'
import type { Connect } from './health/tcp-check.ts'
import type { Member, MemberState } from './member.ts'
import { reportOf } from './member-report.ts'
import { type MakeUpstream, Membership } from './membership.ts'
import type { UpstreamOptions } from './options.ts'
import { createOutlier, type Outlier } from './outlier.ts'
import type { MemberReport, PoolEvents } from './pool-events.ts'
import type { PoolSettings } from './pool-options.ts'

/** What a pool needs of the world. */
export interface PoolTools {
  readonly clock: Clock
  /** 0 to 1. */
  readonly random: () => number
  readonly createUpstream: MakeUpstream
  /** Nothing more goes to it: its connections may close. */
  readonly forget: (upstream: Upstream) => void
  /** The transport, without layers, for health checks. */
  readonly dispatch: Dispatch
  readonly connect: Connect
}

/**
 * Who is in a pool and what is believed of each: operators, discovery, active checks and outlier detection meet here. Each
 * method with an `id` throws OptionError for one that is not there.
 */
export abstract class PoolMembers {
  readonly name: string
  readonly settings: PoolSettings
  /** What happens to it; see PoolEvents. */
  readonly events = new EventEmitter<PoolEvents>()
  protected readonly clock: Clock
  protected readonly outlier: Outlier | undefined
  protected members: readonly Member[] = []
  protected closed = false
  readonly #membership: Membership
  readonly #checks: HealthChecks | undefined
  readonly #discovery: Discovery | undefined
  readonly #forget: (upstream: Upstream) => void
  #upstreams: readonly Upstream[] = []
  #started = false

  /** @throws OptionError for upstreams that cannot be */
  constructor(name: string, settings: PoolSettings, tools: PoolTools) {
    this.name = name
    this.settings = settings
    const { clock, random, dispatch, connect, forget } = tools
    this.clock = clock
    this.#forget = forget
    this.#membership = new Membership(settings, tools.createUpstream)
    const { outlier, health, discover } = settings
    if (outlier !== undefined) {
      this.outlier = createOutlier(outlier, {
        random,
        ejected: (member, reason, ms) => {
          this.events.emit('ejected', { upstream: member.id, reason, ms })
          this.changed()
        },
        returned: (member) => {
          this.#ramp(member)
          this.events.emit('returned', { upstream: member.id })
          this.changed()
        },
      })
    }
    if (health !== undefined) {
      this.#checks = createHealthChecks(health, {
        clock,
        random,
        dispatch,
        connect,
        forget,
        observe: ({ name: its, basePath }, { outcome, reason }, took) => {
          this.events.emit('check', { upstream: its + basePath, outcome, reason, took })
        },
      })
    }
    if (discover !== undefined) this.#discovery = createDiscovery(discover, { clock, random })
    settings.upstreams.forEach((one, i) => {
      this.#membership.add(`upstreams[${i}]`, one, 'options')
    })
  }

  /** Someone came, left, fell ill, recovered, or weighs another weight. */
  protected abstract changed(): void
  /** The set of members is another one; `changed` follows. */
  protected abstract joinedOrLeft(): void

  get upstreams(): readonly Upstream[] {
    return this.#upstreams
  }

  /** Begins to check and to discover. Once, when the server is ready. */
  start(): void {
    if (this.#started) return
    this.#started = true
    for (const member of this.members) this.#watch(member)
    this.#discovery?.start({
      list: (found) => this.#found(found),
      failed: (error) => this.events.emit('discovery', { problem: error.message }),
      recovered: () => this.events.emit('discovery', { problem: undefined }),
    })
  }

  /** Stops checks and discovery. What is in flight goes on. */
  close(): void {
    this.closed = true
    this.#checks?.close()
    this.#discovery?.close()
  }

  /** Every member as it stands. */
  list(): readonly MemberReport[] {
    return this.members.map((member) => reportOf(member, this.#membership, this.outlier, this.clock.now()))
  }

  /**
   * A new upstream, by URL or with options. It gets its share by and by (slow start).
   * @returns its id
   */
  add(upstream: string | UpstreamOptions): string {
    const [given] = readUpstreamList('upstream', [upstream]) as readonly [UpstreamOptions]
    const member = this.#membership.add('upstream', given, 'api')
    this.#ramp(member)
    this.#joined([member])
    return member.id
  }

  /** Takes it out. What it has in flight ends in peace; then its connections close. */
  remove(id: string): void {
    const member = this.#known(id)
    this.#membership.delete(member)
    this.#left([member])
  }

  /** No new exchanges. `drained` is emitted when it has none any more. */
  drain(id: string): void {
    this.#set(id, 'drain')
  }

  /** The same, and no health checks. */
  maintenance(id: string): void {
    this.#set(id, 'maintenance')
  }

  /** Ends drain or maintenance; its share grows by and by. */
  ready(id: string): void {
    this.#set(id, 'ready')
  }

  /** Its share of the traffic, in proportion to the others'. Above 0; use `drain` for none. */
  weight(id: string, weight: number): void {
    const member = this.#known(id)
    if (!(Number.isFinite(weight) && weight > 0)) {
      throw new OptionError('weight', weight, 'give a number above 0; drain an upstream that is to get nothing')
    }
    member.weight = weight
    this.events.emit('weight', { upstream: id, weight })
    this.changed()
  }

  /** What to believe of its health: `'up'` or `'down'` whatever checks say, `'auto'` what they say. */
  health(id: string, health: 'auto' | 'up' | 'down'): void {
    const member = this.#known(id)
    if (!['auto', 'up', 'down'].includes(health)) throw new OptionError('health', health, "give 'auto', 'up' or 'down'")
    const before = member.healthy
    member.forced = health
    const after = member.healthy
    if (after !== before) this.events.emit('health', { upstream: id, up: after, reason: 'set by the operator' })
    if (after && !before) this.#ramp(member)
    this.changed()
  }

  #set(id: string, state: MemberState): void {
    const member = this.#known(id)
    const before = member.state
    if (before === state) return
    member.state = state
    this.events.emit('state', { upstream: id, state })
    if (state === 'maintenance') {
      this.#checks?.remove(member.upstream)
      member.check = 'unknown'
    }
    if (before === 'maintenance') this.#watch(member)
    if (state === 'ready') this.#ramp(member)
    this.changed()
    if (state !== 'ready' && member.active === 0) this.drained(member)
  }

  /** It has nothing in flight, and gets nothing. */
  protected drained(member: Member): void {
    this.events.emit('drained', { upstream: member.id })
    if (member.gone) this.#forget(member.upstream)
  }

  protected refresh(): void {
    this.members = this.#membership.all()
    this.#upstreams = this.members.map(({ upstream }) => upstream)
    for (const member of this.members) this.outlier?.add(member)
    this.joinedOrLeft()
    this.changed()
  }

  #known(id: string): Member {
    const member = this.#membership.get(id)
    if (member !== undefined) return member
    const ids = this.members.slice(0, 20).map((one) => one.id)
    throw new OptionError('upstream', id, `it is not in the pool; there are ${ids.join(', ') || 'none'}`)
  }

  #joined(members: readonly Member[]): void {
    this.refresh()
    for (const member of members) {
      if (this.#started) this.#watch(member)
      this.events.emit('added', { upstream: member.id })
    }
  }

  #left(members: readonly Member[]): void {
    for (const member of members) {
      member.gone = true
      this.#checks?.remove(member.upstream)
      this.outlier?.forget(member)
    }
    this.refresh()
    for (const member of members) {
      this.events.emit('removed', { upstream: member.id })
      if (member.active === 0) this.drained(member)
    }
  }

  /** From now on its share grows. */
  #ramp(member: Member): void {
    if (this.settings.slowStart !== undefined) member.rampSince = this.clock.now()
  }

  #watch(member: Member): void {
    if (this.closed || member.state === 'maintenance') return
    this.#checks?.add(member.upstream, ({ up, reason }) => {
      const recovered = up && member.check === 'down'
      member.check = up ? 'up' : 'down'
      member.reason = reason
      this.events.emit('health', { upstream: member.id, up, reason })
      if (recovered) this.#ramp(member)
      if (up && member.ejected) this.outlier?.pardon(member)
      this.changed()
    })
  }

  /** An empty list is more likely a mistake of whoever wrote it than a wish: the last good one stays. */
  #found(found: readonly UpstreamOptions[]): void {
    const last = this.members.some((member) => this.#membership.sourceOf(member) === 'discovery')
    if (found.length === 0) {
      const stays = last ? 'the last good one stays' : 'nothing was known before'
      this.events.emit('discovery', { problem: `the list of upstreams is empty; ${stays}` })
      return
    }
    const { added, removed } = this.#membership.replace('discover', found)
    // With the first list nobody is newer than the others.
    if (last) for (const member of added) this.#ramp(member)
    if (removed.length > 0) this.#left(removed)
    if (added.length > 0) this.#joined(added)
    else if (removed.length === 0) this.refresh()
  }
}
