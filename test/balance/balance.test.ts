import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { balance } from '../../src/balance/balance.ts'
import type { LivePool } from '../../src/balance/pool.ts'
import { ProxyError } from '../../src/contract/errors.ts'
import {
  type Dispatch,
  type DispatchController,
  type DispatchHandler,
  type DispatchOptions,
  idleController,
} from '../../src/contract/layer.ts'
import type { Upstream } from '../../src/contract/pool.ts'
import { exchangeWith } from '../http/exchange-with.ts'
import { Recorder } from '../support/recorder.ts'
import { poolBed, urls } from './pool-bed.ts'

const controller = { ...idleController, rawHeaders: [] } as DispatchController

/** The layer over a transport where the test says what happens. */
function bedWith(options: Parameters<typeof poolBed>[0]) {
  const bed = poolBed(options)
  const sent: { readonly options: DispatchOptions; readonly handler: DispatchHandler }[] = []
  const layer = balance({ clock: bed.clock })
  const dispatch = layer((options, handler) => {
    sent.push({ options, handler })
    return true
  })
  return {
    ...bed,
    sent,
    layer,
    ask(more: Partial<DispatchOptions> = {}): Recorder {
      const recorder = new Recorder()
      dispatch({ path: '/', method: 'GET', headers: [], pool: bed.pool, ...more } as DispatchOptions, recorder)
      return recorder
    },
  }
}

function answer(handler: DispatchHandler | undefined, status: number): void {
  handler?.onRequestStart?.(controller, null)
  handler?.onResponseStart?.(controller, status, {})
}

const activeOf = (pool: LivePool): number => pool.list().reduce((sum, { active }) => sum + active, 0)

test('without a pool, or with an upstream picked already, the call passes untouched', () => {
  const { pool, layer } = bedWith({ upstreams: urls(1) })
  const seen: DispatchOptions[] = []
  const dispatch = layer((options) => {
    seen.push(options)
    return true
  })
  const plain = { path: '/', method: 'GET' } as DispatchOptions
  const picked = { path: '/', method: 'GET', pool, upstream: pool.upstreams[0] } as DispatchOptions

  dispatch(plain, {})
  dispatch(picked, {})

  assert.equal(seen[0], plain)
  assert.equal(seen[1], picked)
})

test('an attempt holds a place from the pick to the end of the answer; the facts say where', () => {
  const { pool, ask, sent } = bedWith({ upstreams: urls(1) })
  const exchange = exchangeWith({})
  const picked: Upstream[] = []

  const recorder = ask({ exchange, picked })
  answer(sent[0]?.handler, 200)
  assert.equal(activeOf(pool), 1)
  sent[0]?.handler.onResponseEnd?.(controller, {})

  assert.equal(activeOf(pool), 0)
  assert.deepEqual(recorder.calls, ['start', 'head', 'end'])
  assert.equal(sent[0]?.options.upstream, pool.upstreams[0])
  assert.deepEqual(picked, pool.upstreams)
  assert.equal(exchange.upstream, pool.upstreams[0])
  const { attempts, upstream, pool: name } = exchange.facts
  assert.deepEqual({ attempts, upstream, name }, { attempts: 1, upstream: 'a:80', name: 'test' })
})

test('nobody ready: 503 with Retry-After, no attempt', () => {
  const { pool, ask, sent } = bedWith({ upstreams: urls(1) })
  pool.drain('a:80')
  const exchange = exchangeWith({})

  const { error, calls } = ask({ exchange })

  assert.deepEqual(calls, ['error'])
  assert.ok(error instanceof ProxyError)
  assert.deepEqual([error.code, error.retryAfter], ['SP_NO_UPSTREAM', 1])
  assert.equal(exchange.facts.attempts, 0)
  assert.equal(exchange.facts.pool, 'test', 'the log says which pool had nobody')
  assert.equal(sent.length, 0)
})

/** What ends an attempt, and what the pool is told of its upstream. */
const ends: readonly [what: string, error: Error, blamed: boolean][] = [
  ['a reset', new ProxyError('SP_UPSTREAM_RESET'), true],
  ['a refused connection', new ProxyError('SP_CONNECT_REFUSED'), true],
  ['a timeout', new ProxyError('SP_UPSTREAM_TIMEOUT'), true],
  ['an answer that cannot be understood', new ProxyError('SP_UPSTREAM_PROTOCOL'), true],
  ['a client that left', new ProxyError('SP_CLIENT_GONE'), false],
  ['an upload that is too large', new ProxyError('SP_BODY_TOO_LARGE'), false],
  ['the total timeout', new ProxyError('SP_TOTAL_TIMEOUT'), false],
  [
    'a connection that was closed while idle',
    Object.assign(new ProxyError('SP_UPSTREAM_RESET'), { unprocessed: true }),
    false,
  ],
  ['a mistake of our own', new TypeError('x is not a function'), false],
]

for (const [what, error, blamed] of ends) {
  test(`${what} ${blamed ? 'speaks' : 'does not speak'} against the upstream`, () => {
    const { pool, ask, sent } = bedWith({ upstreams: urls(1) })

    const recorder = ask()
    sent[0]?.handler.onResponseError?.(controller, error)

    assert.equal(recorder.error, error)
    assert.equal(pool.list()[0]?.failures, blamed ? 1 : 0)
    assert.equal(activeOf(pool), 0)
  })
}

test('an answer that we find fault with and abort speaks against the upstream', () => {
  const { pool, ask, sent } = bedWith({ upstreams: urls(1) })

  ask()
  answer(sent[0]?.handler, 200)
  sent[0]?.handler.onResponseError?.({ ...controller, aborted: true }, new ProxyError('SP_UPSTREAM_PROTOCOL'))

  assert.equal(pool.list()[0]?.failures, 1)
})

