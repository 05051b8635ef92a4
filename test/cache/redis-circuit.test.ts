import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCircuit, type RedisEvent } from '../../src/cache/redis/circuit.ts'
import { createOwed } from '../../src/cache/redis/owed.ts'
import { within } from '../../src/cache/redis/within.ts'
import { fakeClock } from '../support/fake-clock.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('the circuit opens at the first failure, looks every second, and says one line each way', async () => {
  const { circuit, clock, events, at } = bed()
  circuit.hint()
  await turn()
  assert.equal(circuit.open, false)
  assert.deepEqual(events, [])

  at.reason = 'hangs'
  circuit.trip('no answer within 50 ms')
  circuit.trip('once more')
  assert.equal(at.opened, 1)
  const { probes } = at
  for (let second = 0; second < 3; second++) {
    clock.advance(999)
    await turn()
    assert.equal(at.probes, probes + second)
    clock.advance(1)
    await turn()
  }
  assert.equal(circuit.open, true)

  at.reason = undefined
  clock.advance(1000)
  await turn()
  assert.equal(circuit.open, false)
  assert.deepEqual(events, [
    { type: 'redis-lost', reason: 'no answer within 50 ms' },
    { type: 'redis-back', after: 4000 },
  ])
  assert.equal(clock.pending, 0)
})

test('a circuit that has ended stays open and has no timer', async () => {
  const { circuit, clock } = bed()

  circuit.hint()
  circuit.end()
  await turn()

  assert.equal(circuit.open, true)
  circuit.trip('late')
  assert.equal(clock.pending, 0)
})

test('an answer that lies in the socket when the time is up still counts', async () => {
  const clock = fakeClock()
  const busy = within(
    clock,
    50,
    turn().then(() => 'there'),
  )
  clock.advance(50)
  assert.equal(await busy, 'there')

  const late = within(clock, 50, new Promise(() => {}))
  clock.advance(50)
  await assert.rejects(late, /within 50 ms/)
})

test('owed purges are paid in order, stay owed when one fails, and become one of everything beyond a thousand', async () => {
  const paid: string[] = []
  let fails = false
  const owed = createOwed(async ({ target }) => {
    if (fails) throw new Error('away')
    paid.push(JSON.stringify(target))
  })
  const owe = (url: string): void => owed.add({ target: { url }, soften: undefined, kind: 'remove' })

  owe('1')
  owe('2')
  fails = true
  await assert.rejects(owed.settle())
  fails = false
  await owed.settle()
  await owed.settle()
  assert.deepEqual(paid, ['{"url":"1"}', '{"url":"2"}'])

  for (let i = 0; i < 1001; i++) owe(`${i}`)
  await owed.settle()
  assert.deepEqual(paid.slice(2), ['{"all":true}'])
})

function bed() {
  const clock = fakeClock()
  const events: RedisEvent[] = []
  const at = { reason: undefined as string | undefined, probes: 0, opened: 0 }
  const circuit = createCircuit({
    clock,
    async probe() {
      at.probes++
      return at.reason
    },
    opened: () => at.opened++,
    log: (event) => void events.push(event),
    pause: 1000,
  })
  return { circuit, clock, events, at }
}
