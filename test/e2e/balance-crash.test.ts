import assert from 'node:assert/strict'
import { test } from 'node:test'
import { steadyNow } from '../../bench/balance/failover-child.ts'
import { failed, failures } from '../../bench/balance/failover-samples.ts'
import { quickHealth, startStage } from '../support/balance-stage.ts'

test('kill -9 of one of three: no GET or HEAD fails, it is picked no more, and comes back with a small share', async (t) => {
  const { bed, load, answered, event } = await startStage(t, {
    delay: 5,
    pool: { health: quickHealth, policy: 'round-robin', slowStart: '60s' },
  })
  const [id] = bed.ids as [string]
  const lastPick = async (): Promise<number | undefined> => (await bed.picks())[id]?.last

  const killed = steadyNow()
  await bed.origin(0).kill()
  await event(killed, 'it is down', ({ event, upstream, up }) => event === 'health' && upstream === id && up === false)
  const picked = await lastPick()
  await answered(50)
  const pickedLater = await lastPick()
  await bed.restart(0)
  const back = await event(
    killed,
    'it is up',
    ({ event, upstream, up }) => event === 'health' && upstream === id && up === true,
  )
  await answered(120)
  const share = await bed.share(0, back.at, steadyNow())
  const samples = await load.stop()

  assert.equal(pickedLater, picked)
  // A tenth of its weight is 4.8 %; an even share were 33.
  assert.ok(share > 0 && share < 15, `${share} %`)
  assert.deepEqual(failed(samples), [], failures(samples))
})

test('all three killed: 503 with Retry-After, whether checks know it or not, and 200 soon after their restart', async (t) => {
  const { bed, load, answered, event } = await startStage(t, { delay: 5, pool: { health: quickHealth } })

  await Promise.all(bed.ids.map((_, place) => bed.origin(place).kill()))
  const dead = steadyNow()
  const blind = await answered(10)
  for (const id of bed.ids) {
    await event(
      dead - 1000,
      `${id} is down`,
      ({ event, upstream, up }) => event === 'health' && upstream === id && up === false,
    )
  }
  const knowing = await answered(20)
  const restarting = steadyNow()
  await Promise.all(bed.ids.map((_, place) => bed.restart(place)))
  const good = await event(restarting, 'a good check', ({ event, about }) => event === 'check' && about === 'pass')
  for (const id of bed.ids) {
    await event(
      restarting,
      `${id} is up`,
      ({ event, upstream, up }) => event === 'health' && upstream === id && up === true,
    )
  }
  const after = await answered(50)
  const samples = await load.stop()

  for (const { outcome, retryAfter } of [...blind, ...knowing]) {
    assert.equal(outcome, 503)
    assert.match(retryAfter ?? 'no Retry-After', /^[1-9]\d*$/)
  }
  const first = Math.min(
    ...samples.filter(({ at, outcome }) => at > restarting && outcome === 200).map(({ at, latency }) => at + latency),
  )
  assert.ok(first - good.at < 2000, `${first - good.at} ms after the first good check`)
  assert.deepEqual(failed(after), [], failures(after))
})
