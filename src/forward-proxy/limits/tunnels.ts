import type { Clock, Timer } from '../../contract/clock.ts'
import { duration, integer, knownKeys } from '../../contract/options.ts'
import type { Splice, SpliceEnd } from '../../net/splice.ts'
import type { Quotas } from './quotas.ts'

export interface TunnelLimits {
  /** Tunnels at a time, in total. @default 10000 */
  readonly most?: number
  /** Tunnels at a time of one user, or of one address where nobody is asked for a name. `false` is no limit. @default 256 */
  readonly mostPerUser?: number | false
  /** Without a byte in either direction. `false` never ends one. @default '10m' */
  readonly idleTimeout?: number | string | false
  /** Whatever moves. @default false */
  readonly maxLifetime?: number | string | false
}

/** Whose tunnel it is, and where to. */
export interface TunnelParts {
  /** Undefined where nobody is asked for a name: then the address stands for it in limits and quotas. */
  readonly user: string | undefined
  readonly client: string
  /** `host:port`. */
  readonly target: string
}

/** A row of the live table. */
export interface TunnelRow extends TunnelParts {
  readonly id: number
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Bytes from the client, and to it. */
  readonly received: number
  readonly sent: number
  /** Still being dialled. */
  readonly opening: boolean
}

/** A place in the table, taken before the target is dialled. */
export interface Tunnel {
  readonly id: number
  /** The bytes flow now. Closes it at once when the tunnel has been killed meanwhile. */
  attach(splice: Splice): void
  /** Gives the place back. Later calls do nothing. */
  end(): void
}

/** Why there is no place: too many in total, too many of this user, or a quota that is used up. */
export type NoTunnel = 'total' | 'user' | 'quota'

export interface Tunnels {
  open(parts: TunnelParts): Tunnel | NoTunnel
  list(): TunnelRow[]
  readonly size: number
  /** Breaks one off. False: there is none of that id. */
  kill(id: number): boolean
  /** Breaks off all that are there, and looks no more. */
  close(reason: SpliceEnd): void
}

export interface TunnelTools {
  readonly clock: Clock
  readonly quotas?: Quotas | undefined
}

/** Milliseconds between two looks. Deadlines are kept, and quotas charged, to that. */
const tick = 1000

/** The table of open tunnels, with their limits. One timer looks after all of them while there are any. */
export function createTunnels(option: string, given: TunnelLimits, { clock, quotas }: TunnelTools): Tunnels {
  knownKeys(option, given, ['most', 'mostPerUser', 'idleTimeout', 'maxLifetime'])
  const most = integer(`${option}.most`, given.most, 10_000, 1)
  const { mostPerUser = 256 } = given
  const perUser = mostPerUser === false ? most : integer(`${option}.mostPerUser`, mostPerUser, 256, 1)
  const idleTimeout = duration(`${option}.idleTimeout`, given.idleTimeout, 600_000)
  const maxLifetime = duration(`${option}.maxLifetime`, given.maxLifetime, 0)
  const entries = new Map<number, Entry>()
  const counts = new Map<string, number>()
  let nextId = 1
  let timer: Timer | undefined

  function look(): void {
    const now = clock.now()
    for (const entry of entries.values()) {
      if (!charge(entry, now)) entry.close('quota')
      else if (maxLifetime > 0 && now - entry.openedAt >= maxLifetime) entry.close('lifetime')
      // One that is being dialled has deadlines of its own.
      else if (idleTimeout > 0 && !entry.opening && now - entry.movedAt >= idleTimeout) entry.close('idle')
    }
    timer = entries.size === 0 ? undefined : clock.setTimer(look, tick)
  }

  /** Counts what has moved since the last look. False: the user has no more. */
  function charge(entry: Entry, now: number): boolean {
    const moved = entry.moved(now)
    if (quotas === undefined) return true
    return moved === 0 ? quotas.left(entry.owner) > 0 : quotas.charge(entry.owner, moved)
  }

  function end(entry: Entry): void {
    if (!entries.delete(entry.id)) return
    charge(entry, clock.now())
    const count = (counts.get(entry.owner) ?? 1) - 1
    if (count === 0) counts.delete(entry.owner)
    else counts.set(entry.owner, count)
    if (entries.size > 0 || timer === undefined) return
    clock.clearTimer(timer)
    timer = undefined
  }

  return {
    open(parts) {
      const owner = ownerOf(parts)
      const count = counts.get(owner) ?? 0
      if (entries.size >= most) return 'total'
      if (count >= perUser) return 'user'
      if (quotas !== undefined && quotas.left(owner) === 0) return 'quota'
      const entry = new Entry(nextId++, owner, parts, clock)
      entries.set(entry.id, entry)
      counts.set(owner, count + 1)
      timer ??= clock.setTimer(look, tick)
      return { id: entry.id, attach: (splice) => entry.attach(splice, clock.now()), end: () => end(entry) }
    },
    list: () => [...entries.values()].map((entry) => entry.row()),
    get size() {
      return entries.size
    },
    kill(id) {
      const entry = entries.get(id)
      entry?.close('killed')
      return entry !== undefined
    },
    close(reason) {
      if (timer !== undefined) clock.clearTimer(timer)
      timer = undefined
      for (const entry of [...entries.values()]) entry.close(reason)
    },
  }
}

/**
 * The name under which limits, quotas and bandwidth are counted. A name has no control characters, so that no user can have
 * that of an address.
 */
export function ownerOf({ user, client }: { readonly user: string | undefined; readonly client: string }): string {
  return user === undefined ? `\0${client}` : user
}

class Entry {
  readonly id: number
  readonly owner: string
  readonly openedAt: number
  readonly #parts: TunnelParts
  readonly #since: number
  #splice: Splice | undefined
  #ending: SpliceEnd | undefined
  #counted = 0
  movedAt: number

  constructor(id: number, owner: string, parts: TunnelParts, clock: Clock) {
    this.id = id
    this.owner = owner
    this.#parts = parts
    this.#since = clock.wall()
    this.openedAt = clock.now()
    this.movedAt = this.openedAt
  }

  get opening(): boolean {
    return this.#splice === undefined
  }

  attach(splice: Splice, now: number): void {
    this.#splice = splice
    this.movedAt = now
    if (this.#ending !== undefined) splice.close(this.#ending)
  }

  /** Bytes since the last time. */
  moved(now: number): number {
    if (this.#splice === undefined) return 0
    const all = this.#splice.received + this.#splice.sent
    const moved = all - this.#counted
    this.#counted = all
    if (moved > 0) this.movedAt = now
    return moved
  }

  close(reason: SpliceEnd): void {
    this.#ending ??= reason
    this.#splice?.close(reason)
  }

  row(): TunnelRow {
    const { user, client, target } = this.#parts
    return {
      id: this.id,
      user,
      client,
      target,
      since: this.#since,
      received: this.#splice?.received ?? 0,
      sent: this.#splice?.sent ?? 0,
      opening: this.opening,
    }
  }
}
