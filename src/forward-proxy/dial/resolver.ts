import type { Clock, Timer } from '../../contract/clock.ts'
import { ProxyError } from '../../contract/errors.ts'
import type { Finder, NameSource } from './name-source.ts'

/** Times in milliseconds. */
export interface ResolverSettings {
  /** For a whole look-up. */
  readonly timeout: number
  /** Addresses are kept for at least and at most so long, whatever their TTL. */
  readonly minTtl: number
  readonly maxTtl: number
  /** That a name has no addresses is kept for so long at most. */
  readonly negativeTtl: number
}

/** Who wants to know. */
export interface Waiter {
  /** May be called twice: families of addresses come when they come. */
  found(addresses: readonly string[]): void
  /** Once, last. The error says why nothing was found: SP_DNS, SP_DNS_TIMEOUT, SP_SHUTDOWN. */
  end(error: ProxyError | null): void
}

export interface Resolver {
  /**
   * Looks a name up. May call back at once. Nothing is called after the function that comes back has been.
   * @param host canonical, no literal address
   */
  resolve(host: string, waiter: Waiter): () => void
  close(): Promise<void>
}

export interface ResolverMeans {
  readonly clock: Clock
  readonly source: NameSource
  readonly settings: ResolverSettings
}

/** Names that are kept. */
const mostHeld = 4096
/** Names that are being asked for at a time. */
const mostAsked = 1024
/** Milliseconds before a name that could not be found out is asked for again. RFC 2308 section 7 allows five minutes. */
const failureHolds = 1000

interface Held {
  readonly addresses: readonly string[]
  readonly error: ProxyError | null
  readonly until: number
}

const nothing = (): void => {}

/** Looks names up once for all who ask at the same time, and keeps answers, none and failures too. */
export function createResolver({ clock, source, settings }: ResolverMeans): Resolver {
  const held = new Map<string, Held>()
  const asked = new Map<string, Lookup>()
  let closed = false

  function keep(host: string, entry: Held): void {
    held.delete(host)
    if (entry.until <= clock.now()) return
    if (held.size >= mostHeld) held.delete(held.keys().next().value as string)
    held.set(host, entry)
  }

  const means: LookupMeans = {
    clock,
    source,
    settings,
    over(lookup, addresses, error, holds) {
      if (asked.get(lookup.host) !== lookup) return
      asked.delete(lookup.host)
      keep(lookup.host, { addresses, error, until: clock.now() + holds })
    },
  }

  return {
    resolve(host, waiter) {
      if (closed) return tell(waiter, [], new ProxyError('SP_SHUTDOWN'))
      // RFC 6761 6.3: never asked of DNS.
      if (host === 'localhost' || host.endsWith('.localhost')) return tell(waiter, ['127.0.0.1', '::1'], null)
      const known = held.get(host)
      if (known !== undefined && known.until > clock.now()) return tell(waiter, known.addresses, known.error)
      const running = asked.get(host)
      if (running !== undefined) return running.join(waiter)
      if (asked.size >= mostAsked) {
        return tell(waiter, [], new ProxyError('SP_DNS', `${host}: ${mostAsked} look-ups are under way already`))
      }
      const lookup = new Lookup(host, means)
      asked.set(host, lookup)
      const leave = lookup.join(waiter)
      lookup.start()
      return leave
    },
    async close() {
      closed = true
      for (const lookup of [...asked.values()]) lookup.end(new ProxyError('SP_SHUTDOWN'))
      held.clear()
      await source.close()
    },
  }
}

function tell(waiter: Waiter, addresses: readonly string[], error: ProxyError | null): () => void {
  if (addresses.length > 0) waiter.found(addresses)
  waiter.end(error)
  return nothing
}

interface LookupMeans extends ResolverMeans {
  /** @param holds milliseconds */
  over(lookup: Lookup, addresses: readonly string[], error: ProxyError | null, holds: number): void
}

/** One question that is being asked, and all who wait for its answer. */
class Lookup implements Finder {
  readonly host: string
  readonly #means: LookupMeans
  readonly #waiters = new Set<Waiter>()
  readonly #addresses: string[] = []
  #ttl = Number.POSITIVE_INFINITY
  #cancel: () => void = nothing
  #timer: Timer | undefined
  #over = false

  constructor(host: string, means: LookupMeans) {
    this.host = host
    this.#means = means
  }

  start(): void {
    const { clock, source, settings } = this.#means
    this.#timer = clock.setTimer(() => this.#expire(), settings.timeout)
    const cancel = source.ask(this.host, this)
    if (this.#over) cancel()
    else this.#cancel = cancel
  }

  join(waiter: Waiter): () => void {
    this.#waiters.add(waiter)
    if (this.#addresses.length > 0) waiter.found([...this.#addresses])
    return () => {
      // Who leaves with the first family's addresses has most likely connected: the rest is worth waiting for, to be kept.
      const found = this.#addresses.length > 0
      if (this.#waiters.delete(waiter) && this.#waiters.size === 0 && !found) this.#finish(null, 0)
    }
  }

  found(addresses: readonly string[], ttl: number): void {
    if (this.#over) return
    this.#ttl = Math.min(this.#ttl, ttl)
    this.#addresses.push(...addresses)
    for (const waiter of [...this.#waiters]) waiter.found(addresses)
  }

  end(error: ProxyError | null, ttl = 0): void {
    if (this.#over) return
    const { minTtl, maxTtl, negativeTtl } = this.#means.settings
    if (this.#addresses.length > 0) {
      const whole = Math.min(Math.max(this.#ttl * 1000, minTtl), maxTtl)
      // With a family missing it is soon asked for again.
      this.#finish(null, error === null ? whole : Math.min(whole, failureHolds))
    } else if (error === null) {
      this.#finish(new ProxyError('SP_DNS', `${this.host} has no addresses`), Math.min(ttl * 1000, negativeTtl))
    } else {
      this.#finish(error, error.code === 'SP_SHUTDOWN' ? 0 : failureHolds)
    }
  }

  #expire(): void {
    this.end(new ProxyError('SP_DNS_TIMEOUT', `${this.host}: no answer within ${this.#means.settings.timeout} ms`))
  }

  #finish(error: ProxyError | null, holds: number): void {
    if (this.#over) return
    this.#over = true
    if (this.#timer !== undefined) this.#means.clock.clearTimer(this.#timer)
    this.#cancel()
    this.#means.over(this, this.#addresses, error, holds)
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    for (const waiter of waiters) waiter.end(error)
  }
}
