import { setTimeout } from 'node:timers/promises'
import type { PoolOptions } from '../../plugins/balance/index.ts'
import type { TimeoutOptions } from '../../plugins/reverse-proxy/index.ts'
import type { OriginSettings } from './failover-origin.ts'
import { type Process, startProcess } from './failover-process.ts'
import type { Happened, Picks, PoolCall } from './failover-proxy.ts'

export interface BedSettings {
  /** @default 3 */
  readonly origins?: number
  /** Milliseconds until an origin answers. */
  readonly delay: number
  /** See OriginSettings. @default 0 */
  readonly idle?: number
  /** Over the defaults of a pool. */
  readonly pool?: PoolOptions
  readonly timeouts?: TimeoutOptions
}

/** Origins and a proxy before them, each a process of its own. */
export interface Bed {
  readonly proxy: Process
  /** As the pool calls them. */
  readonly ids: readonly string[]
  origin(place: number): Process
  /** The same origin once more, on its old port. */
  restart(place: number): Promise<void>
  pool(method: PoolCall, upstream: string): Promise<void>
  picks(): Promise<Readonly<Record<string, Picks>>>
  /** Percent of the picks in a span of the steady clock that went to an origin. */
  share(place: number, from: number, until: number): Promise<number>
  log(): Promise<readonly Happened[]>
  /** Waits for something to happen in the pool, and gives it; undefined when it did not in time. */
  happened(which: (one: Happened) => boolean, withinMs: number): Promise<Happened | undefined>
  stop(): Promise<void>
}

export async function startBed({
  origins: count = 3,
  delay,
  idle = 0,
  pool = {},
  timeouts,
}: BedSettings): Promise<Bed> {
  const settings: OriginSettings = { port: 0, delay, idle }
  const origins = await Promise.all(Array.from({ length: count }, () => startProcess('failover-origin.ts', settings)))
  const ids = origins.map(({ port }) => `127.0.0.1:${port}`)
  const proxy = await startProcess('failover-proxy.ts', {
    pool: { upstreams: ids.map((id) => `http://${id}`), ...pool },
    timeouts,
  })
  const picks = () => proxy.call<Readonly<Record<string, Picks>>>('picks')
  const log = () => proxy.call<readonly Happened[]>('log')
  return {
    proxy,
    ids,
    origin: (place) => origins[place] as Process,
    async restart(place) {
      const { port } = origins[place] as Process
      origins[place] = await startProcess('failover-origin.ts', { ...settings, port })
    },
    pool: (method, upstream) => proxy.call('pool', method, upstream),
    picks,
    async share(place, from, until) {
      let all = 0
      let its = 0
      for (const [id, { tenths }] of Object.entries(await picks())) {
        for (let tenth = Math.ceil(from / 100); tenth < Math.floor(until / 100); tenth++) {
          const count = tenths[tenth] ?? 0
          all += count
          if (id === ids[place]) its += count
        }
      }
      return all === 0 ? 0 : (100 * its) / all
    },
    log,
    async happened(which, withinMs) {
      const deadline = performance.now() + withinMs
      for (;;) {
        const found = (await log()).find(which)
        if (found !== undefined || performance.now() > deadline) return found
        await setTimeout(20)
      }
    },
    async stop() {
      await Promise.all([proxy, ...origins].map((one) => one.kill()))
    },
  }
}
