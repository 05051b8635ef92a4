import assert from 'node:assert/strict'
import { test } from 'node:test'
import { steadyNow } from '../../bench/balance/failover-child.ts'
import { failed, failures } from '../../bench/balance/failover-samples.ts'
import { quickHealth, startStage } from '../support/balance-stage.ts'

// In turn: by latency, an origin that met with a busy machine would get too little to be judged by.
for (const [title, health] of [
  ['without active checks', false],
  ['while active checks find it well', quickHealth],
] as const) {
  test(`an origin that answers 503 to half of its requests is ejected, ${title}`, async (t) => {
    const { bed, load, answered, event } = await startStage(t, { delay: 2, pool: { health, policy: 'round-robin' } })
    const [id] = bed.ids as [string]

    const sick = steadyNow()
    await bed.origin(0).call('become', { half: true })
    const out = await event(sick, 'it is ejected', ({ event, upstream }) => event === 'ejected' && upstream === id)
    // Those that were sent before it was known.
    await answered(5)
    const after = await answered(100)
    const last = (await bed.picks())[id]?.last ?? 0
    const samples = await load.stop()

    assert.ok(last <= out.at, `picked ${last - out.at} ms after it was ejected`)
    assert.deepEqual(failed(after), [], failures(after))
    // One in six fails until enough of them are counted.
    assert.ok(failed(samples).length < 60, failures(samples))
  })
}

test('an origin that becomes a hundred times slower loses its traffic, and nobody gets an error', async (t) => {
  const { bed, load, answered } = await startStage(t, { delay: 2, pool: { health: quickHealth } })

  await bed.origin(0).call('become', { delay: 200 })
  await answered(50)
  const from = steadyNow()
  await answered(100)
  const share = await bed.share(0, from, steadyNow())
  const samples = await load.stop()

  assert.ok(share < 5, `${share} %`)
  assert.deepEqual(failed(samples), [], failures(samples))
})

test('an origin that becomes a hundred times slower is ejected under a policy that is blind to it', async (t) => {
  const pool = { health: quickHealth, policy: 'round-robin' } as const
  const { bed, load, answered, event } = await startStage(t, { delay: 2, pool })
  const [id] = bed.ids as [string]

  const slow = steadyNow()
  await bed.origin(0).call('become', { delay: 200 })
  const out = await event(slow, 'it is ejected', ({ event, upstream }) => event === 'ejected' && upstream === id)
  await answered(100)
  const last = (await bed.picks())[id]?.last ?? 0
  const samples = await load.stop()

  assert.equal(out.about, 'latency')
  assert.ok(last <= out.at, `picked ${last - out.at} ms after it was ejected`)
  assert.deepEqual(failed(samples), [], failures(samples))
})

test('an origin that answers later than its clients wait is ejected too', async (t) => {
  const pool = { health: quickHealth, policy: 'round-robin' } as const
  const { bed, load, answered, event } = await startStage(t, { delay: 20, pool }, 1000)
  const [id] = bed.ids as [string]

  const slow = steadyNow()
  await bed.origin(0).call('become', { delay: 2000 })
  const out = await event(slow, 'it is ejected', ({ event, upstream }) => event === 'ejected' && upstream === id)
  await answered(50)
  const last = (await bed.picks())[id]?.last ?? 0
  await load.stop()

  assert.equal(out.about, 'latency')
  assert.ok(last <= out.at, `picked ${last - out.at} ms after it was ejected`)
})
