import { setTimeout } from 'node:timers/promises'
import { steadyNow } from './failover-child.ts'
import type { OriginCounts } from './failover-origin.ts'
import { between, failed, failures, ms } from './failover-samples.ts'
import { type Outcome, play, type Run } from './failover-scenario.ts'

/** One is drained and comes back, another is removed and added again, all under load. */
export function operator(run: Run): Promise<Outcome> {
  return play(
    run,
    { delay: 20, pool: { health: '/health' }, clientTimeout: 20_000 },
    async ({ bed, load, began, until }) => {
      const [first, second] = bed.ids as [string, string, string]

      await until(0.05)
      await bed.pool('drain', first)
      const draining = steadyNow()
      const drained = await bed.happened(({ event, upstream }) => event === 'drained' && upstream === first, 5000)
      await until(0.15)
      const lastWhileDraining = (await bed.picks())[first]?.last ?? 0
      await bed.pool('ready', first)
      await until(0.25)
      const shareAgain = await bed.share(0, steadyNow() - 1000, steadyNow())

      await bed.pool('remove', second)
      const removed = steadyNow()
      let left = Number.NaN
      while (left !== 0 && steadyNow() - removed < 3000) {
        left = (await bed.origin(1).call<OriginCounts>('counts')).connections
        if (left > 0) await setTimeout(20)
      }
      const closed = steadyNow()
      await until(0.35)
      await bed.pool('add', `http://${second}`)
      await until(0.5)
      const shareAdded = await bed.share(1, steadyNow() - 1000, steadyNow())
      const samples = between(await load.stop(), began, Number.POSITIVE_INFINITY)

      const lastPick = Math.max(0, lastWhileDraining - draining)
      return {
        title: 'drain, ready, remove and add under load',
        findings: [
          { claim: 'nothing is lost', found: failures(samples), met: failed(samples).length === 0 },
          {
            claim: 'draining: no more picks, and then nothing in flight',
            found: `last pick ${ms(lastPick)}, drained ${drained === undefined ? 'never' : ms(Math.max(0, drained.at - draining))} after it was told`,
            met: lastPick < 1 && drained !== undefined,
          },
          { claim: 'ready: it gets traffic again', found: `${shareAgain.toFixed(0)} %`, met: shareAgain > 0 },
          {
            claim: 'removed: its connections close',
            found: left === 0 ? `within ${ms(closed - removed)}` : `${left} are open`,
            met: left === 0,
          },
          { claim: 'added: it gets traffic', found: `${shareAdded.toFixed(0)} %`, met: shareAdded > 0 },
        ],
        notes: [],
      }
    },
  )
}
