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
          {
            // What it has in the end is the policy's: whose answers are the quickest just then.
            claim: 'and to 20 % or more by the end',
            found: percent(Math.max(...shares)),
            met: Math.max(...shares) >= 20,
          },
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
export function outage(run: Run, checked: boolean): Promise<Outcome> {
  const settings = { delay: 2, pool: checked ? { health: '/health' } : {}, clientTimeout: 20_000 }
  return play(run, settings, async ({ bed, load, until }) => {
    await until(0.1)
    const killing = steadyNow()
    await Promise.all(bed.ids.map((_, place) => bed.origin(place).kill()))
    const dead = steadyNow()
    let known = dead
    if (checked) {
      for (const id of bed.ids) {
        const down = await bed.happened(
          ({ at, event, upstream, up }) => at > killing && event === 'health' && upstream === id && up === false,
          10_000,
        )
        known = Math.max(known, down?.at ?? Number.POSITIVE_INFINITY)
      }
    }
    await until(0.4)
    const restarting = steadyNow()
    await Promise.all(bed.ids.map((_, place) => bed.restart(place)))
    const up = steadyNow()
    const good = checked
      ? await bed.happened(({ at, event, about }) => at > restarting && event === 'check' && about === 'pass', 10_000)
      : undefined
    await setTimeout(4000)
    const samples = await load.stop()

    const answered = between(samples, restarting, Number.POSITIVE_INFINITY).filter(({ outcome }) => outcome === 200)
    const first = Math.min(...answered.map(({ at, latency }) => at + latency))
    const sure = good?.at ?? up
    const after = between(samples, Math.max(up, sure) + 2000, Number.POSITIVE_INFINITY)
    return {
      title: `all three killed and restarted, ${checked ? 'with' : 'without'} active checks`,
      findings: [
        // What was in flight, or due, when they died met with resets, and with crowds of connections that were refused.
        ...refusals(between(samples, Math.max(known, dead + 250), restarting), checked),
        {
          claim: `the first 200 within 2 s of ${checked ? 'the first good check' : 'their start'}`,
          found: `${ms(Math.abs(first - sure))} ${first < sure ? 'before it' : 'after it'}`,
          met: first - sure < 2000,
        },
        {
          claim: 'no failure from then on',
          found: failures(after),
          met: after.length > 0 && failed(after).length === 0,
        },
      ],
      notes: checked ? [`all known to be down ${ms(known - killing)} after the kill`] : [],
    }
  })
}

function refusals(samples: readonly Sample[], checked: boolean): Finding[] {
  const refused = samples.filter(({ outcome, retryAfter }) => outcome === 503 && Number(retryAfter) > 0)
  const limit = quantile(samples, 0.99)
  const median = quantile(samples, 0.5)
  // Without checks each of them is asked for a connection first: what that takes is the machine's.
  const speed = checked
    ? { claim: 'in under 5 ms (p99)', met: limit < 5 }
    : { claim: 'in under 5 ms (median: others are tried first)', met: median < 5 }
  return [
    {
      claim: 'everybody gets 503 with Retry-After',
      found: `${refused.length} of ${samples.length}`,
      met: samples.length > 0 && refused.length === samples.length,
    },
    { ...speed, found: `p99 ${ms(limit)}, median ${ms(median)}` },
  ]
}
