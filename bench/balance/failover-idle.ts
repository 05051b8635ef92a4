import { setTimeout } from 'node:timers/promises'
import { type BedSettings, startBed } from './failover-bed.ts'
import { Connections } from './failover-client.ts'
import type { OriginCounts } from './failover-origin.ts'
import type { Settled } from './failover-proxy.ts'
import type { Outcome } from './failover-scenario.ts'

/** Milliseconds after which the origin closes a connection that is idle. */
const idle = 3
const bed: BedSettings = { origins: 1, delay: 0, idle }

export interface Raced {
  /** What each request came to, by its number. */
  readonly outcomes: readonly (number | string)[]
  /** How often the origin acted on each POST, by the path. */
  readonly posts: ReadonlyMap<string, number>
  /** Exchanges for which the proxy made another attempt. */
  readonly repeated: number
}

/**
 * Requests one after another, each about as long after the last answer as the origin waits before it closes: so that many
 * go out on a connection that is being closed.
 */
export async function race(method: 'GET' | 'POST', count: number): Promise<Raced> {
  const { origin, proxy, stop } = await startBed(bed)
  const connections = new Connections(proxy.port)
  try {
    const outcomes: (number | string)[] = []
    for (let i = 0; i < count; i++) {
      outcomes.push(
        await new Promise((resolve) => {
          connections.take().send(method, `/${i}`, method === 'POST' ? `order ${i}` : '', resolve)
        }),
      )
      await setTimeout(1)
      const until = performance.now() + (idle - 1.5) + 2 * Math.random()
      while (performance.now() < until) await setTimeout(0)
    }
    const { posts } = await origin(0).call<OriginCounts>('counts')
    const { repeated } = await proxy.call<Settled>('settled')
    return { outcomes, posts: new Map(posts), repeated }
  } finally {
    connections.close()
    await stop()
  }
}

/** The origin closes connections while requests are on their way to it. */
export async function idleRace(count: number): Promise<Outcome> {
  const gets = await race('GET', count)
  const posts = await race('POST', count)
  const lost = gets.outcomes.filter((outcome) => outcome !== 200).length
  const good = posts.outcomes.filter((outcome) => outcome === 200).length
  const twice = [...posts.posts.values()].filter((times) => times > 1).length
  const missing = posts.outcomes.filter((outcome, i) => outcome === 200 && !posts.posts.has(`/${i}`)).length
  return {
    title: `an origin closes connections that are idle for ${idle} ms`,
    findings: [
      {
        claim: `${count.toLocaleString('en')} GETs, no error`,
        found: `${lost} errors; ${gets.repeated} met a closed connection and went out again`,
        met: lost === 0,
      },
      {
        claim: `${count.toLocaleString('en')} POSTs, none acted upon twice`,
        found: `${twice} twice; ${good} answered 200, ${count - good} errors; ${posts.repeated} went out again`,
        met: twice === 0 && missing === 0,
      },
    ],
    notes: [],
  }
}
