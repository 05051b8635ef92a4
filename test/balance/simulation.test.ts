import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quantile, runOverload } from '../../bench/balance/overload.ts'
import { smallBed } from '../../bench/balance/runs.ts'
import { SharingServer } from '../../bench/balance/sharing-server.ts'
import { runSlowServer } from '../../bench/balance/slow-server.ts'
import { Timeline } from '../../bench/balance/timeline.ts'
import type { PolicyName } from '../../src/balance/policy/policies.ts'

test('events run in order of time, then of age; one that is cancelled does not', () => {
  const timeline = new Timeline()
  const seen: string[] = []
  for (const [name, ms] of [
    ['c', 3],
    ['a', 1],
    ['b', 1],
    ['d', 9],
  ] as const) {
    timeline.setTimer(() => seen.push(`${name}${timeline.now()}`), ms)
  }
  timeline.clearTimer(timeline.setTimer(() => seen.push('never'), 2))
  timeline.setTimer(() => timeline.setTimer(() => seen.push('e'), 1), 3)

  timeline.run(9)
  assert.deepEqual(seen, ['a1', 'b1', 'c3', 'e'])
  timeline.run(10)
  assert.deepEqual(seen.slice(4), ['d9'])
})

test('requests share the processors of a server evenly, and none uses more than one', () => {
  const timeline = new Timeline()
  const server = new SharingServer(timeline, 2)
  const ends: Record<string, number> = {}
  const add = (name: string, work: number) =>
    server.add(work, () => {
      ends[name] = timeline.now()
    })

  // Two at full speed; from 10 on four at half speed, until one is taken back at 20: then three at two thirds.
  add('a', 20)
  add('b', 21)
  timeline.setTimer(() => {
    add('c', 15)
    const job = add('never', 100)
    timeline.setTimer(() => server.remove(job), 10)
  }, 10)
  timeline.run(1000)

  // At 20: a has 5 left, b 6, c 10. a ends at 27.5. Then two at full speed: b has 1 left, c 5.
  assert.deepEqual(ends, { a: 27.5, b: 28.5, c: 32.5 })
  assert.equal(server.running, 0)
})

test('a server that loses processors works more slowly from then on', () => {
  const timeline = new Timeline()
  const server = new SharingServer(timeline, 1)
  let end = 0
  server.add(10, () => {
    end = timeline.now()
  })

  timeline.setTimer(() => {
    server.cores = 0.5
  }, 4)
  timeline.run(100)

  assert.equal(end, 16)
})

const published: readonly [PolicyName, number, number][] = [
  ['round-robin', 95.3, 95.6],
  ['least-requests', 99.4, 100],
  ['peak-ewma', 99.9, 100],
]

for (const [policy, least, most] of published) {
  test(`one server of eleven becomes slow: ${policy} answers ${least} to ${most} % within a second`, () => {
    const { success } = runSlowServer({ policy, outlier: false, givesUp: false }, [1, 2])

    for (const share of success) assert.ok(share >= least && share <= most, `${share} %`)
  })
}

test('given up after a second, with outliers ejected as by default, no policy fails more than a quarter of a percent', () => {
  for (const policy of ['round-robin', 'random', 'least-requests', 'peak-ewma'] as const) {
    const [success] = runSlowServer({ policy, outlier: true, givesUp: true }, [1]).success as [number]

    assert.ok(success >= 99.75, `${policy}: ${success} %`)
  }
})

for (const load of [1.03, 1.27]) {
  test(`at ${load} of the allocation, one server without reserve: p99 of the default is at most half of round-robin's`, () => {
    const p99 = (policy: PolicyName): number => quantile(runOverload(smallBed, policy, false, load, 1).latencies, 0.99)

    const ours = p99('peak-ewma')
    const turns = p99('round-robin')

    assert.ok(ours <= turns / 2, `${ours} to ${turns} ms`)
  })
}
