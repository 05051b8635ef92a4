import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scripted } from './scripted.ts'

const times = (sent: readonly { at: number }[]): number[] => sent.map(({ at }) => at)

test('the first answer decides: one good check is enough to be up', () => {
  const { clock, reports, add } = scripted({ jitter: 0 })

  add(1)
  assert.deepEqual(reports, [])
  clock.advance(0)

  assert.deepEqual(reports, ['0 1 up'])
})

test('the first answer decides: one failed check is enough to be down', () => {
  const { clock, reports, meet, add } = scripted({ jitter: 0 })
  meet(500)

  add(1)
  clock.advance(0)

  assert.deepEqual(reports, ['0 1 down: status 500, expected 200-399'])
})

test('nothing is reported, and nobody is asked, in the turn of add', () => {
  const { sent, add } = scripted({})

  add(1)

  assert.equal(sent.length, 0)
})

test('three failures in a row take it down, a second apart, and then two good ones bring it up', () => {
  const { clock, reports, meet, sent, add } = scripted({ jitter: 0 })
  add(1)
  clock.advance(4999)

  meet(503)
  clock.advance(5001)
  meet(200)
  clock.advance(10_000)

  // 5 s while all is well, 1 s at the edges and while it is down.
  assert.deepEqual(times(sent), [0, 5000, 6000, 7000, 8000, 9000, 10_000, 11_000, 12_000, 17_000])
  assert.deepEqual(reports, ['0 1 up', '7000 1 down: status 503, expected 200-399', '12000 1 up'])
})

test('a good check between failures begins the count anew', () => {
  const { clock, reports, meet, add } = scripted({ jitter: 0, interval: 1000 })
  add(1)

  for (const answer of [200, 500, 500, 200, 500, 500, 200, 500, 500] as const) {
    meet(answer)
    clock.advance(1000)
  }
  assert.deepEqual(reports, ['0 1 up'])

  meet(500)
  clock.advance(1000)
  assert.equal(reports.length, 2)
})

test('a failure while it is coming up begins the count anew', () => {
  const { clock, reports, meet, add } = scripted({ jitter: 0, interval: 1000, rise: 3 })
  meet(500)
  add(1)

  for (const answer of [500, 200, 200, 500, 200, 200] as const) {
    meet(answer)
    clock.advance(1000)
  }
  assert.equal(reports.length, 1)

  meet(200)
  clock.advance(1000)
  assert.equal(reports.at(-1), '7000 1 up')
})

test('while it is down it is asked at downInterval, and at edgeInterval once it answers', () => {
  const { clock, meet, sent, add } = scripted({
    jitter: 0,
    interval: '10s',
    downInterval: '30s',
    edgeInterval: '2s',
  })
  meet(500)
  add(1)

  clock.advance(59_000)
  meet(200)
  clock.advance(13_000)

  assert.deepEqual(times(sent), [0, 30_000, 60_000, 62_000, 72_000])
})

test('a refused connection takes it down at once', () => {
  const { clock, reports, meet, add } = scripted({ jitter: 0 })
  add(1)
  clock.advance(4000)

  meet('refused')
  clock.advance(1000)

  assert.deepEqual(reports, ['0 1 up', '5000 1 down: connection refused'])
})

test('without instantFail a refused connection counts like other failures', () => {
  const { clock, reports, meet, add } = scripted({ jitter: 0, instantFail: false })
  add(1)
  clock.advance(4000)

  meet('refused')
  clock.advance(3000)

  assert.deepEqual(reports, ['0 1 up', '7000 1 down: connection refused'])
})

test('what fails for a lack of our own says nothing of the upstream', () => {
  const { clock, reports, observed, meet, add } = scripted({ jitter: 0 })
  meet('no descriptors')
  add(1)
  clock.advance(3000)
  assert.deepEqual(reports, [])

  meet(200)
  clock.advance(1000)
  meet('no descriptors')
  clock.advance(60_000)

  assert.deepEqual(reports, ['4000 1 up'])
  assert.equal(observed[0], '127.0.0.1:1 unknown')
})

test('each check is observed, each change alone is reported', () => {
  const { clock, reports, observed, meet, add } = scripted({ jitter: 0, interval: 1000 })
  add(1)
  clock.advance(1500)
  meet(404)
  clock.advance(2000)

  assert.deepEqual(
    observed,
    ['pass', 'pass', 'fail', 'fail'].map((one) => `127.0.0.1:1 ${one}`),
  )
  assert.equal(reports.length, 1)
})

test('an interval is counted from the beginning of a check, and checks of one upstream never overlap', () => {
  const { clock, meet, sent, open, answerOpen, add } = scripted({ jitter: 0, interval: 1000, timeout: 1000 })
  meet('silent')
  add(1)
  clock.advance(400)
  answerOpen(200)
  clock.advance(600)
  assert.deepEqual(times(sent), [0, 1000])

  clock.advance(999)
  assert.equal(sent.length, 2)
  assert.equal(open(), 1)
})

test('a check without an answer ends at the timeout', () => {
  const { clock, meet, reports, open, add } = scripted({ jitter: 0 })
  meet('silent')
  add(1)

  clock.advance(1999)
  assert.deepEqual([reports.length, open()], [0, 1])
  clock.advance(1)

  assert.deepEqual(reports, ['2000 1 down: no answer within 2 s'])
  assert.equal(open(), 0)
})

