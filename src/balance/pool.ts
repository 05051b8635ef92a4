import type { ErrorCode } from '../contract/errors.ts'
import type { Ask, Lease, Pool, RetryPolicy, Upstream } from '../contract/pool.ts'
import { type LeaseOwner, MemberLease } from './lease.ts'
import { Levels } from './levels.ts'
import type { Member } from './member.ts'
import { createPolicy } from './policy/policies.ts'
import { PoolMembers, type PoolTools } from './pool-members.ts'
import { type PoolOptions, type PoolSettings, readPool } from './pool-options.ts'
import { Queue } from './queue.ts'
import { retryPolicy } from './retry/options.ts'
import { createSticky, type Sticky } from './sticky.ts'

export type { PoolTools }

/** @throws OptionError for anything that cannot work */
export function createPool(name: string, options: PoolOptions, tools: PoolTools): LivePool {
  return new LivePool(name, readPool('pool', options), tools)
}

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
    this.#hashed = policy === 'ring-hash' || policy === 'maglev' || policy === 'rendezvous'
    this.#queue = queue === undefined ? undefined : new Queue(queue, clock)
    this.#sticky = sticky === undefined ? undefined : createSticky(sticky, name)
    this.retry = retryPolicy(settings.retry, () => this.active + (this.#queue?.size ?? 0))
    this.refresh()
  }

  override close(): void {
    super.close()
    this.#queue?.close()
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
    return this.#levels.pick(this.#policyAsk, hash / 2 ** 32)
  }

  #take(member: Member, { exchange }: Ask, now: number): Lease {
    member.active++
    member.picks++
    this.active++
    if (exchange !== undefined) exchange.facts.pool = this.name
    this.#sticky?.mark(exchange, member)
    if (this.events.listenerCount('picked') > 0) this.events.emit('picked', { upstream: member.id })
    return new MemberLease(this, member, now, member.breaker?.taken(now) ?? 0)
  }

  leaseAnswered(lease: MemberLease): void {
    const now = this.clock.now()
    const { member, status } = lease
    lease.latency = now - lease.began
    // An error is quick to make: believing its time would draw traffic to whoever fails fastest.
    if (status < 500) member.latency.observe(lease.latency, now)
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
    if (latency === -1) atLeast(member, now - lease.began, now)
    const failed = error !== undefined || status >= 500
    if (failed) member.failures++
    if (member.breaker !== undefined) {
      if (failed) member.breaker.failed(ticket, now)
      else if (status === 0) member.breaker.abandoned(ticket)
      else member.breaker.succeeded(ticket)
    }
    if (status !== 101) this.outlier?.record(member, { status, error, latency }, now)
    if (this.events.listenerCount('ended') > 0) {
      this.events.emit('ended', { upstream: member.id, status, error, latency })
    }
    if (member.active === 0 && (member.gone || member.state !== 'ready')) this.drained(member)
    this.#serve()
  }

  wait(ask: Ask, callback: (lease: Lease | undefined) => void): (() => void) | undefined {
    const full = this.#queue !== undefined && !this.closed && this.#someReady(ask)
    if (!full) {
      this.events.emit('refused', { reason: 'none ready' })
      return undefined
    }
    const leave = this.#queue?.join(ask, (lease) => {
      if (lease === undefined) this.events.emit('refused', { reason: 'queue timeout' })
      callback(lease)
    })
    if (leave === undefined) this.events.emit('refused', { reason: 'queue full' })
    else this.events.emit('queued', { waiting: this.#queue?.size ?? 0 })
    return leave
  }

  has({ tried }: Ask): boolean {
    const now = this.clock.now()
    this.#tend(now)
    return this.#levels.some((member) => !tried.includes(member.upstream) && member.hasRoom(now))
  }

  /** Somebody would take this exchange, had he room. */
  #someReady({ tried }: Ask): boolean {
    return this.#levels.some(({ upstream }) => !tried.includes(upstream))
  }

  retryAfter(): number {
    const now = this.clock.now()
    const { health } = this.settings
    let at = health === undefined ? Number.POSITIVE_INFINITY : now + health.downInterval
    if (this.outlier !== undefined) at = Math.min(at, this.outlier.nextReturn(this.members))
    for (const { breaker } of this.members) at = Math.min(at, breaker?.probeAt ?? Number.POSITIVE_INFINITY)
    return at === Number.POSITIVE_INFINITY ? 1 : Math.max(1, Math.ceil((at - now) / 1000))
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

/** No answer in this time: it takes that long at least. */
function atLeast(member: Member, latency: number, now: number): void {
  if (latency > member.latency.at(now)) member.latency.observe(latency, now)
}
