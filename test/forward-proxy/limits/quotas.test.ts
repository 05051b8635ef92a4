import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createQuotas, type QuotaOptions, type QuotaState } from '../../../src/forward-proxy/limits/quotas.ts'
import { fakeClock } from '../../support/fake-clock.ts'

const hour = 3_600_000

function setUp(options: QuotaOptions, wall = Date.UTC(2026, 0, 30, 12)) {
  const clock = fakeClock(wall)
  const warnings: string[] = []
  return { clock, warnings, quotas: createQuotas('quota', options, { clock, warn: (text) => warnings.push(text) }) }
}

test('a user may move so many bytes a day; at midnight UTC it begins anew', () => {
  const { clock, quotas } = setUp({ day: 1000 })

  assert.equal(quotas.charge('ann', 999), true)
  assert.equal(quotas.left('ann'), 1)
  assert.equal(quotas.charge('ann', 5), false)
  assert.equal(quotas.left('ann'), 0)
  assert.equal(quotas.retryAfter('ann'), 12 * 3600)
  assert.equal(quotas.left('bob'), 1000)

  clock.advance(12 * hour)
  assert.equal(quotas.left('ann'), 1000)
  assert.equal(quotas.retryAfter('ann'), 0)
})

test('the month counts over its days, and ends with it', () => {
  const { clock, quotas } = setUp({ day: 1000, month: 1500 })
  quotas.charge('ann', 1000)
  clock.advance(12 * hour)

  assert.equal(quotas.left('ann'), 500)
  assert.equal(quotas.charge('ann', 500), false)
  assert.equal(quotas.retryAfter('ann'), 24 * 3600)
  clock.advance(24 * hour)
  assert.equal(quotas.left('ann'), 1000)
})

test('counts are saved while they change and at the end, and loaded again', async () => {
  let saved: QuotaState | undefined
  let saves = 0
  const store = {
    load: () => saved,
    async save(state: QuotaState) {
      saves++
      saved = JSON.parse(JSON.stringify(state))
    },
  }
  const first = setUp({ day: 1000, store })
  first.quotas.charge('ann', 300)
  first.quotas.charge('ann', 300)
  first.clock.advance(30_000)
  await turn()
  assert.equal(saves, 1)
  first.clock.advance(60_000)
  await turn()
  assert.equal(saves, 1)
  first.quotas.charge('__proto__', 50)
  await first.quotas.close()
  assert.equal(first.clock.pending, 0)

  const same = setUp({ day: 1000, month: 5000, store })
  same.quotas.charge('ann', 10)
  await same.quotas.load()
  assert.equal(same.quotas.left('ann'), 390)
  const next = setUp({ day: 1000, month: 1500, store }, Date.UTC(2026, 0, 31))
  await next.quotas.load()
  assert.equal(next.quotas.left('ann'), 900)
  const later = setUp({ day: 1000, month: 1500, store }, Date.UTC(2026, 1, 1))
  await later.quotas.load()
  assert.equal(later.quotas.left('ann'), 1000)
})

test('a store that fails is warned of, and stops nobody', async () => {
  const store = {
    load: () => undefined,
    save() {
      throw new Error('disk full')
    },
  }
  const { clock, quotas, warnings } = setUp({ day: 1000, store })
  quotas.charge('ann', 1)
  clock.advance(30_000)
  for (let i = 0; i < 5; i++) await turn()

  assert.match(warnings[0] ?? '', /quota\.store: .*disk full/)
  assert.equal(quotas.charge('ann', 1), true)
})

test('users that are counted are bounded', () => {
  const { quotas } = setUp({ day: 1000, users: 2 })
  for (const user of ['a', 'b', 'a', 'c']) quotas.charge(user, 10)

  assert.deepEqual(Object.keys(quotas.state().users), ['a', 'c'])
})