test('jitter draws each interval longer or shorter by its part', () => {
  for (const [drawn, at] of [
    [0, 4500],
    [0.25, 4750],
    [1, 5500],
  ] as const) {
    const { clock, sent, add } = scripted({ jitter: 0.1 }, () => drawn)
    add(1)
    clock.advance(6000)

    assert.deepEqual(times(sent), [0, at])
  }
})

test('a few upstreams are checked at once; the first checks of many are spread over a second', () => {
  let turn = 0
  const { clock, sent, add } = scripted({ jitter: 0 }, () => (turn++ % 100) / 100)

  add(...Array.from({ length: 216 }, (_, i) => i + 1))
  clock.advance(0)
  assert.ok(sent.length >= 16 && sent.length < 30, `${sent.length} at once`)
  clock.advance(500)
  assert.ok(sent.length > 90 && sent.length < 140, `${sent.length} after half a second`)
  clock.advance(500)

  assert.equal(sent.length, 216)
})

test('one that comes to many that are judged already is checked at once', () => {
  const { clock, reports, add } = scripted({ jitter: 0 })
  add(...Array.from({ length: 100 }, (_, i) => i + 1))
  clock.advance(1000)

  add(999)
  clock.advance(0)

  assert.equal(reports.at(-1), '1000 999 up')
})

test('no more checks run at a time than allowed; the others take their turn in order', () => {
  const { clock, meet, sent, open, answerOpen, add } = scripted({ jitter: 0, maxConcurrent: 4 })
  meet('silent')
  add(...Array.from({ length: 10 }, (_, i) => i + 1))

  clock.advance(0)
  assert.equal(open(), 4)
  answerOpen(200)
  assert.equal(open(), 4)
  answerOpen(200)
  assert.equal(open(), 2)
  answerOpen(200)

  assert.deepEqual(
    sent.map(({ name }) => name),
    Array.from({ length: 10 }, (_, i) => `127.0.0.1:${i + 1}`),
  )
})

test('an upstream that is removed makes room for one that waits', () => {
  const { clock, meet, checks, open, sent, add } = scripted({ jitter: 0, maxConcurrent: 1 })
  meet('silent')
  const [first, second] = add(1, 2, 3)
  clock.advance(0)

  checks.remove(second as typeof second & object)
  checks.remove(first as typeof first & object)

  assert.deepEqual([open(), sent.length, sent.at(-1)?.name], [1, 2, '127.0.0.1:3'])
})

test('one that is removed is not asked, and not spoken of, any more', () => {
  const { clock, meet, checks, reports, open, forgotten, add } = scripted({})
  meet('silent')
  const [upstream] = add(1)
  clock.advance(0)

  checks.remove(upstream as typeof upstream & object)
  clock.advance(60_000)

  assert.deepEqual([reports.length, open(), clock.pending, forgotten.length], [0, 0, 0, 1])
})

test('checkNow does not wait for the interval, and the next one is counted from it', () => {
  const { clock, checks, sent, add } = scripted({ jitter: 0 })
  const [upstream] = add(1)
  clock.advance(3000)

  checks.checkNow(upstream as typeof upstream & object)
  clock.advance(5000)

  assert.deepEqual(times(sent), [0, 3000, 8000])
})

test('checkNow does nothing while a check runs', () => {
  const { clock, meet, checks, sent, add } = scripted({ jitter: 0 })
  meet('silent')
  const [upstream] = add(1)
  clock.advance(0)

  checks.checkNow(upstream as typeof upstream & object)

  assert.equal(sent.length, 1)
})

test('after close there is no timer, no check and no report', () => {
  const { clock, meet, checks, reports, open, sent, forgotten, add } = scripted({ maxConcurrent: 8 })
  add(1)
  clock.advance(0)
  meet('silent')
  add(...Array.from({ length: 40 }, (_, i) => i + 2))
  clock.advance(100)
  assert.ok(open() === 8 && clock.pending > 8)

  checks.close()
  const asked = sent.length
  add(99)
  clock.advance(60_000)

  assert.deepEqual([clock.pending, open(), sent.length, reports.length, forgotten.length], [0, 0, asked, 1, 41])
})

test('whoever is told may close everything', () => {
  const { clock, checks, add } = scripted({})
  const [upstream] = add(1)
  checks.add(upstream as typeof upstream & object, () => checks.close())

  clock.advance(0)

  assert.equal(clock.pending, 0)
})

test('ten thousand upstreams that fail at once neither pile up calls nor block for long', () => {
  const { clock, meet, reports, add } = scripted({ maxConcurrent: 64 }, Math.random)
  meet('refused')
  const began = performance.now()

  add(...Array.from({ length: 10_000 }, (_, i) => i + 1))
  clock.advance(0)
  const spread = performance.now() - began

  assert.ok(reports.length < 100)
  assert.ok(spread < 2000, `${spread} ms`)
})

test('ten thousand that wait for one slow check run one after the other, not within each other', () => {
  const { clock, meet, reports, answerOpen, checks, add } = scripted({ jitter: 0, maxConcurrent: 1 })
  const upstreams = add(...Array.from({ length: 10_000 }, (_, i) => i + 1))
  meet('silent')
  clock.advance(0)
  for (const upstream of upstreams) checks.checkNow(upstream)

  meet('refused')
  answerOpen(200)

  assert.equal(reports.length, 10_000)
})
