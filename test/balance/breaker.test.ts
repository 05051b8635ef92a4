import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Breaker, readBreaker } from '../../src/balance/breaker.ts'

const settings = { failures: 3, open: 1000, maxOpen: 5000 }

function fail(breaker: Breaker, times: number, now: number): void {
  for (let i = 0; i < times; i++) breaker.failed(breaker.taken(now), now)
}

/** One that has just opened, at 0. */
function opened(): Breaker {
  const breaker = new Breaker(settings)
  fail(breaker, 3, 0)
  return breaker
}

test('so many failures in a row open it, and not one less', () => {
  const breaker = new Breaker(settings)

  fail(breaker, 2, 0)
  assert.equal(breaker.state(0), 'closed')
  fail(breaker, 1, 0)

  assert.equal(breaker.state(0), 'open')
  assert.equal(breaker.allows(999), false)
  assert.equal(breaker.probeAt, 1000)
})

test('a success between failures begins the row anew', () => {
  const breaker = new Breaker(settings)
  fail(breaker, 2, 0)

  breaker.succeeded(breaker.taken(0))
  fail(breaker, 2, 0)

  assert.equal(breaker.state(0), 'closed')
})

test('when its time is up exactly one exchange probes', () => {
  const breaker = opened()

  assert.equal(breaker.state(1000), 'half-open')
  assert.equal(breaker.allows(1000), true)
  breaker.taken(1000)

  assert.equal(breaker.allows(1000), false)
  assert.equal(breaker.allows(100_000), false)
})

test('a probe that succeeds closes it', () => {
  const breaker = opened()

  breaker.succeeded(breaker.taken(1000))

  assert.equal(breaker.state(1000), 'closed')
  assert.equal(breaker.probeAt, undefined)
  fail(breaker, 2, 1000)
  assert.equal(breaker.state(1000), 'closed')
})

test('each probe that fails doubles the time, up to the longest', () => {
  const breaker = opened()
  const lasts: number[] = []

  for (let i = 0; i < 5; i++) {
    const now = breaker.probeAt as number
    fail(breaker, 1, now)
    lasts.push((breaker.probeAt as number) - now)
  }

  assert.deepEqual(lasts, [2000, 4000, 5000, 5000, 5000])
})

test('after it has closed the time is short again', () => {
  const breaker = opened()
  fail(breaker, 1, 1000)
  breaker.succeeded(breaker.taken(3000))

  fail(breaker, 3, 4000)

  assert.equal(breaker.probeAt, 5000)
})

test('a probe whose client left makes room for another', () => {
  const breaker = opened()

  breaker.abandoned(breaker.taken(1000))

  assert.equal(breaker.state(1000), 'half-open')
  assert.equal(breaker.allows(1000), true)
})

test('who was sent before it opened is no probe, however it ends', () => {
  const breaker = new Breaker(settings)
  const early = [breaker.taken(0), breaker.taken(0), breaker.taken(0)] as const
  fail(breaker, 3, 0)
  breaker.taken(1000)

  breaker.abandoned(early[0])
  assert.equal(breaker.allows(1000), false, 'the probe is still out')
  breaker.failed(early[1], 1001)
  assert.equal(breaker.probeAt, 1000)
  breaker.succeeded(early[2])
  assert.equal(breaker.state(1001), 'half-open')
})

test('many that fail at once while it is closed open it once, for the first time', () => {
  const breaker = new Breaker(settings)
  const tickets = Array.from({ length: 50 }, () => breaker.taken(0))

  for (const ticket of tickets) breaker.failed(ticket, 10)

  assert.equal(breaker.probeAt, 1010)
})

test('who goes through without asking is no probe', () => {
  const breaker = opened()

  const ticket = breaker.taken(500)
  breaker.succeeded(ticket)
  assert.equal(breaker.state(500), 'open')

  const probe = breaker.taken(1000)
  breaker.succeeded(breaker.taken(1000))
  assert.equal(breaker.state(1000), 'half-open')
  breaker.succeeded(probe)
  assert.equal(breaker.state(1000), 'closed')
})

test('a ticket counts once', () => {
  const breaker = opened()
  const probe = breaker.taken(1000)

  breaker.succeeded(probe)
  breaker.failed(probe, 1000)
  fail(breaker, 2, 1000)

  assert.equal(breaker.state(1000), 'closed')
})

test('breakers are off unless asked for', () => {
  const byDefault = { failures: 5, open: 5000, maxOpen: 60_000 }

  assert.equal(readBreaker('breaker', undefined), undefined)
  assert.equal(readBreaker('breaker', false), undefined)
  assert.deepEqual(readBreaker('breaker', true), byDefault)
  assert.deepEqual(readBreaker('breaker', {}), byDefault)
  assert.deepEqual(readBreaker('breaker', { failures: 1, open: '2m' }), {
    failures: 1,
    open: 120_000,
    maxOpen: 120_000,
  })
})

for (const [given, option] of [
  [{ failures: 0 }, 'breaker.failures'],
  [{ open: 0 }, 'breaker.open'],
  [{ open: 'x' }, 'breaker.open'],
  [{ open: '10s', maxOpen: '5s' }, 'breaker.maxOpen'],
  [{ failure: 3 }, 'breaker.failure'],
  ['5s', 'breaker'],
  [null, 'breaker'],
] as const) {
  test(`${JSON.stringify(given)} is refused, and the fault is said to be in ${option}`, () => {
    assert.throws(() => readBreaker('breaker', given as never), { code: 'SP_BAD_OPTION', option })
  })
}
