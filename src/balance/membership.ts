import { OptionError } from '../contract/options.ts'
import type { Upstream, UpstreamSettings } from '../contract/pool.ts'
import { Breaker } from './breaker.ts'
import { mostUpstreams } from './discovery/upstream-list.ts'
import { checkUpstream } from './health/check-upstream.ts'
import { Member } from './member.ts'
import type { UpstreamOptions } from './options.ts'
import type { MemberReport } from './pool-events.ts'
import type { PoolSettings } from './pool-options.ts'
import { readUpstreamTls } from './upstream-tls.ts'

export type Source = MemberReport['source']

/** Mean lifetime of what is remembered of a latency, as in Finagle. */
const decay = 10_000
/** The priority of a backup: after all that a person would write. */
const backupPriority = 1_000

export type MakeUpstream = (option: string, url: string, settings: UpstreamSettings) => Upstream

/** What a member was made from. */
interface Origin {
  readonly given: UpstreamOptions
  readonly source: Source
}

/** What discovery has changed. */
export interface Replaced {
  readonly added: readonly Member[]
  readonly removed: readonly Member[]
  /** Those that stay, with another weight. */
  readonly weighed: readonly Member[]
}

/** Who is in a pool, by id, and what each was made from. Knows nothing of health or picks. */
export class Membership {
  readonly #settings: PoolSettings
  readonly #make: MakeUpstream
  readonly #members = new Map<string, Member>()
  readonly #origins = new WeakMap<Member, Origin>()

  constructor(settings: PoolSettings, make: MakeUpstream) {
    this.#settings = settings
    this.#make = make
  }

  all(): readonly Member[] {
    return [...this.#members.values()]
  }

  get(id: string): Member | undefined {
    return this.#members.get(id)
  }

  /** Of a member that was made here. */
  originOf(member: Member): Origin {
    return this.#origins.get(member) as Origin
  }

  /** @throws OptionError for what is no upstream, and for one that is there */
  add(option: string, given: UpstreamOptions, source: Source): Member {
    if (this.#members.size >= mostUpstreams) {
      throw new OptionError(option, given.url, `a pool holds at most ${mostUpstreams} upstreams`)
    }
    const member = this.#build(option, given)
    if (this.#members.has(member.id)) {
      throw new OptionError(
        `${option}.url`,
        given.url,
        `${member.id} stands in the pool already; give it a weight instead`,
      )
    }
    return this.#enter(member, { given, source })
  }

  #enter(member: Member, origin: Origin): Member {
    this.#members.set(member.id, member)
    this.#origins.set(member, origin)
    return member
  }

  delete(member: Member): void {
    this.#members.delete(member.id)
  }

  /**
   * Makes the members that discovery found the ones that it finds now. Those that stay keep all that is known of them, and
   * what the operator gave them as long as discovery says the same as before; one whose way of speaking changed (URL, TLS,
   * HTTP/2, connections) is another. Members from elsewhere are left alone.
   * @throws OptionError, before anything is changed
   */
  replace(option: string, found: readonly UpstreamOptions[]): Replaced {
    const wanted = new Map<string, { readonly member: Member; readonly given: UpstreamOptions }>()
    for (const [i, given] of found.entries()) {
      const member = this.#build(`${option}[${i}]`, given)
      // The same place found twice: the first one counts.
      if (!wanted.has(member.id)) wanted.set(member.id, { member, given })
    }
    this.#checkRoom(option, wanted)
    const removed: Member[] = []
    const weighed: Member[] = []
    for (const member of this.all()) {
      const { source, given: before } = this.originOf(member)
      const next = wanted.get(member.id)
      if (source !== 'discovery') {
        wanted.delete(member.id)
      } else if (next === undefined || identity(next.given) !== identity(before)) {
        removed.push(member)
        this.#members.delete(member.id)
      } else {
        wanted.delete(member.id)
        if (this.#settle(member, before, next)) weighed.push(member)
      }
    }
    const added = [...wanted.values()].map(({ member, given }) => this.#enter(member, { given, source: 'discovery' }))
    return { added, removed, weighed }
  }

  /** Beside those from elsewhere. */
  #checkRoom(option: string, wanted: ReadonlyMap<string, unknown>): void {
    let size = wanted.size
    for (const member of this.#members.values()) {
      if (this.originOf(member).source !== 'discovery' && !wanted.has(member.id)) size++
    }
    if (size > mostUpstreams) throw new OptionError(option, size, `a pool holds at most ${mostUpstreams} upstreams`)
  }

  /** True when it weighs another weight now. */
  #settle(
    member: Member,
    before: UpstreamOptions,
    next: { readonly member: Member; readonly given: UpstreamOptions },
  ): boolean {
    this.#origins.set(member, { given: next.given, source: 'discovery' })
    member.priority = next.member.priority
    member.locality = next.member.locality
    member.maxRequests = next.member.maxRequests
    if (before.weight === next.given.weight || member.weight === next.member.weight) return false
    member.weight = next.member.weight
    return true
  }

  #build(option: string, given: UpstreamOptions): Member {
    const { http2, tls, breaker, maxConnections, maxRequests, health } = this.#settings
    const upstream = this.#make(`${option}.url`, given.url, {
      http2: given.http2 ?? http2,
      tls: readUpstreamTls(`${option}.tls`, given.tls) ?? tls,
      address: given.address,
      maxConnections: given.maxConnections ?? maxConnections,
    })
    // Throws for one that cannot be checked.
    if (health !== undefined) checkUpstream(upstream, health)
    return new Member(
      upstream,
      {
        weight: given.weight ?? 1,
        priority: given.priority ?? (given.backup === true ? backupPriority : 0),
        locality: given.locality ?? '',
        // Over HTTP/1 an exchange has a connection to itself.
        maxRequests: Math.min(
          given.maxRequests ?? maxRequests,
          upstream.http2 ? Number.POSITIVE_INFINITY : upstream.maxConnections,
        ),
      },
      decay,
      breaker === undefined ? undefined : new Breaker(breaker),
    )
  }
}

/** What an upstream cannot change without being another one. */
function identity({ url, address, maxConnections, http2, tls }: UpstreamOptions): string {
  return JSON.stringify([url, address, maxConnections, http2, tls])
}
