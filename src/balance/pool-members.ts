import type { Clock } from '../contract/clock.ts'
import { OptionError, oneOf } from '../contract/options.ts'
import type { Upstream } from '../contract/pool.ts'
import { createDiscovery, type Discovery } from './discovery/discovery.ts'
import { readUpstream } from './discovery/upstream-list.ts'
import type { Member, MemberState } from './member.ts'
import { MemberHealth } from './member-health.ts'
import { byOperator, reportOf } from './member-report.ts'
import { Membership } from './membership.ts'
import type { UpstreamOptions } from './options.ts'
import type { Outlier } from './outlier.ts'
import { type MemberReport, type PoolEmitter, poolEmitter } from './pool-events.ts'
import type { PoolSettings } from './pool-options.ts'
import type { PoolTools } from './pool-tools.ts'
import { readWeight } from './weight.ts'

/** Milliseconds that the start waits for discovery. */
const firstWord = 5000

/**
 * Who is in a pool: what operators and discovery say of it, and what is believed of each, comes together here. Each method
 * with an `id` throws OptionError for one that is not there.
 */
export abstract class PoolMembers {
  readonly name: string
  readonly settings: PoolSettings
  /** What happens to it; see PoolEvents. */
  readonly events: PoolEmitter = poolEmitter()
  protected readonly clock: Clock
  protected readonly outlier: Outlier | undefined
  protected members: readonly Member[] = []
  protected closed = false
  readonly #membership: Membership
  readonly #health: MemberHealth
  readonly #discovery: Discovery | undefined
  readonly #forget: (upstream: Upstream) => void
  #upstreams: readonly Upstream[] = []
  #started = false
  /** Ends the wait for discovery's first word. */
  #heard: (() => void) | undefined
  /** Discovery has found a list. */
  #discovered = false

  /** @throws OptionError for upstreams that cannot be */
  constructor(name: string, settings: PoolSettings, tools: PoolTools) {
    this.name = name
    this.settings = settings
    this.clock = tools.clock
    this.#forget = tools.forget
    this.#membership = new Membership(settings, tools.createUpstream)
    this.#health = new MemberHealth(settings, tools, this.events, () => this.changed())
    this.outlier = this.#health.outlier
    const { option, upstreams, discover } = settings
    if (discover !== undefined) this.#discovery = createDiscovery(discover, tools)
    for (const [i, one] of upstreams.entries()) this.#membership.add(`${option}.upstreams[${i}]`, one, 'options')
  }

  /** Someone came, left, fell ill, recovered, or weighs another weight. */
  protected abstract changed(): void
  /** The set of members is another one; `changed` follows. */
  protected abstract joinedOrLeft(): void

  get upstreams(): readonly Upstream[] {
    return this.#upstreams
  }

  /**
   * Begins to check and to discover. Once, when the server is ready. Resolves with discovery's first word, good or bad, or
   * after five seconds without one: the first exchange shall find somebody.
   */
  start(): Promise<void> {
    if (this.#started || this.closed) return Promise.resolve()
    this.#started = true
    for (const member of this.members) this.#watch(member)
    if (this.#discovery === undefined) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    const patience = this.clock.setTimer(resolve, firstWord)
    this.#heard = () => {
      this.clock.clearTimer(patience)
      resolve()
    }
    this.#discovery.start({
      list: (found) => {
        this.#found(found)
        this.#heard?.()
      },
      failed: (error) => {
        this.events.emit('discovery', { problem: error.message })
        this.#heard?.()
      },
      recovered: () => this.events.emit('discovery', { problem: undefined }),
    })
    return promise
  }

  /** Stops checks and discovery. What is in flight goes on. */
  close(): void {
    this.closed = true
    this.#health.close()
    this.#discovery?.close()
    this.#heard?.()
  }

  /** Every member as it stands. */
  list(): readonly MemberReport[] {
    const now = this.clock.now()
    const { slowStart } = this.settings
    return this.members.map((member) => reportOf(member, this.#membership, this.outlier, slowStart, now))
  }

  /**
   * A new upstream, by URL or with options. It gets its share by and by (slow start).
   * @returns its id
   * @throws OptionError for what is no upstream, and for one that is there
   */
  add(upstream: string | UpstreamOptions): string {
    const member = this.#membership.add('upstream', readUpstream('upstream', upstream), 'api')
    this.#health.ramp(member)
    this.#joined([member])
    return member.id
  }

  /**
   * Takes it out. What it has in flight ends in peace; then its connections close. One that discovery found comes back
   * with its next list that differs from the last: `drain` it where it is to stay out.
   */
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
    readWeight('weight', weight, '; drain an upstream that is to get nothing')
    if (member.weight === weight) return
    member.weight = weight
    this.events.emit('weight', { upstream: id, weight })
    this.changed()
  }

  /** What to believe of its health: `'up'` or `'down'` whatever checks say, `'auto'` what they say. */
  health(id: string, health: 'auto' | 'up' | 'down'): void {
    const member = this.#known(id)
    const forced = oneOf('health', health, 'auto', ['auto', 'up', 'down'])
    if (forced === member.forced) return
    const before = member.healthy
    member.forced = forced
    const up = member.healthy
    if (up && !before) this.#health.ramp(member)
    if (up !== before) this.events.emit('health', { upstream: id, up, reason: byOperator })
    this.changed()
  }

  #set(id: string, state: MemberState): void {
    const member = this.#known(id)
    const before = member.state
    if (before === state) return
    member.state = state
    if (state === 'maintenance') this.#health.unwatch(member)
    if (before === 'maintenance') this.#watch(member)
    if (state === 'ready') {
      member.drained = false
      this.#health.ramp(member)
    }
    this.events.emit('state', { upstream: id, state })
    this.changed()
    this.settled(member)
  }

  /** Something of it is over. Where it gets nothing more and has nothing left, says so and closes its connections. */
  protected settled(member: Member): void {
    if (member.active > 0 || (member.state === 'ready' && !member.gone)) return
    if (!member.drained) {
      member.drained = true
      this.events.emit('drained', { upstream: member.id })
    }
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
      this.#health.forget(member)
    }
    this.refresh()
    for (const member of members) {
      this.events.emit('removed', { upstream: member.id })
      this.settled(member)
    }
  }

  #watch(member: Member): void {
    if (!this.closed && member.state !== 'maintenance') this.#health.watch(member)
  }

  /** @throws for a list that cannot be, of which nothing is taken */
  #found(found: readonly UpstreamOptions[]): void {
    if (found.length === 0) {
      // More likely a mistake of whoever wrote it than a wish.
      const stays = this.#discovered ? 'the last good one stays' : 'there was none before'
      throw new Error(`the list of upstreams is empty; ${stays}`)
    }
    const { added, removed, weighed } = this.#membership.replace(`${this.settings.option}.discover`, found)
    // With the first list nobody is newer than the others.
    if (this.#discovered) for (const member of added) this.#health.ramp(member)
    this.#discovered = true
    if (removed.length > 0) this.#left(removed)
    if (added.length > 0) this.#joined(added)
    else if (removed.length === 0) this.refresh()
    for (const { id: upstream, weight } of weighed) this.events.emit('weight', { upstream, weight })
  }
}
