import type { PoolOptions } from '../../plugins/balance/index.ts'
import { steadyNow } from './failover-child.ts'
import { between, errorRate, failures, ms, quantile } from './failover-samples.ts'
import { type Finding, type Outcome, play, type Run } from './failover-scenario.ts'

/** One of three answers 503 to every second request; its health path stays well. */
export function halfFails(run: Run, checked: boolean): Promise<Outcome> {
  const pool: PoolOptions = checked ? { health: '/health' } : {}
  return play(run, { delay: 2, pool, clientTimeout: 20_000 }, async ({ bed, load, began, until }) => {
    await until(0.1)
    const sick = steadyNow()
    await bed.origin(0).call('become', { half: true })
    await until(1)
    const samples = between(await load.stop(), began, Number.POSITIVE_INFINITY)
    const out = await bed.happened(({ event, upstream }) => event === 'ejected' && upstream === bed.ids[0], 0)
    const rate = errorRate(samples)
    return {
      title: `503 to half of the requests, ${checked ? 'active checks find it well' : 'no active checks'}`,
      findings: [
        {
          claim: 'it is ejected',
          found: out === undefined ? 'never' : `${out.about} after ${ms(out.at - sick)}`,
          met: out !== undefined,
        },
        {
          claim: `under 1 % of errors in ${run.seconds} s`,
          found: `${rate.toFixed(2)} % (${failures(samples)})`,
          met: rate < 1,
        },
      ],
      notes: [],
    }
  })
}

export interface SlowCase {
  /** Milliseconds; it becomes a hundred times that. */
  readonly delay: number
  readonly policy?: 'round-robin'
}

/** One of three becomes a hundred times slower, while its health path is as quick as ever; clients wait for a second. */
export function slows(run: Run, { delay, policy }: SlowCase): Promise<Outcome> {
  const pool: PoolOptions = policy === undefined ? { health: '/health' } : { health: '/health', policy }
  return play(run, { delay, pool, clientTimeout: 1000 }, async ({ bed, load, began, until }) => {
    await until(0.1)
    const slow = steadyNow()
    await bed.origin(0).call('become', { delay: 100 * delay })
    await until(1)
    const end = steadyNow()
    const samples = between(await load.stop(), began, Number.POSITIVE_INFINITY)
    const out = await bed.happened(({ event, upstream }) => event === 'ejected' && upstream === bed.ids[0], 0)
    const share = await bed.share(0, slow + 2000, end)
    const rate = errorRate(samples)
    const spans: readonly (readonly [string, number, number])[] = [
      ['before', began, slow],
      ['in the first second', slow, slow + 1000],
      ['after it', slow + 1000, end],
    ]
    return {
      title: `${delay} ms become ${100 * delay} ms, ${policy ?? 'the default policy'}`,
      findings: [
        {
          claim: 'it is ejected, or gets next to nothing',
          found: `${out === undefined ? 'not ejected' : `ejected after ${ms(out.at - slow)}`}, ${share.toFixed(2)} % of the picks later than 2 s`,
          met: out !== undefined || share < 1,
        },
        {
          claim: `under 1 % of errors in ${run.seconds} s`,
          found: `${rate.toFixed(2)} % (${failures(samples)})`,
          met: rate < 1,
        } satisfies Finding,
      ],
      notes: [
        `p99: ${spans.map(([name, from, to]) => `${ms(quantile(between(samples, from, to), 0.99))} ${name}`).join(', ')}`,
      ],
    }
  })
}
