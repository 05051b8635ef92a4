import assert from 'node:assert/strict'
import { test } from 'node:test'
import { steadyNow } from '../../bench/balance/failover-child.ts'
import type { OriginCounts } from '../../bench/balance/failover-origin.ts'
import { failed, failures } from '../../bench/balance/failover-samples.ts'
import { quickHealth, startStage } from '../support/balance-stage.ts'
import { until } from '../support/until.ts'

test('drain, ready, remove and add under load lose nothing', async (t) => {
  const { bed, load, answered, event } = await startStage(t, { delay: 30, pool: { health: quickHealth } })
  const [first, second] = bed.ids as [string, string]
  const connections = async (): Promise<number> => (await bed.origin(1).call<OriginCounts>('counts')).connections

  const draining = steadyNow()
  await bed.pool('drain', first)
  const told = steadyNow()
  await event(draining, 'it has drained', ({ event, upstream }) => event === 'drained' && upstream === first)
  await answered(30)
  const lastPick = (await bed.picks())[first]?.last ?? 0
  await bed.pool('ready', first)
  await bed.pool('remove', second)
  let open = await connections()
  await until(
    () => {
      connections().then((count) => {
        open = count
      })
      return open === 0
    },
    () => `the connections of the removed one are closed: ${open} are open`,
  )
  await bed.pool('add', `http://${second}`)
  const added = steadyNow()
  await answered(100)
  const shares = [await bed.share(0, added, steadyNow()), await bed.share(1, added, steadyNow())]
  const samples = await load.stop()

  assert.ok(lastPick <= told, `picked ${lastPick - told} ms after it was told to drain`)
  assert.ok(Math.min(...shares) > 0, `shares of ${shares.join(' and ')} %`)
  assert.deepEqual(failed(samples), [], failures(samples))
})
