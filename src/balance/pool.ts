import type { Timer } from '../contract/clock.ts'
import type { ErrorCode } from '../contract/errors.ts'
import type { Ask, Lease, Pool, RetryPolicy, Upstream } from '../contract/pool.ts'
import { rehash, trials } from './hash.ts'
import { type LeaseOwner, MemberLease } from './lease.ts'
import { Levels } from './levels.ts'
import type { Member } from './member.ts'
import { createPolicy, hashPolicies } from './policy/policies.ts'
import { PoolMembers } from './pool-members.ts'
import { type PoolOptions, type PoolSettings, readPool } from './pool-options.ts'
import type { PoolTools } from './pool-tools.ts'
import { Queue } from './queue.ts'
import { retryPolicy } from './retry/options.ts'
import { createSticky, type Sticky } from './sticky.ts'

export type { PoolTools }

/**
 * @param option path of the options, for errors
 * @throws OptionError for anything that cannot work
 */
export function createPool(name: string, options: PoolOptions, tools: PoolTools, option = 'pool'): LivePool {
  return new LivePool(name, readPool(option, options), tools)
}

/** Milliseconds. A failure that took less says nothing of an upstream that has not answered yet: it would look quick. */
const longFailure = 1000

/** Gives each exchange a place at one of its members, and learns from what becomes of it. */
export class LivePool extends PoolMembers implements Pool, LeaseOwner {
  readonly retry: RetryPolicy
  /** Exchanges that its upstreams have now. */
  active = 0
  readonly #random: () => number
  readonly #levels: Levels
  readonly #queue: Queue | undefined
  readonly #sticky: Sticky | undefined
  readonly #hashed: boolean
  readonly #policyAsk = { now: 0, tried: [] as readonly Upstream[], hash: 0 }
  /** Something changed that the levels have not seen. */
  #stale = true
  /** Set while exchanges wait for a place that time alone brings. */
  #wake: Timer | undefined

