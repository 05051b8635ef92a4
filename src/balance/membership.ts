import { OptionError } from '../contract/options.ts'
import type { Upstream, UpstreamSettings } from '../contract/pool.ts'
import { Breaker } from './breaker.ts'
import { Member } from './member.ts'
import type { UpstreamOptions } from './options.ts'
import type { MemberReport } from './pool-events.ts'
import type { PoolSettings } from './pool-options.ts'

export type Source = MemberReport['source']

/** Mean lifetime of what is remembered of a latency, as in Finagle. */
const decay = 10_000
/** The priority of a backup: after all that a person would write. */
const backupPriority = 1_000

export type MakeUpstream = (option: string, url: string, settings: UpstreamSettings) => Upstream

/** Who is in a pool, by id, and what each was made from. Knows nothing of health or picks. */
export class Membership {
  readonly #settings: PoolSettings
  readonly #make: MakeUpstream
  readonly #members = new Map<string, Member>()
  readonly #origins = new WeakMap<Member, { readonly url: string; readonly source: Source; readonly made: string }>()

  constructor(settings: PoolSettings, make: MakeUpstream) {
    this.#settings = settings
    this.#make = make
  }

  get size(): number {
    return this.#members.size
  }

  all(): readonly Member[] {
    return [...this.#members.values()]
  }

  get(id: string): Member | undefined {
    return this.#members.get(id)
  }

  urlOf(member: Member): string {
    return this.#origins.get(member)?.url ?? ''
  }

  sourceOf(member: Member): Source {
    return this.#origins.get(member)?.source ?? 'options'
  }

  /** @throws OptionError for what is no upstream, and for one that is there */
  add(option: string, given: UpstreamOptions, source: Source): Member {
    const member = this.#build(option, given)
    if (this.#members.has(member.id)) {
      throw new OptionError(
        option,
        given.url,
        `upstream ${member.id} stands in the pool twice; give it a weight instead`,
      )
    }
    this.#members.set(member.id, member)
    this.#origins.set(member, { url: given.url, source, made: madeFrom(this.#settings, given) })
    return member
  }

  delete(member: Member): boolean {
    return this.#members.get(member.id) === member && this.#members.delete(member.id)
  }

  /**
   * Makes the members that discovery found the ones that it finds now. Those that stay keep all that is known of them; one
   * whose way of speaking changed (TLS, HTTP/2) is another. Members from elsewhere are left alone.
   * @throws OptionError, before anything is changed
   */
  replace(option: string, found: readonly UpstreamOptions[]): { added: Member[]; removed: Member[] } {
    const wanted = new Map<
      string,
      { readonly member: Member; readonly given: UpstreamOptions; readonly made: string }
    >()
    for (const given of found) {
      const member = this.#build(option, given)
      // The same place found twice: the first one counts.
      if (!wanted.has(member.id)) wanted.set(member.id, { member, given, made: madeFrom(this.#settings, given) })
    }
    const removed: Member[] = []
    for (const member of this.#members.values()) {
      const origin = this.#origins.get(member)
      if (origin?.source !== 'discovery') {
        wanted.delete(member.id)
        continue
      }
      const next = wanted.get(member.id)
      if (next?.made !== origin.made) {
        removed.push(member)
        continue
      }
      wanted.delete(member.id)
      member.weight = next.member.weight
      member.priority = next.member.priority
      member.locality = next.member.locality
      member.maxRequests = next.member.maxRequests
    }
    for (const member of removed) this.#members.delete(member.id)
    const added = [...wanted.values()].map(({ member, given, made }) => {
      this.#members.set(member.id, member)
      this.#origins.set(member, { url: given.url, source: 'discovery', made })
      return member
    })
    return { added, removed }
  }

  #build(option: string, given: UpstreamOptions): Member {
    const { http2, tls, breaker, maxConnections, maxRequests } = this.#settings
    const upstream = this.#make(option, given.url, {
      http2: given.http2 ?? http2,
      tls: given.tls ?? tls,
      address: given.address,
      maxConnections: given.maxConnections ?? maxConnections,
    })
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
function madeFrom({ http2, tls }: PoolSettings, given: UpstreamOptions): string {
  const { url, address, maxConnections } = given
  return JSON.stringify([url, address, maxConnections, given.http2 ?? http2, given.tls ?? tls])
}
