import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createShaper, type ShaperOptions } from '../../../src/forward-proxy/limits/shaper.ts'
import type { Pace } from '../../../src/net/splice.ts'
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts'

/** A tunnel that always has more to send: it counts what may pass. */
function greedy(pace: Pace, chunk = 65_536) {
  const flow = {
    passed: 0,
    ready() {
      let rest = chunk
      // Until it has to wait: then `ready` is called.
      for (let i = 0; i < 1000; i++) {
        const may = pace.take(rest, flow)
        flow.passed += may
        if (may < rest) return
        rest = chunk
      }
    },
  }
  return flow
}

function setUp(options: ShaperOptions, clock: FakeClock = fakeClock()) {
  const shaper = createShaper('shape', options, clock)
  const join = (user: string, groups: string[] = []) => {
    const paces = shaper.join(user, groups)
    assert.ok(paces)
    const flow = greedy(paces.sent)
    flow.ready()
    return { ...paces, flow, leave: () => [paces.sent.leave(), paces.received.leave()] }
  }
  return { clock, shaper, join }
}

const near = (got: number, right: number, part = 0.05): void =>
  assert.ok(Math.abs(got - right) <= right * part, `${got}, not near ${right}`)

test('a tunnel gets its burst at once and then the rate', () => {
  const { clock, join } = setUp({ user: { bytesPerSecond: 100_000, burst: 20_000 } })

  const { flow } = join('ann')
  assert.equal(flow.passed, 20_000)
  clock.advance(10_000)

  near(flow.passed, 20_000 + 1_000_000, 0.01)
})

test('directions do not take from each other', () => {
  const { join } = setUp({ user: { bytesPerSecond: 100_000, burst: 20_000 } })

  const { received } = join('ann')

  assert.equal(received.take(20_000, { ready() {} }), 20_000)
})

test('tunnels of one user share its rate fairly; another user has its own', () => {
  const { clock, join } = setUp({ user: { bytesPerSecond: 100_000, burst: 1000 } })
  const mine = Array.from({ length: 5 }, () => join('ann').flow)
  const other = join('bob').flow

  clock.advance(20_000)

  for (const { passed } of mine) near(passed, 400_000, 0.1)
  near(other.passed, 2_000_000)
})

test('a byte must fit into user, groups and total', () => {
  const { clock, join } = setUp({
    user: { bytesPerSecond: 100_000, burst: 1000 },
    groups: { slow: { bytesPerSecond: 50_000, burst: 1000 } },
    total: { bytesPerSecond: 220_000, burst: 1000 },
  })
  const slow = [join('ann', ['slow']).flow, join('bob', ['slow', 'other']).flow]
  const free = [join('cid').flow, join('dan').flow]

  clock.advance(20_000)

  for (const { passed } of slow) near(passed, 500_000, 0.1)
  for (const { passed } of free) near(passed, 1_700_000, 0.2)
  const sum = [...slow, ...free].reduce((all, { passed }) => all + passed, 0)
  assert.ok(sum <= 220_000 * 20 + 11_000, `${sum}`)
  near(sum, 4_400_000)
})

test('many tunnels under a small total starve none', () => {
  const { clock, join } = setUp({ total: { bytesPerSecond: 100_000, burst: 2000 } })
  const flows = Array.from({ length: 50 }, (_, i) => join(`user${i}`).flow)

  clock.advance(60_000)

  for (const { passed } of flows) near(passed, 120_000, 0.15)
})

test('who comes later does not pass by those who wait', () => {
  const { clock, join } = setUp({ total: { bytesPerSecond: 100_000, burst: 2000 } })
  const first = join('ann').flow
  clock.advance(1000)
  const before = first.passed

  const late = join('bob').flow
  assert.equal(late.passed, 0)
  clock.advance(10_000)

  near(late.passed, 500_000, 0.1)
  near(first.passed - before, 500_000, 0.1)
})

test('a user at its limit does not hold up others under the same total', () => {
  const { clock, join } = setUp({
    user: { bytesPerSecond: 10_000, burst: 1000 },
    total: { bytesPerSecond: 10_000_000, burst: 10_000_000 },
  })
  join('ann')
  join('ann')
  clock.advance(1000)
  const { sent, leave } = join('bob')
  leave()
  clock.advance(1000)

  // Neither the wait of the one nor what it waits for marks the total as short.
  assert.equal(sent.take(1000, { ready() {} }), 1000)
})

test('one timer for all, while somebody waits; no user is kept for ever', () => {
  const { clock, shaper, join } = setUp({ user: { bytesPerSecond: 1000, burst: 1000 } })
  const all = Array.from({ length: 1500 }, (_, i) => join(`user${i}`))
  assert.equal(clock.pending, 1)

  for (const { leave } of all) leave()
  clock.advance(5000)
  assert.equal(clock.pending, 0)
  join('new')

  assert.equal(shaper.users, 1)
})

test('to come back gives no new burst', () => {
  const { join } = setUp({ user: { bytesPerSecond: 1000, burst: 50_000 } })
  const first = join('ann')
  first.leave()

  assert.equal(first.flow.passed, 50_000)
  assert.equal(join('ann').flow.passed, 0)
})

test('closed, it holds back nothing', () => {
  const { clock, shaper } = setUp({ total: 1000 })
  const paces = shaper.join('ann', [])
  let ready = 0
  paces?.sent.take(1_000_000, { ready: () => void ready++ })

  shaper.close()

  assert.equal(ready, 1)
  assert.equal(paces?.sent.take(1_000_000, { ready() {} }), 1_000_000)
  assert.equal(clock.pending, 0)
})

test('without a limit over it a tunnel has no pace at all', () => {
  const { shaper } = setUp({ groups: { slow: '1KiB' } })

  assert.equal(shaper.join('ann', ['fast']), undefined)
  assert.throws(() => setUp({ total: 0 }), /shape\.total\.bytesPerSecond/)
  assert.throws(() => setUp({ total: false as never }), /shape\.total/)
  assert.throws(() => setUp({ groups: { a: 'x' } }), /shape\.groups\.a/)
  assert.throws(() => setUp({ user: { bytesPerSecond: 5, burst: 0 } }), /shape\.user\.burst/)
  assert.throws(() => setUp({ totl: 1 } as ShaperOptions), /Did you mean 'total'/)
})
