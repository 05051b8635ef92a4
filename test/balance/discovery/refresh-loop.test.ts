import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Found, refreshLoop } from '../../../src/balance/discovery/refresh-loop.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { listening } from './listening.ts'

const retry = { retry: 1000, maxRetry: 30_000 }
const urls = (...names: string[]): Found => ({
  upstreams: names.map((name) => ({ url: `http://${name}` })),
  holds: 60_000,
})
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('an answer is asked for again when it no longer holds, with up to 5 % of jitter', async () => {
  for (const [random, pause] of [
    [0, 60_000],
    [1, 63_000],
  ] as const) {
    const clock = fakeClock()
    let looks = 0
    const look = async (): Promise<Found> => {
      looks++
      return urls('a')
    }
    const loop = refreshLoop(look, retry, { clock, random: () => random })

    loop.start(listening())
    await turn()
    clock.advance(pause - 1)
    await turn()
    assert.equal(looks, 1)
    clock.advance(1)
    await turn()

    assert.equal(looks, 2)
    loop.close()
  }
})

test('a list is told once, however often and in whatever order it comes, and told again when anything differs', async () => {
  const clock = fakeClock()
  const answers: Found[] = [
    urls('a', 'b'),
    urls('b', 'a'),
    { upstreams: [{ url: 'http://a', weight: 2 }, { url: 'http://b' }], holds: 1 },
    { upstreams: [{ weight: 2, url: 'http://a' }, { url: 'http://b' }], holds: 1 },
    urls(),
  ]
  const loop = refreshLoop(async () => answers.shift() as Found, retry, { clock, random: () => 0 })
  const heard = listening()

  loop.start(heard)
  for (let i = 0; i < 4; i++) await loop.refresh()

  assert.deepEqual(
    heard.lists.map((list) => list.length),
    [2, 2, 0],
  )
  loop.close()
})

test('a failure is told once, retried after 1, 2, 4 ... 30 s, and its end is told', async () => {
  const clock = fakeClock()
  let down = false
  let looks = 0
  const look = async (): Promise<Found> => {
    looks++
    if (down) throw new Error('down')
    return urls('a')
  }
  const loop = refreshLoop(look, retry, { clock, random: () => 0 })
  const heard = listening()
  loop.start(heard)
  await turn()

  down = true
  await loop.refresh()
  for (const pause of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    const before = looks
    clock.advance(pause - 1)
    await turn()
    assert.equal(looks, before)
    clock.advance(1)
    await turn()
    assert.equal(looks, before + 1, `after ${pause}`)
  }
  down = false
  clock.advance(30_000)
  await turn()

  assert.deepEqual(heard.events, ['list', 'failed', 'recovered'])
  loop.close()
})

test('a listener that refuses a list makes it a failure, and hears the list again', async () => {
  const clock = fakeClock()
  const loop = refreshLoop(async () => urls('a'), retry, { clock, random: () => 0 })
  const heard = listening()
  let refuse = true
  const list = (upstreams: Parameters<typeof heard.list>[0]): void => {
    if (refuse) throw new Error('not these')
    heard.list(upstreams)
  }

  loop.start({ ...heard, list })
  await turn()
  refuse = false
  clock.advance(1000)
  await turn()

  assert.deepEqual(heard.events, ['failed', 'list', 'recovered'])
  assert.equal(heard.failures[0]?.message, 'not these')
  loop.close()
})

test('a refresh during a look makes one more look after it, however many ask', async () => {
  const clock = fakeClock()
  let now = 0
  let most = 0
  let looks = 0
  const look = async (): Promise<Found> => {
    looks++
    most = Math.max(most, ++now)
    await turn()
    now--
    return urls(`a${looks}`)
  }
  const loop = refreshLoop(look, retry, { clock, random: () => 0 })
  const heard = listening()

  loop.start(heard)
  await Promise.all([loop.refresh(), loop.refresh(), loop.refresh()])

  assert.deepEqual({ looks, most, pending: clock.pending }, { looks: 2, most: 1, pending: 1 })
  assert.deepEqual(heard.last, ['http://a2'])
  loop.close()
})

test('more than 10,000 upstreams are a failure', async () => {
  const clock = fakeClock()
  const many = urls(...Array.from({ length: 10_001 }, (_, i) => `h${i}`))
  const loop = refreshLoop(async () => many, retry, { clock, random: () => 0 })
  const heard = listening()

  loop.start(heard)
  await turn()

  assert.deepEqual(heard.lists, [])
  assert.match(heard.failures[0]?.message ?? '', /10000 upstreams: 10001/)
  loop.close()
})

test('after close there is no timer, no look and nothing heard, also when a look was under way', async () => {
  const clock = fakeClock()
  const gate = Promise.withResolvers<Found>()
  let aborted = false
  const loop = refreshLoop(
    (signal) => {
      signal.addEventListener('abort', () => {
        aborted = true
      })
      return gate.promise
    },
    retry,
    { clock, random: () => 0 },
  )
  const heard = listening()
  loop.start(heard)

  loop.close()
  gate.resolve(urls('a'))
  await turn()
  await loop.refresh()

  assert.deepEqual(heard.events, [])
  assert.equal(aborted, true)
  assert.equal(clock.pending, 0)
})

test('a listener may close from within, in a list and in a failure', async () => {
  for (const look of [async () => urls('a'), async () => Promise.reject(new Error('down'))]) {
    const clock = fakeClock()
    const loop = refreshLoop(look, retry, { clock, random: () => 0 })

    loop.start({ list: () => loop.close(), failed: () => loop.close() })
    await turn()

    assert.equal(clock.pending, 0)
  }
})
