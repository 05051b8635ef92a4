import { setTimeout } from 'node:timers/promises'
import { steadyNow } from './failover-child.ts'
import type { Sample } from './failover-load.ts'
import { between, failed, failures, ms, quantile } from './failover-samples.ts'
import { type Finding, type Outcome, play, type Run } from './failover-scenario.ts'

/** One of three is killed, and comes back. */
export function crash(run: Run): Promise<Outcome> {
  const window = 0.4 * run.seconds * 1000
  return play(
    run,
    { delay: 2, pool: { health: '/health', slowStart: window }, clientTimeout: 20_000 },
    async ({ bed, load, began, until }) => {
      const id = bed.ids[0] as string
      await until(0.1)
      const killed = steadyNow()
      await bed.origin(0).kill()
      await until(0.3)
      const last = (await bed.picks())[id]?.last ?? 0
      await bed.restart(0)
      const up = steadyNow()
      const back = await bed.happened(
        ({ at, event, upstream }) => at > up && event === 'health' && upstream === id,
        10_000,
      )
      const backAt = back?.at ?? steadyNow()
      await until(1)
      const samples = between(await load.stop(), began, Number.POSITIVE_INFINITY)

      const shares: number[] = []
      for (let second = 0; second * 1000 < window + 2000; second++) {
        shares.push(await bed.share(0, backAt + second * 1000, backAt + second * 1000 + 1000))
      }
      const whole = await bed.share(0, backAt + window, steadyNow())
      const first = shares[0] as number
      const percent = (share: number): string => `${share.toFixed(0)} %`
      return {
        title: 'kill -9 of one of three, and its restart',
        findings: [
          { claim: 'no GET or HEAD fails', found: failures(samples), met: failed(samples).length === 0 },
          {
            claim: 'the dead one gets its last pick within 1 s',
            found: ms(Math.max(0, last - killed)),
            met: last - killed < 1000,
          },
          {
            claim: 'it is back within 4 s of its restart',
            found: back === undefined ? 'never' : ms(backAt - up),
            met: back !== undefined && backAt - up < 4000,
          },
          {
            claim: 'its share grows: at most half of an even one in the first second',
            found: percent(first),
            met: first > 0 && first <= 100 / 6,
          },
          { claim: 'and is about even after slow start', found: percent(whole), met: whole > 20 && whole < 50 },
        ],
        notes: [
          `p99: ${ms(quantile(between(samples, began, killed), 0.99))} before, ${ms(quantile(between(samples, killed, killed + 1000), 0.99))} in the second after the kill`,
          `share of the one that came back, by the second: ${shares.map(percent).join(', ')}`,
        ],
      }
    },
  )
}

/** All are killed, and come back. */
export function outage(run: Run): Promise<Outcome> {
  return play(
    run,
    { delay: 2, pool: { health: '/health' }, clientTimeout: 20_000 },
    async ({ bed, load, began, until }) => {
      await until(0.1)
      await Promise.all(bed.ids.map((_, place) => bed.origin(place).kill()))
      const dead = steadyNow()
      let knownAt = 0
      for (const id of bed.ids) {
        const down = await bed.happened(
          ({ at, event, upstream }) => at > began && event === 'health' && upstream === id,
          10_000,
        )
        knownAt = Math.max(knownAt, down?.at ?? Number.POSITIVE_INFINITY)
      }
      await until(0.5)
      const restarted = steadyNow()
      await Promise.all(bed.ids.map((_, place) => bed.restart(place)))
      const up = steadyNow()
      const good = await bed.happened(
        ({ at, event, about }) => at > restarted && event === 'check' && about === 'pass',
        10_000,
      )
      await setTimeout(4000)
      const samples = await load.stop()

      // What was in flight, or due, when they died is another story: it met with resets.
      const blind = between(samples, dead + 20, knownAt)
      const knowing = between(samples, knownAt, restarted)
      const first = Math.min(
        ...between(samples, restarted, Number.POSITIVE_INFINITY)
          .filter(({ outcome }) => outcome === 200)
          .map(({ at, latency }) => at + latency),
      )
      const goodAt = good?.at ?? Number.POSITIVE_INFINITY
      const after = between(samples, Math.max(up, goodAt) + 2000, Number.POSITIVE_INFINITY)
      return {
        title: 'all three killed, and restarted',
        findings: [
          ...refusals('before the checks know', blind),
          ...refusals('once they know', knowing),
          {
            claim: 'the first 200 within 2 s of the first good check',
            found: `${ms(Math.abs(first - goodAt))} ${first < goodAt ? 'before it' : 'after it'}, ${ms(Math.max(0, first - up))} after the origins are up`,
            met: first - goodAt < 2000,
          },
          {
            claim: 'no failure from then on',
            found: failures(after),
            met: after.length > 0 && failed(after).length === 0,
          },
        ],
        notes: [],
      }
    },
  )
}

function refusals(when: string, samples: readonly Sample[]): Finding[] {
  const refused = samples.filter(({ outcome, retryAfter }) => outcome === 503 && Number(retryAfter) > 0)
  const limit = quantile(samples, 0.99)
  return [
    {
      claim: `${when}: 503 with Retry-After`,
      found: `${refused.length} of ${samples.length}`,
      met: samples.length > 0 && refused.length === samples.length,
    },
    {
      claim: `${when}: in under 5 ms (p99)`,
      found: `${ms(limit)}, median ${ms(quantile(samples, 0.5))}`,
      met: limit < 5,
    },
  ]
}
