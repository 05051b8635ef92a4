import assert from 'node:assert/strict'
import { test } from 'node:test'
import { race } from '../../bench/balance/failover-idle.ts'

// At the full thousand each in the bench; a few hundred meet the race several times.
const count = 300

test('an origin that closes connections after 3 ms costs no GET', async () => {
  const { outcomes } = await race('GET', count)

  assert.deepEqual(
    outcomes.filter((outcome) => outcome !== 200),
    [],
  )
})

test('an origin that closes connections after 3 ms acts on no POST twice, and on each that was answered', async () => {
  const { outcomes, posts } = await race('POST', count)

  const twice = [...posts].filter(([, times]) => times > 1)
  const answered = outcomes.flatMap((outcome, i) => (outcome === 200 ? [`/${i}`] : []))
  assert.deepEqual(twice, [])
  assert.deepEqual(
    answered.filter((path) => !posts.has(path)),
    [],
  )
  assert.ok(answered.length > count / 2, `${answered.length} of ${count} answered`)
  for (const outcome of outcomes) assert.ok(outcome === 200 || outcome === 502, `${outcome}`)
})