  /** @throws OptionError for upstreams that cannot be */
  constructor(name: string, settings: PoolSettings, tools: PoolTools) {
    super(name, settings, tools)
    const { clock, random } = tools
    const { policy, boundedLoad, slowStart, overprovisioning, panicThreshold, localities, queue, sticky } = settings
    this.#random = random
    this.#levels = new Levels({
      create: (its) => createPolicy(policy, its),
      policy: { random, slowStart, boundedLoad },
      overprovisioning,
      panicThreshold,
      localities,
    })
    this.#hashed = hashPolicies.has(policy)
    this.#queue = queue === undefined ? undefined : new Queue(queue, clock)
    this.#sticky = sticky === undefined ? undefined : createSticky(sticky, name)
    this.retry = retryPolicy(settings.retry, () => this.active + (this.#queue?.size ?? 0))
    this.refresh()
  }

  override close(): void {
    super.close()
    this.#queue?.close()
    this.#wakeAt(Number.POSITIVE_INFINITY)
  }

  pick(ask: Ask): Lease | undefined {
    const now = this.clock.now()
    this.#tend(now)
    const policyAsk = this.#policyAsk
    policyAsk.now = now
    policyAsk.tried = ask.tried
    const member = this.#sticky?.find(ask.exchange, policyAsk) ?? this.#choose(ask)
    return member === undefined ? undefined : this.#take(member, ask, now)
  }

  #choose(ask: Ask): Member | undefined {
    const draw = this.#random()
    if (!this.#hashed) return this.#levels.pick(this.#policyAsk, draw)
    // One key goes to one level and one locality too, as long as their health stays as it is.
    const hash = this.settings.hashKey(ask.exchange) ?? Math.floor(draw * 2 ** 32)
    this.#policyAsk.hash = hash
    return this.#levels.pick(this.#policyAsk, rehash(hash, trials.level) / 2 ** 32)
  }

  #take(member: Member, { exchange }: Ask, now: number): Lease {
    member.active++
    member.picks++
    this.active++
    if (exchange !== undefined) exchange.facts.pool = this.name
    const returning = this.#sticky === undefined ? undefined : exchange
    const lease = new MemberLease(this, member, now, member.breaker?.taken(now) ?? 0, returning)
    if (this.events.listenerCount('picked') > 0) this.events.emit('picked', { upstream: member.id })
    return lease
  }

  leaseAnswered(lease: MemberLease): void {
    const now = this.clock.now()
    const { member, status } = lease
    lease.latency = now - lease.began
    // Of several that were asked the one that answers last is the client's.
    this.#sticky?.mark(lease.exchange, member)
    // An error is quick to make: believing its time would draw traffic to whoever fails fastest.
    if (status < 500) member.answered(lease.latency, now)
    else atLeast(member, lease.latency, now)
    if (status !== 101) return
    // It may last for days: the verdict is now.
    this.outlier?.record(member, { status, error: undefined, latency: lease.latency }, now)
    member.breaker?.succeeded(lease.ticket)
  }

  leaseOver(lease: MemberLease, error: ErrorCode | undefined): void {
    const now = this.clock.now()
    const { member, status, latency, ticket } = lease
    member.active--
    this.active--
    const waited = lease.waited(now)
    if (latency === -1) atLeast(member, waited, now)
    const failed = error !== undefined || status >= 500
    if (failed) member.failures++
    // Of an upgrade the verdict was told with its answer.
    if (status !== 101) {
      if (failed) member.breaker?.failed(ticket, now)
      else if (status === 0) member.breaker?.abandoned(ticket)
      else member.breaker?.succeeded(ticket)
      this.outlier?.record(member, { status, error, latency: waited }, now)
    }
    if (this.events.listenerCount('ended') > 0) {
      this.events.emit('ended', { upstream: member.id, status, error, latency })
    }
    this.settled(member)
    this.#serve()
    if (failed) this.#awaitReturn(now)
  }

  wait(ask: Ask, callback: (lease: Lease | undefined) => void): (() => void) | undefined {
    const queue = this.closed ? undefined : this.#queue
    const now = this.clock.now()
    this.#tend(now)
    if (queue === undefined || !this.#someoneIsFull(ask, now)) {
      this.events.emit('refused', { reason: 'none ready' })
      return undefined
    }
    const leave = queue.join(ask, (lease) => {
      if (lease === undefined) this.events.emit('refused', { reason: 'queue timeout' })
      callback(lease)
    })
    if (leave === undefined) {
      this.events.emit('refused', { reason: 'queue full' })
      return undefined
    }
    this.events.emit('queued', { waiting: queue.size })
    if (this.#wake === undefined) this.#awaitReturn(now)
    return leave
  }

  /** Who has failed too often is not full: nobody waits for him. */
  #someoneIsFull({ tried }: Ask, now: number): boolean {
    return this.#levels.some(({ upstream, breaker }) => !tried.includes(upstream) && breaker?.state(now) !== 'open')
  }

  has({ tried }: Ask): boolean {
    const now = this.clock.now()
    this.#tend(now)
    return this.#levels.some((member) => !tried.includes(member.upstream) && member.hasRoom(now))
  }

  retryAfter(): number {
    const now = this.clock.now()
    let first = Number.POSITIVE_INFINITY
    for (const member of this.members) first = Math.min(first, this.#backAt(member, now))
    return first === Number.POSITIVE_INFINITY ? 1 : Math.max(1, Math.ceil(Math.round(first - now) / 1000))
  }

  /** When it may serve again, as far as can be told: one that is full at any time, one that the operator took out never. */
  #backAt(member: Member, now: number): number {
    const { state, forced, check, ejected, breaker } = member
    if (state !== 'ready' || forced === 'down') return Number.POSITIVE_INFINITY
    const { health } = this.settings
    let at = now
    if (forced === 'auto' && check === 'down' && health !== undefined) {
      at += health.downInterval + (health.rise - 1) * health.edgeInterval
    } else if (forced === 'auto' && ejected && this.outlier !== undefined) {
      at = this.outlier.nextReturn([member])
    }
    return Math.max(at, breaker?.probeAt ?? at)
  }

  /** Nothing happens when an ejection ends or a breaker lets a probe through: those who wait have to be woken. */
  #awaitReturn(now: number): void {
    if (this.#queue === undefined || this.#queue.size === 0 || this.closed) return
    let at = this.outlier?.nextReturn(this.members) ?? Number.POSITIVE_INFINITY
    for (const { breaker } of this.members) {
      const probeAt = breaker?.probeAt
      if (probeAt !== undefined && probeAt > now && probeAt < at) at = probeAt
    }
    this.#wakeAt(at)
  }

  #wakeAt(at: number): void {
    const { clock } = this
    if (this.#wake !== undefined) clock.clearTimer(this.#wake)
    this.#wake = undefined
    if (at === Number.POSITIVE_INFINITY) return
    this.#wake = clock.setTimer(
      () => {
        this.#wake = undefined
        this.#serve()
        this.#awaitReturn(clock.now())
      },
      Math.max(1, at - clock.now()),
    )
  }

  /** What time has done since the last look. There is no timer: without picks nobody would know the difference. */
  #tend(now: number): void {
    if (this.outlier !== undefined && now >= this.outlier.due) this.outlier.tick(now, this.members)
    if (!this.#stale) return
    this.#stale = false
    const before = this.#levels.panic
    this.#levels.update(this.members)
    const { panic } = this.#levels
    if (panic.join() !== before.join()) this.events.emit('panic', { priorities: panic })
  }

  #serve(): void {
    if (this.#queue !== undefined && this.#queue.size > 0) this.#queue.serve((ask) => this.pick(ask))
  }

  protected override joinedOrLeft(): void {
    this.#sticky?.update(this.members)
  }

  protected override changed(): void {
    this.#stale = true
    this.#serve()
  }
}

/** No good answer in this time: one would have taken that long at least. */
function atLeast({ latency }: Member, waited: number, now: number): void {
  if (waited > (latency.known ? latency.at(now) : longFailure)) latency.observe(waited, now)
}
