import type { TestContext } from 'node:test'
import { mirror, readMirror } from '../../../src/balance/shape/mirror.ts'
import type { MirrorOptions } from '../../../src/balance/shape/mirror-options.ts'
import { type Clock, systemClock } from '../../../src/contract/clock.ts'
import type { Dispatch, DispatchOptions } from '../../../src/contract/layer.ts'
import type { Mirror } from '../../../src/contract/mirror.ts'
import type { Pool } from '../../../src/contract/pool.ts'
import { createUpstream } from '../../../src/upstream/origin.ts'
import { createTransport } from '../../../src/upstream/transport.ts'
import { Recorder } from '../../support/recorder.ts'

/** A pool of one upstream that is always ready. */
function poolOf(name: string, url: string): Pool {
  const upstream = createUpstream('upstream', url)
  const lease = { upstream, answered() {}, release() {} }
  return {
    name,
    upstreams: [upstream],
    pick: () => lease,
    wait: () => undefined,
    has: () => true,
    retryAfter: () => 1,
    retry: {
      attempts: 0,
      on: new Set(),
      perTryTimeout: 0,
      bufferBody: 0,
      hedgeAfter: 0,
      budget: { take: () => false, release() {} },
    },
  }
}

export interface Mirrored {
  readonly shadow: Mirror
  /** Sends by way of the mirror layer to the first origin; the copies go to the second. */
  send(options?: Partial<DispatchOptions>): Recorder
}

export interface Parts {
  readonly to: string
  readonly shadow: string
  readonly options?: Partial<MirrorOptions>
  readonly clock?: Clock
  readonly random?: () => number
  /** Sees each call that leaves the mirror layer, before it is sent. */
  readonly watch?: (options: DispatchOptions) => void
}

/** The mirror layer over a real transport. */
export function startMirrored(t: TestContext, parts: Parts): Mirrored {
  const transport = createTransport({ clock: systemClock })
  t.after(() => transport.destroy(new Error('the test is over')))
  const pool = poolOf('real', parts.to)
  const shadowPool = poolOf('shadow', parts.shadow)
  const shadow = readMirror(
    'mirror',
    { pool: 'shadow', ...parts.options },
    { poolNamed: () => shadowPool, clock: parts.clock ?? systemClock, random: parts.random ?? Math.random },
  )
  t.after(() => shadow.close())

  const picked: Dispatch = (options, handler) => {
    parts.watch?.(options)
    const lease = options.pool?.pick({ exchange: options.exchange, tried: [] })
    return transport.dispatch({ ...options, upstream: lease?.upstream }, handler)
  }
  const dispatch = mirror()(picked)

  return {
    shadow,
    send(options = {}) {
      const recorder = new Recorder()
      dispatch({ path: '/', method: 'GET', headers: [], body: null, pool, mirror: shadow, ...options }, recorder)
      return recorder
    },
  }
}