test('interim answers are no answer', () => {
  const { pool, ask, sent, clock } = bedWith({ upstreams: urls(1) })
  ask()
  answer(sent[0]?.handler, 200)
  ask()

  answer(sent[1]?.handler, 103)
  clock.advance(50)
  answer(sent[1]?.handler, 200)

  assert.equal(pool.list()[0]?.latency, 50)
})

test('the first answer of an upstream, on a new connection and cold code, says nothing of its latency', () => {
  const { pool, ask, sent, clock } = bedWith({ upstreams: urls(1) })
  ask()

  clock.advance(900)
  answer(sent[0]?.handler, 200)

  assert.equal(pool.list()[0]?.latency, undefined)
})

test('an upgrade holds its place until its connection closes', async () => {
  const { pool, ask, sent } = bedWith({ upstreams: urls(1), maxRequests: 1 })
  const socket = new PassThrough()
  ask()

  sent[0]?.handler.onRequestUpgrade?.(controller, 101, {}, socket)
  assert.equal(activeOf(pool), 1)
  assert.equal(ask().error?.code, 'SP_NO_UPSTREAM')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.destroy()
  await closed

  assert.equal(activeOf(pool), 0)
})

test('fields that depend on the upstream are made for the one that was picked', () => {
  const { ask, sent } = bedWith({ upstreams: urls(1) })

  ask({ headers: ['x', 'y'], atUpstream: (fields, upstream) => [...fields, 'host', upstream.name] })

  assert.deepEqual(sent[0]?.options.headers, ['x', 'y', 'host', 'a:80'])
})

test('what a layer inside throws goes on up, and the place is free again', () => {
  const { pool, layer } = bedWith({ upstreams: urls(1) })
  const dispatch = layer(() => {
    throw new Error('from inside')
  })

  assert.throws(() => dispatch({ path: '/', method: 'GET', pool } as DispatchOptions, {}), /from inside/)

  assert.equal(activeOf(pool), 0)
})

const queued = { upstreams: urls(1), maxRequests: 1, queue: { size: 5, timeout: 1000 } }

test('who waits is sent when a place comes free; the facts say how long it took', () => {
  const { ask, sent, clock } = bedWith(queued)
  ask()
  const exchange = exchangeWith({})
  const waiting = ask({ exchange })
  assert.equal(sent.length, 1)

  clock.advance(300)
  answer(sent[0]?.handler, 200)
  sent[0]?.handler.onResponseEnd?.(controller, {})
  assert.equal(sent.length, 2)
  answer(sent[1]?.handler, 204)

  assert.equal(waiting.status, 204)
  assert.equal(exchange.facts.queued, 300)
})

test('who waits too long is told 503', () => {
  const { ask, sent, clock } = bedWith(queued)
  ask()
  const exchange = exchangeWith({})
  const waiting = ask({ exchange })

  clock.advance(1000)

  assert.equal(waiting.error?.code, 'SP_NO_UPSTREAM')
  assert.equal(exchange.facts.queued, 1000)
  assert.equal(sent.length, 1)
})

test('a client that leaves leaves the queue, and is told once', () => {
  const { pool, ask, sent, clock } = bedWith(queued)
  ask()
  const exchange = exchangeWith({})
  const waiting = ask({ exchange })

  exchange.leave()
  sent[0]?.handler.onResponseError?.(controller, new ProxyError('SP_CLIENT_GONE'))

  assert.deepEqual(waiting.calls, ['error'])
  assert.equal(waiting.error?.code, 'SP_CLIENT_GONE')
  assert.equal(sent.length, 1)
  assert.equal(activeOf(pool), 0)
  assert.equal(clock.pending, 0)
})

test('a client that has left already does not begin to wait', () => {
  const { ask, clock } = bedWith(queued)
  ask()
  const exchange = exchangeWith({})
  exchange.leave()

  const { error } = ask({ exchange })

  assert.equal(error?.code, 'SP_CLIENT_GONE')
  assert.equal(clock.pending, 0)
})

test('what is thrown for one that waited is told to that one, and not to whoever gave the place back', () => {
  const { pool, layer } = bedWith(queued)
  let calls = 0
  let first: DispatchHandler | undefined
  const inside: Dispatch = (_, handler) => {
    if (++calls > 1) throw new Error('from inside')
    first = handler
    return true
  }
  const dispatch = layer(inside)
  const [one, two] = [new Recorder(), new Recorder()]
  for (const recorder of [one, two]) dispatch({ path: '/', method: 'GET', pool } as DispatchOptions, recorder)

  answer(first, 200)
  first?.onResponseEnd?.(controller, {})

  assert.deepEqual(one.calls, ['start', 'head', 'end'])
  assert.equal(two.error?.message, 'from inside')
  assert.equal(activeOf(pool), 0)
})

test('attack: a listener of `queued` that brings an upstream serves whoever waits; nothing hangs or is lost', () => {
  const { pool, sent, ask } = bedWith({ upstreams: [{ url: urls(1)[0] as string, maxRequests: 1 }], queue: true })
  ask()
  pool.events.on('queued', () => pool.add('http://new'))

  const late = ask({ exchange: exchangeWith({}) })

  assert.equal(sent[1]?.options.upstream?.name, 'new:80')
  answer(sent[1]?.handler, 200)
  sent[1]?.handler.onResponseEnd?.(controller, {})
  assert.equal(late.status, 200)
  assert.equal(activeOf(pool), 1)
})
