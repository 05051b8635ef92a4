import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { balance } from '../../src/balance/balance.ts'
import { createPool } from '../../src/balance/pool.ts'
import { ProxyError } from '../../src/contract/errors.ts'
import {
  type Dispatch,
  type DispatchController,
  type DispatchOptions,
  idleController,
} from '../../src/contract/layer.ts'
import type { LeaseOutcome, Pool, Upstream } from '../../src/contract/pool.ts'
import { exchangeWith, upstreamWith } from '../http/exchange-with.ts'
import { startOrigin, startProxy } from '../support/app.ts'
import { Recorder } from '../support/recorder.ts'
import { until } from '../support/until.ts'
import { answerHeads, deadPort, listenWire } from '../support/wire.ts'

const a = upstreamWith({ name: 'a' })
const b = upstreamWith({ name: 'b' })

/** A pool that writes down what is given back. */
function notingPool(upstreams: readonly Upstream[]): { pool: Pool; outcomes: [string, LeaseOutcome][] } {
  const outcomes: [string, LeaseOutcome][] = []
  const pool: Pool = {
    name: 'noting',
    upstreams,
    pick({ tried }) {
      const upstream = upstreams.find((one) => !tried.includes(one))
      if (upstream === undefined) return undefined
      return { upstream, release: (outcome) => outcomes.push([upstream.name, outcome]) }
    },
  }
  return { pool, outcomes }
}

function run(dispatch: Dispatch, options: Partial<DispatchOptions>): Promise<Recorder> {
  const recorder = new Recorder()
  balance()(dispatch)({ path: '/', method: 'GET', headers: [], ...options } as DispatchOptions, recorder)
  return recorder.over
}

/** Answers for some upstreams, makes no connection to the others. */
function answeringFor(names: readonly string[], sent: string[]): Dispatch {
  return ({ upstream, headers }, handler) => {
    const name = (upstream as Upstream).name
    sent.push(name)
    if (!names.includes(name)) {
      handler.onResponseError?.(idleController, new ProxyError('SP_CONNECT_REFUSED'))
      return true
    }
    const controller = { ...idleController, rawHeaders: headers } as DispatchController
    handler.onRequestStart?.(controller, null)
    handler.onResponseStart?.(controller, 204, {})
    handler.onResponseEnd?.(controller, {})
    return true
  }
}

test('without a pool, or with an upstream picked already, the call passes untouched', () => {
  const seen: DispatchOptions[] = []
  const dispatch = balance()((options) => {
    seen.push(options)
    return true
  })
  const plain = { path: '/', method: 'GET' } as DispatchOptions
  const picked = { path: '/', method: 'GET', pool: notingPool([a]).pool, upstream: b } as DispatchOptions

  dispatch(plain, {})
  dispatch(picked, {})

  assert.equal(seen[0], plain)
  assert.equal(seen[1], picked)
})

test('a connection that cannot be made moves on; the facts say where it went', async () => {
  const { pool, outcomes } = notingPool([a, b])
  const exchange = exchangeWith({})
  const sent: string[] = []

  const { status } = await run(answeringFor(['b'], sent), { pool, exchange })

  assert.equal(status, 204)
  assert.deepEqual(sent, ['a', 'b'])
  assert.deepEqual([exchange.facts.attempts, exchange.facts.upstream, exchange.upstream], [2, 'b', b])
  assert.deepEqual(
    outcomes.map(([name, { ok, connectFailed }]) => [name, ok, connectFailed]),
    [
      ['a', false, true],
      ['b', true, false],
    ],
  )
})

test('when none can be reached the last failure is told, once', async () => {
  const { pool, outcomes } = notingPool([a, b])

  const { error, calls } = await run(answeringFor([], []), { pool })

  assert.equal(error?.code, 'SP_CONNECT_REFUSED')
  assert.deepEqual(calls, ['error'])
  assert.equal(outcomes.length, 2)
})

test('a pool where nothing is ready: SP_NO_UPSTREAM, and no attempt', async () => {
  const { pool } = notingPool([])
  const exchange = exchangeWith({})

  const { error } = await run(answeringFor([], []), { pool, exchange })

  assert.equal(error?.code, 'SP_NO_UPSTREAM')
  assert.equal(exchange.facts.attempts, 0)
})

test('once the request has started nothing moves on', async () => {
  const { pool, outcomes } = notingPool([a, b])
  let calls = 0

  const { error } = await run(
    (_options, handler) => {
      calls++
      handler.onRequestStart?.(idleController, null)
      handler.onResponseError?.(idleController, new ProxyError('SP_UPSTREAM_RESET'))
      return true
    },
    { pool },
  )

  assert.equal(error?.code, 'SP_UPSTREAM_RESET')
  assert.equal(calls, 1)
  assert.deepEqual(
    outcomes.map(([name, { ok, connectFailed }]) => [name, ok, connectFailed]),
    [['a', false, false]],
  )
})

test('fields that depend on the upstream are made for each attempt, from the same fields', async () => {
  const { pool } = notingPool([a, b])

  const { raw } = await run(answeringFor(['b'], []), {
    pool,
    headers: ['x', 'y'],
    atUpstream: (fields, upstream) => [...fields, 'host', upstream.name],
  })

  assert.deepEqual(raw, ['x', 'y', 'host', 'b'])
})

test('over real sockets: a POST moves on from a dead upstream with its content whole', async (t) => {
  const bodies: string[] = []
  const origin = await startOrigin(t, async (request, response) => {
    bodies.push(await text(request))
    response.end('ok')
  })
  const proxy = await startProxy(t, {
    reverse: { upstream: [`http://127.0.0.1:${await deadPort()}`, origin.url] },
  })
  const content = 'x'.repeat(200_000)

  for (let i = 0; i < 4; i++) {
    const response = await fetch(proxy.url, { method: 'POST', body: content })
    assert.equal(response.status, 200)
  }

  await until(() => proxy.settled.length === 4, 'all settled')
  assert.deepEqual(new Set(bodies), new Set([content]))
  assert.deepEqual(new Set(proxy.settled.map(({ facts }) => facts.attempts)), new Set([1, 2]))
})

test('over real sockets: what has been sent to one upstream is never sent to another', async (t) => {
  const heads: string[] = []
  const breaking = await listenWire(t, (wire) =>
    answerHeads(wire, (head) => {
      heads.push(head)
      wire.socket.destroy()
      return ''
    }),
  )
  const origin = await startOrigin(t, (request, response) => {
    heads.push(request.url as string)
    response.end('ok')
  })
  const proxy = await startProxy(t, { reverse: { upstream: [breaking.url, origin.url] } })
  const statuses: number[] = []

  for (let i = 0; i < 4; i++) statuses.push((await fetch(`${proxy.url}/${i}`, { method: 'POST', body: 'x' })).status)

  assert.deepEqual(statuses.toSorted(), [200, 200, 502, 502])
  assert.equal(heads.length, 4)
})

test('createPool serves the layer', async () => {
  const pool = createPool('both', [a, upstreamWith({ name: 'b', port: 3001 })], { random: () => 0 })
  const sent: string[] = []
  const dispatch = answeringFor(['a', 'b'], sent)

  for (let i = 0; i < 4; i++) await run(dispatch, { pool })

  assert.deepEqual(sent, ['a', 'b', 'a', 'b'])
})
