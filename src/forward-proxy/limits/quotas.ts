import type { Clock, Timer } from '../../contract/clock.ts'
import { duration, integer, knownKeys, OptionError, size } from '../../contract/options.ts'

/** Bytes that each user may move, both directions together. A day and a month are those of UTC. */
export interface QuotaOptions {
  /** @default no limit */
  readonly day?: number | string
  /** @default no limit */
  readonly month?: number | string
  /** Users that are counted. The one who has moved nothing for the longest time leaves first. @default 100000 */
  readonly users?: number
  /** Where the counts outlive the process. */
  readonly store?: QuotaStore
  /** How often counts that have changed are saved. @default '30s' */
  readonly saveEvery?: number | string
}

/** Keeps the counts: a file, a database. Plain JSON. */
export interface QuotaStore {
  readonly load: () => QuotaState | undefined | Promise<QuotaState | undefined>
  readonly save: (state: QuotaState) => void | Promise<void>
}

export interface QuotaState {
  /** `2026-01-31`: the day of the counts. */
  readonly day: string
  /** By user: bytes of that day and of its month. */
  readonly users: Readonly<Record<string, { readonly day: number; readonly month: number }>>
}

export interface Quotas {
  /** Adds the counts that were saved. Until then users start from nothing. */
  load(): Promise<void>
  /** Counts bytes. False: the user has used up what there is. */
  charge(user: string, bytes: number): boolean
  /** Bytes that are left, 0 at least. */
  left(user: string): number
  /** Seconds until the user has some again; 0 when some are left. */
  retryAfter(user: string): number
  state(): QuotaState
  /** Saves for the last time. */
  close(): Promise<void>
}

interface Used {
  day: number
  month: number
}

const dayMs = 86_400_000

/** @throws OptionError */
export function createQuotas(
  option: string,
  given: QuotaOptions,
  { clock, warn }: { readonly clock: Clock; readonly warn: (message: string) => void },
): Quotas {
  knownKeys(option, given, ['day', 'month', 'users', 'store', 'saveEvery'])
  const perDay = size(`${option}.day`, given.day, Number.POSITIVE_INFINITY)
  const perMonth = size(`${option}.month`, given.month, Number.POSITIVE_INFINITY)
  const mostUsers = integer(`${option}.users`, given.users, 100_000, 1)
  const saveEvery = duration(`${option}.saveEvery`, given.saveEvery, 30_000)
  const { store } = given
  if (store !== undefined && (typeof store.load !== 'function' || typeof store.save !== 'function')) {
    throw new OptionError(`${option}.store`, store, "give an object with the functions 'load' and 'save'")
  }
  const users = new Map<string, Used>()
  let today = dayOf(clock.wall())
  let timer: Timer | undefined
  let closed = false

  /** What was used on another day or in another month counts no more. */
  function turnOver(): void {
    const now = dayOf(clock.wall())
    if (now === today) return
    const isNewMonth = now.slice(0, 7) !== today.slice(0, 7)
    today = now
    if (isNewMonth) users.clear()
    else for (const used of users.values()) used.day = 0
  }

  function add(user: string, day: number, month: number): Used {
    const used = users.get(user) ?? { day: 0, month: 0 }
    used.day += day
    used.month += month
    // To the end: who moves bytes is not forgotten.
    users.delete(user)
    if (users.size >= mostUsers) users.delete(users.keys().next().value as string)
    users.set(user, used)
    return used
  }

  function save(): Promise<void> {
    if (timer !== undefined) clock.clearTimer(timer)
    timer = undefined
    return Promise.resolve()
      .then(() => store?.save(state()))
      .catch((error) => warn(`${option}.store: the counts could not be saved: ${reasonOf(error)}`))
  }

  function state(): QuotaState {
    turnOver()
    return { day: today, users: Object.fromEntries([...users].map(([user, used]) => [user, { ...used }])) }
  }

  const left = (used: Used): number => Math.max(0, Math.min(perDay - used.day, perMonth - used.month))

  return {
    async load() {
      const saved = await store?.load()
      if (saved === undefined) return
      turnOver()
      if (saved.day.slice(0, 7) !== today.slice(0, 7)) return
      for (const [user, used] of Object.entries(saved.users)) {
        add(user, saved.day === today ? count(used.day) : 0, count(used.month))
      }
    },
    charge(user, bytes) {
      turnOver()
      const used = add(user, bytes, bytes)
      if (store !== undefined && !closed) timer ??= clock.setTimer(() => void save(), saveEvery)
      return left(used) > 0
    },
    left(user) {
      turnOver()
      return left(users.get(user) ?? { day: 0, month: 0 })
    },
    retryAfter(user) {
      turnOver()
      const used = users.get(user)
      if (used === undefined || left(used) > 0) return 0
      const now = clock.wall()
      const date = new Date(now)
      const monthEnd = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
      const at = used.month >= perMonth ? monthEnd : Math.floor(now / dayMs) * dayMs + dayMs
      return Math.max(1, Math.ceil((at - now) / 1000))
    },
    state,
    async close() {
      if (closed) return
      closed = true
      if (store !== undefined) await save()
    },
  }
}

function dayOf(wall: number): string {
  return new Date(wall).toISOString().slice(0, 10)
}

/** From a file that somebody may have edited. */
function count(bytes: unknown): number {
  return typeof bytes === 'number' && bytes >= 0 ? bytes : 0
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
