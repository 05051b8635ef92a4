import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PollDiscoverOptions } from '../../../src/balance/discovery/discover-options.ts'
import { createDiscovery, readDiscovery } from '../../../src/balance/discovery/discovery.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { listening } from './listening.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function polled(poll: PollDiscoverOptions['poll']) {
  const clock = fakeClock()
  const discovery = createDiscovery(readDiscovery('discover', { poll }), { clock, random: () => 0 })
  const heard = listening()
  discovery.start(heard)
  return { clock, discovery, heard }
}

test('a function is asked every 10 s by default, and what it gives is the list', async () => {
  const answers = [['http://a:1', { url: 'http://b:1', weight: 3 }], ['http://a:1'], []]
  const { clock, discovery, heard } = polled(async () => answers.shift() ?? [])

  await turn()
  clock.advance(10_000)
  await turn()
  clock.advance(10_000)
  await turn()

  assert.deepEqual(heard.lists, [
    [{ url: 'http://a:1' }, { url: 'http://b:1', weight: 3 }],
    [{ url: 'http://a:1' }],
    [],
  ])
  discovery.close()
})

test('a function that throws, at once or later, or gives nonsense, fails with the reason and keeps the last list', async () => {
  const wrong: [() => never, RegExp][] = [
    [
      () => {
        throw new Error('no database')
      },
      /no database/,
    ],
    [() => Promise.reject(new Error('later')) as never, /later/],
    [() => 'http://a' as never, /'upstreams' is "http:\/\/a": give a list/],
    [() => [{ url: 'http://a', wieght: 2 }] as never, /'upstreams\[0\]\.wieght'.*Did you mean 'weight'/],
  ]
  for (const [fault, reason] of wrong) {
    let calls = 0
    const { discovery, heard } = polled(() => (calls++ === 1 ? fault() : ['http://a']))

    await turn()
    await discovery.refresh()
    await discovery.refresh()

    assert.deepEqual(heard.events, ['list', 'failed', 'recovered'])
    assert.match(heard.failures[0]?.message ?? '', reason)
    discovery.close()
  }
})

test('a function that hangs is given up after 5 s, told so by its signal, and not called again before it came back', async () => {
  const gates: PromiseWithResolvers<string[]>[] = []
  const signals: AbortSignal[] = []
  const { clock, discovery, heard } = polled((signal) => {
    signals.push(signal)
    const gate = Promise.withResolvers<string[]>()
    gates.push(gate)
    return gate.promise
  })

  await turn()
  clock.advance(4999)
  await turn()
  assert.equal(signals[0]?.aborted, false)
  clock.advance(1)
  await turn()
  assert.equal(signals[0]?.aborted, true)
  assert.match(heard.failures[0]?.message ?? '', /no answer within 5000 ms/)
  for (let i = 0; i < 5; i++) {
    clock.advance(10_000)
    await turn()
  }
  assert.equal(gates.length, 1)

  gates[0]?.resolve(['http://late'])
  await turn()
  assert.deepEqual(heard.lists, [])
  clock.advance(10_000)
  await turn()
  gates[1]?.resolve(['http://a'])
  await turn()

  assert.deepEqual(heard.events, ['failed', 'list', 'recovered'])
  assert.deepEqual(heard.last, ['http://a'])
  discovery.close()
})

test('close aborts the call that is out and leaves no timer', async () => {
  let aborted = false
  const { clock, discovery, heard } = polled(
    (signal) =>
      new Promise(() =>
        signal.addEventListener('abort', () => {
          aborted = true
        }),
      ),
  )
  await turn()

  discovery.close()
  assert.equal(clock.pending, 0)
  await turn()

  assert.deepEqual({ aborted, pending: clock.pending, events: heard.events }, { aborted: true, pending: 0, events: [] })
})

test('what the function keeps and changes later does not change the list', async () => {
  const mine = { url: 'http://a', weight: 1 }
  const { discovery, heard } = polled(() => [mine])
  await turn()

  mine.weight = 7

  assert.deepEqual(heard.lists[0], [{ url: 'http://a', weight: 1 }])
  await discovery.refresh()
  assert.equal(heard.lists.length, 2)
  discovery.close()
})
