import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import balance, {
  type LivePool,
  type MemberReport,
  type PoolEvents,
  type PoolOptions,
} from '../../plugins/balance/index.ts'
import { serverOptions } from '../../plugins/kernel/index.ts'
import reverseProxy, { type TimeoutOptions } from '../../plugins/reverse-proxy/index.ts'
import { answerCalls, startedWith, steadyNow } from './failover-child.ts'

export interface ProxySettings {
  readonly pool: PoolOptions
  readonly timeouts?: TimeoutOptions
}

/** One event of the pool, by the steady clock. */
export interface Happened {
  readonly at: number
  readonly event: keyof PoolEvents
  readonly upstream: string | undefined
  /** Of a change of health. */
  readonly up: boolean | undefined
  /** The reason of an ejection or of a change of health, the outcome of a check, the state that was set. */
  readonly about: string | undefined
}

/** When an upstream was picked: the last time, and how often in each tenth of a second of the steady clock. */
export interface Picks {
  readonly last: number
  readonly tenths: Readonly<Record<number, number>>
}

/** Exchanges that are over, and how many of them took more than one attempt. */
export interface Settled {
  readonly exchanges: number
  readonly repeated: number
}

export type PoolCall = 'add' | 'remove' | 'drain' | 'ready'

const { pool: options, timeouts = {} } = startedWith<ProxySettings>()
const app = Fastify(serverOptions()) as unknown as FastifyInstance
await app.register(balance, { pools: { api: options } })
await app.register(reverseProxy, { pool: 'api', timeouts })
const pool = app.proxy.pools.get('api') as LivePool

const log: Happened[] = []
const told = ['added', 'removed', 'state', 'drained', 'health', 'check', 'ejected', 'returned', 'panic'] as const
for (const event of told) {
  pool.events.on(event, (it: object) => {
    const { upstream, reason, outcome, state } = it as Readonly<Record<string, string | undefined>>
    const { up } = it as { readonly up?: boolean }
    log.push({ at: steadyNow(), event, upstream, up, about: outcome ?? reason ?? state })
  })
}
const picks: Record<string, { last: number; tenths: Record<number, number> }> = {}
pool.events.on('picked', ({ upstream }) => {
  const now = steadyNow()
  picks[upstream] ??= { last: 0, tenths: {} }
  const its = picks[upstream]
  const tenth = Math.floor(now / 100)
  its.last = now
  its.tenths[tenth] = (its.tenths[tenth] ?? 0) + 1
})
const settled = { exchanges: 0, repeated: 0 }
app.proxy.onSettle(({ facts }) => {
  settled.exchanges++
  if (facts.attempts > 1) settled.repeated++
})

await app.listen({ port: 0, host: '127.0.0.1' })
answerCalls((app.server.address() as AddressInfo).port, {
  pool(method: PoolCall, upstream: string) {
    pool[method](upstream)
  },
  list: (): readonly MemberReport[] => pool.list(),
  log: (): readonly Happened[] => log,
  picks: (): Readonly<Record<string, Picks>> => picks,
  settled: (): Settled => settled,
})
