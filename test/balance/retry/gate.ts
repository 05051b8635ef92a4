import type { RequestListener } from 'node:http'
import type { TestContext } from 'node:test'
import { balance } from '../../../src/balance/balance.ts'
import { createRetryBudget } from '../../../src/balance/retry/budget.ts'
import { retry } from '../../../src/balance/retry/retry.ts'
import { type Clock, systemClock } from '../../../src/contract/clock.ts'
import type { Dispatch, DispatchHandler, DispatchOptions } from '../../../src/contract/layer.ts'
import type { Pool, RetryPolicy, Upstream } from '../../../src/contract/pool.ts'
import { createUpstream } from '../../../src/upstream/origin.ts'
import { createTransport } from '../../../src/upstream/transport.ts'
import { startOrigin as listenOrigin, type TestOrigin } from '../../support/origin.ts'
import { Recorder } from '../../support/recorder.ts'

/** A pool that gives the first that was not tried, and writes down what it is told. */
export interface TinyPool extends Pool {
  /** `a picked`, `a 200`, `a released`, `a SP_UPSTREAM_RESET`. */
  readonly log: string[]
  readonly active: number
}

export function policyWith(parts: Partial<RetryPolicy> = {}): RetryPolicy {
  return {
    attempts: 2,
    on: new Set(['reset']),
    perTryTimeout: 0,
    bufferBody: 0,
    hedgeAfter: 0,
    budget: createRetryBudget({ ratio: 0.2, minimum: 3 }, () => 0),
    ...parts,
  }
}

export function tinyPool(upstreams: readonly Upstream[], policy: Partial<RetryPolicy> = {}): TinyPool {
  const log: string[] = []
  let active = 0
  return {
    name: 'tiny',
    upstreams,
    retry: policyWith(policy),
    log,
    get active() {
      return active
    },
    pick({ tried }) {
      const upstream = upstreams.find((one) => !tried.includes(one))
      if (upstream === undefined) return undefined
      active++
      log.push(`${upstream.name} picked`)
      return {
        upstream,
        answered: (status) => void log.push(`${upstream.name} ${status}`),
        release(error) {
          active--
          log.push(`${upstream.name} ${error ?? 'released'}`)
        },
      }
    },
    wait: () => undefined,
    has: ({ tried }) => upstreams.some((one) => !tried.includes(one)),
    retryAfter: () => 1,
  }
}

/** Writes down what was sent too. */
export class Sender extends Recorder {
  sentBytes: Buffer[] = []
  sentEnds = 0

  onBodySent(chunk: Buffer): void {
    this.sentBytes.push(Buffer.from(chunk))
  }

  onRequestSent(): void {
    this.sentEnds++
  }

  get sent(): string {
    return Buffer.concat(this.sentBytes).toString('latin1')
  }
}

export interface Gate {
  readonly pool: TinyPool
  readonly dispatch: Dispatch
  ask(options?: Partial<DispatchOptions>): Sender
}

/** The two layers over real transports to `urls`, which are named a, b, c. */
export function gateTo(
  t: TestContext,
  urls: readonly string[],
  policy: Partial<RetryPolicy> = {},
  settings: { readonly http2?: boolean } = {},
): Gate {
  const transport = createTransport({ clock: systemClock })
  t.after(() => transport.destroy(new Error('end of the test')))
  const upstreams = urls.map((url, i) => ({ ...createUpstream('url', url, settings), name: 'abc'[i] as string }))
  return gateOver(transport.dispatch, tinyPool(upstreams, policy))
}

/** The two layers over a transport of the test's own. */
export function gateOver(transport: Dispatch, pool: TinyPool, clock: Clock = systemClock): Gate {
  const dispatch = retry({ clock })(balance({ clock })(transport))
  return {
    pool,
    dispatch,
    ask(options = {}) {
      const sender = new Sender()
      dispatch({ path: '/', method: 'GET', headers: [], body: null, pool, ...options } as DispatchOptions, sender)
      return sender
    },
  }
}

/** A real origin on a free port, closed with the test. */
export async function startOrigin(t: TestContext, answer: RequestListener): Promise<TestOrigin> {
  const origin = await listenOrigin(answer)
  t.after(() => origin.close())
  return origin
}

/** What a test says in a transport's place. */
export class Scripted {
  readonly calls: { readonly name: string; readonly options: DispatchOptions; readonly handler: DispatchHandler }[] = []

  readonly dispatch: Dispatch = (options, handler) => {
    this.calls.push({ name: (options.upstream as Upstream).name, options, handler })
    return true
  }
}
