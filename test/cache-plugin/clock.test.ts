import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../../src/contract/clock.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { stage } from './bed.ts'

/** A clock whose wall time can be put back, as an administrator or NTP does. */
function movableClock(): Clock & { put(ms: number): void; advance(ms: number): void } {
  const inner = fakeClock(Date.now())
  let shift = 0
  return {
    now: () => inner.now(),
    wall: () => inner.wall() + shift,
    setTimer: (fn, ms) => inner.setTimer(fn, ms),
    clearTimer: (timer) => inner.clearTimer(timer),
    advance: (ms) => inner.advance(ms),
    put(ms) {
      shift += ms
    },
  }
}

test('section 6.C 111: after the clock was put back an hour there is no negative age, and nothing lives on for it', async (t) => {
  const clock = movableClock()
  const { get, calls } = await stage(
    t,
    (_, response) => {
      response.setHeader('Cache-Control', 'max-age=10')
      response.setHeader('ETag', '"1"')
      response.end(`answer ${calls.length}`)
    },
    { kernel: { clock } },
  )
  await get('/page')

  clock.put(-3_600_000)
  const after = await get('/page')
  const again = await get('/page')

  assert.equal(after.text, 'answer 2', 'what was stored in a time to come is not believed')
  assert.match(again.cache, /hit/)
  assert.equal(again.headers.age, '0')
})

test('section 6.C 111: a second back is what clocks do: still a hit, of age 0', async (t) => {
  const clock = movableClock()
  const { get } = await stage(
    t,
    (_, response) => {
      response.setHeader('Cache-Control', 'max-age=10')
      response.end('answer')
    },
    { kernel: { clock } },
  )
  await get('/page')

  clock.put(-1000)
  const { cache, headers } = await get('/page')

  assert.match(cache, /hit/)
  assert.equal(headers.age, '0')
})

test('section 6.C 111: after the clock was put forward, what is past its time is asked for', async (t) => {
  const clock = movableClock()
  const { get, calls } = await stage(
    t,
    (_, response) => {
      response.setHeader('Cache-Control', 'max-age=10')
      response.end(`answer ${calls.length}`)
    },
    { kernel: { clock } },
  )
  await get('/page')

  clock.put(3_600_000)

  assert.equal((await get('/page')).text, 'answer 2')
})

test('Age counts what the upstream said: an age, and a Date of the past', async (t) => {
  const started = Date.now()
  const { get, clock } = await stage(t, (request, response) => {
    if (request.url === '/age') response.setHeader('Age', '7')
    else response.setHeader('Date', new Date(started - 7000).toUTCString())
    response.setHeader('Cache-Control', 'max-age=10')
    response.end('answer')
  })

  for (const path of ['/age', '/date']) {
    await get(path)
    const { headers, cache } = await get(path)
    assert.match(cache, /hit/)
    assert.ok(Number(headers.age) >= 7 && Number(headers.age) <= 8, String(headers.age))
  }
  clock.advance(4000)
  for (const path of ['/age', '/date']) assert.match((await get(path)).cache, /fwd=(uri-miss|stale)/)
})
