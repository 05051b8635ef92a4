import type { TestContext } from 'node:test'
import type { CheckResult } from '../../../src/balance/health/check-result.ts'
import { createHealthChecks, type HealthChecks, type HealthVerdict } from '../../../src/balance/health/checks.ts'
import { type HealthOptions, type HealthSettings, readHealth } from '../../../src/balance/health/options.ts'
import { WrappedHandler } from '../../../src/contract/handler.ts'
import type { Upstream } from '../../../src/contract/pool.ts'
import { dial } from '../../../src/upstream/dial.ts'
import { createUpstream } from '../../../src/upstream/origin.ts'
import { createTransport } from '../../../src/upstream/transport.ts'
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts'
import { until } from '../../support/until.ts'

export interface Live {
  readonly clock: FakeClock
  readonly checks: HealthChecks
  readonly upstream: Upstream
  readonly verdicts: HealthVerdict[]
  readonly results: CheckResult[]
  /** The first verdict: `up: status 200`, `down: connection refused`. */
  first(): Promise<string>
  /** Heads of answers that have come. */
  readonly heads: () => number
  /** Ends the transport's connections. */
  destroy(): void
}

/** Health checks of one upstream over the real transport and real sockets; the clock alone is held by the test. */
export function live(
  t: TestContext,
  url: string,
  options: HealthOptions,
  settings: Parameters<typeof createUpstream>[2] = {},
): Live {
  const clock = fakeClock()
  const transport = createTransport({ clock })
  let heads = 0
  class Counting extends WrappedHandler {
    override onResponseStart(...told: Parameters<WrappedHandler['onResponseStart']>): void {
      heads++
      super.onResponseStart(...told)
    }
  }
  const verdicts: HealthVerdict[] = []
  const results: CheckResult[] = []
  const checks = createHealthChecks(readHealth('health', options) as HealthSettings, {
    clock,
    random: () => 0.5,
    dispatch: (asked, handler) => transport.dispatch(asked, new Counting(handler)),
    connect: (to, timeout, callback) => dial(to, { clock, timeout, alpn: ['h2', 'http/1.1'] }, callback),
    observe: (_, result) => results.push(result),
  })
  const destroy = (): void => transport.destroy(new Error('end of the test'))
  t.after(() => {
    checks.close()
    destroy()
  })
  const upstream = createUpstream('upstream', url, settings)
  checks.add(upstream, (verdict) => verdicts.push(verdict))
  clock.advance(0)

  return {
    clock,
    checks,
    upstream,
    verdicts,
    results,
    async first() {
      await until(() => verdicts.length > 0, 'the first verdict')
      const { up, reason } = verdicts[0] as HealthVerdict
      return `${up ? 'up' : 'down'}: ${reason}`
    },
    heads: () => heads,
    destroy,
  }
}
