import { createPool, type LivePool } from '../../src/balance/pool.ts'
import type { PoolOptions } from '../../src/balance/pool-options.ts'
import type { Dispatch, DispatchController } from '../../src/contract/layer.ts'
import { idleController } from '../../src/contract/layer.ts'
import type { Ask, Lease, Upstream } from '../../src/contract/pool.ts'
import { createUpstream } from '../../src/upstream/origin.ts'
import { type FakeClock, fakeClock } from '../support/fake-clock.ts'
import { seededRandom } from '../support/random.ts'

export interface PoolBed {
  readonly pool: LivePool
  readonly clock: FakeClock
  /** Names of upstreams whose connections were let go, checks' own apart. */
  readonly forgotten: string[]
  /** `drained a:80`, in the order in which it happened; emptied by each call. `picked`, `ended` and `check` apart. */
  news(): string[]
  /** Status that a check of this upstream is answered with, by its name; 0 refuses. */
  readonly checks: Map<string, number>
  /** A lease, which there must be. */
  take(tried?: readonly Upstream[]): Lease
  /** Names of the upstreams of so many picks, each given back at once with 200. */
  names(count: number): string[]
}

export const anyone: Ask = { exchange: undefined, tried: [] }

/** A pool over a clock and a chance of the test's own. Its checks are answered 200 unless `checks` says otherwise. */
export function poolBed(options: PoolOptions, random: () => number = seededRandom(7)): PoolBed {
  const clock = fakeClock()
  const checks = new Map<string, number>()
  const mine = new Set<Upstream>()
  const forgotten: string[] = []
  const dispatch: Dispatch = ({ upstream }, handler) => {
    const status = checks.get((upstream as Upstream).name) ?? 200
    const controller = { ...idleController, rawHeaders: [] } as DispatchController
    if (status === 0) {
      handler.onResponseError?.(controller, Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
      return true
    }
    handler.onRequestStart?.(controller, null)
    handler.onResponseStart?.(controller, status, {})
    handler.onResponseEnd?.(controller, {})
    return true
  }
  const pool = createPool('test', options, {
    clock,
    random,
    createUpstream(option, url, settings) {
      const made = createUpstream(option, url, settings)
      mine.add(made)
      return made
    },
    forget: (upstream) => {
      if (mine.has(upstream)) forgotten.push(upstream.name)
    },
    dispatch,
    connect: () => {
      throw new Error('no test of this bed connects')
    },
  })
  const told: string[] = []
  for (const event of ['added', 'removed', 'drained', 'returned'] as const) {
    pool.events.on(event, ({ upstream }) => told.push(`${event} ${upstream}`))
  }
  pool.events.on('state', ({ upstream, state }) => told.push(`${state} ${upstream}`))
  pool.events.on('weight', ({ upstream, weight }) => told.push(`weight ${upstream} ${weight}`))
  pool.events.on('health', ({ upstream, up }) => told.push(`${up ? 'up' : 'down'} ${upstream}`))
  pool.events.on('ejected', ({ upstream, reason }) => told.push(`ejected ${upstream} ${reason}`))
  pool.events.on('panic', ({ priorities }) => told.push(`panic ${priorities.join()}`))
  pool.events.on('discovery', ({ problem }) => told.push(`discovery ${problem ?? 'works'}`))
  pool.events.on('refused', ({ reason }) => told.push(`refused ${reason}`))

  const take = (tried: readonly Upstream[] = []): Lease => {
    const lease = pool.pick({ exchange: undefined, tried })
    if (lease === undefined) throw new Error('nobody is ready')
    return lease
  }
  return {
    pool,
    clock,
    forgotten,
    checks,
    news: () => told.splice(0),
    take,
    names(count) {
      return Array.from({ length: count }, () => {
        const lease = take()
        lease.answered(200)
        lease.release()
        return lease.upstream.name
      })
    },
  }
}

/** `http://a:80`, `http://b:80`, ... */
export const urls = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `http://${String.fromCharCode(97 + i)}`)

/** How often each stands in a list. */
export function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

export const idOf = (pool: LivePool, index: number): string => (pool.list()[index] as { id: string }).id
