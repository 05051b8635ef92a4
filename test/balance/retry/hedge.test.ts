import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createRetryBudget } from '../../../src/balance/retry/budget.ts'
import { ProxyError } from '../../../src/contract/errors.ts'
import { type DispatchController, idleController } from '../../../src/contract/layer.ts'
import { exchangeWith, upstreamWith } from '../../http/exchange-with.ts'
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts'
import { until } from '../../support/until.ts'
import { type Gate, gateOver, gateTo, type policyWith, Scripted, tinyPool } from './gate.ts'

async function origin(
  t: TestContext,
  answer: RequestListener,
): Promise<{ url: string; left: () => number; asked: () => number }> {
  let left = 0
  let asked = 0
  const server = createServer((request, response) => {
    asked++
    response.on('close', () => {
      if (!response.writableFinished) left++
    })
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, left: () => left, asked: () => asked }
}

test('a slow upstream: the second answers, the first is aborted at once', async (t) => {
  const slow = await origin(t, () => {})
  const fast = await origin(t, (_, response) => response.end('fast'))
  const gate = gateTo(t, [slow.url, fast.url], { hedgeAfter: 30 })
  const exchange = exchangeWith({})

  const { status, body, calls } = await gate.ask({ exchange }).over

  assert.deepEqual([status, body], [200, 'fast'])
  assert.deepEqual(calls, ['start', 'head', 'data', 'end'])
  assert.deepEqual([exchange.facts.upstream, exchange.facts.attempts], ['b', 2])
  await until(() => slow.left() === 1, 'the first upstream sees its connection end')
  assert.equal(gate.pool.active, 0)
  assert.ok(!gate.pool.log.some((line) => line.includes('SP_')), 'losing is no failure')
})

test('an upstream that answers in time is the only one', async (t) => {
  const first = await origin(t, (_, response) => response.end('first'))
  const second = await origin(t, (_, response) => response.end('second'))
  const gate = gateTo(t, [first.url, second.url], { hedgeAfter: 2000 })

  const { body } = await gate.ask().over

  assert.equal(body, 'first')
  assert.equal(second.asked(), 0)
})

/** Over a scripted transport and a fake clock: two upstreams, a hedge after 100 ms. */
function race(
  policy: Parameters<typeof policyWith>[0] = {},
  names = ['a', 'b'],
): {
  gate: Gate
  clock: FakeClock
  transport: Scripted
} {
  const transport = new Scripted()
  const clock = fakeClock()
  const pool = tinyPool(
    names.map((name) => upstreamWith({ name })),
    { hedgeAfter: 100, ...policy },
  )
  return { gate: gateOver(transport.dispatch, pool, clock), clock, transport }
}

/** A controller that tells its handler when it is aborted, as a transport's does. */
class Standing implements DispatchController {
  aborted = false
  paused = false
  reason: Error | null = null
  rawHeaders: string[]
  rawTrailers: string[] = []
  readonly #transport: Scripted
  readonly #at: number

  constructor(transport: Scripted, at: number) {
    this.#transport = transport
    this.#at = at
    this.rawHeaders = ['X-From', String(at)]
    transport.calls[at]?.handler.onRequestStart?.(this, null)
  }

  abort(reason: Error): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    this.#handler?.onResponseError?.(this, reason)
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  get #handler() {
    return this.#transport.calls[this.#at]?.handler
  }

  answer(status = 200): void {
    this.#handler?.onResponseStart?.(this, status, {})
    if (status >= 200 && !this.aborted) this.#handler?.onResponseEnd?.(this, {})
  }

  head(): void {
    this.#handler?.onResponseStart?.(this, 200, {})
  }

  fail(code: 'SP_UPSTREAM_RESET' | 'SP_UPSTREAM_TIMEOUT'): void {
    this.#handler?.onResponseError?.(this, new ProxyError(code))
  }
}

test('the first may still win after the second was sent', async () => {
  const { gate, clock, transport } = race()
  const exchange = exchangeWith({})
  const sender = gate.ask({ exchange })
  const first = new Standing(transport, 0)
  clock.advance(100)
  const second = new Standing(transport, 1)

  first.answer()

  const { raw, calls } = await sender.over
  assert.deepEqual(raw, ['X-From', '0'])
  assert.deepEqual(calls, ['start', 'head', 'end'])
  assert.ok(second.aborted)
  assert.equal(exchange.facts.upstream, 'a')
  assert.equal(exchange.upstream?.name, 'a')
  assert.equal(clock.pending, 0)
})

test('when one fails the other decides; when both fail the last error is told', async () => {
  const won = race({ on: new Set() })
  const one = won.gate.ask()
  const first = new Standing(won.transport, 0)
  won.clock.advance(100)
  first.fail('SP_UPSTREAM_RESET')
  new Standing(won.transport, 1).answer()

  const lost = race({ on: new Set() })
  const two = lost.gate.ask()
  const third = new Standing(lost.transport, 0)
  lost.clock.advance(100)
  new Standing(lost.transport, 1).fail('SP_UPSTREAM_TIMEOUT')
  third.fail('SP_UPSTREAM_RESET')

  assert.equal((await one.over).status, 200)
  assert.equal((await two.over).error?.code, 'SP_UPSTREAM_RESET')
  assert.deepEqual((await two.over).calls, ['start', 'error'])
})

test('a failure before the time of the hedge is told at once, and no second is sent', async () => {
  const { gate, clock, transport } = race({ on: new Set() })
  const sender = gate.ask()

  new Standing(transport, 0).fail('SP_UPSTREAM_RESET')

  assert.equal((await sender.over).error?.code, 'SP_UPSTREAM_RESET')
  assert.equal(clock.pending, 0)
})

test('a quick answer that is a condition does not beat the one that still thinks', async () => {
  const { gate, clock, transport } = race({ on: new Set(['503']) })
  const sender = gate.ask()
  const first = new Standing(transport, 0)
  clock.advance(100)
  const second = new Standing(transport, 1)

  second.answer(503)
  first.answer(200)

  const { status, raw } = await sender.over
  assert.deepEqual([status, raw[1]], [200, '0'])
  assert.ok(second.aborted)
})

test('a client that aborts ends both', async () => {
  const { gate, clock, transport } = race()
  const sender = gate.ask()
  const first = new Standing(transport, 0)
  clock.advance(100)
  const second = new Standing(transport, 1)
  const gone = new ProxyError('SP_CLIENT_GONE')

  sender.controller?.abort(gone)

  assert.equal((await sender.over).error, gone)
  assert.deepEqual([first.reason, second.reason], [gone, gone])
  assert.deepEqual((await sender.over).calls, ['start', 'error'])
  assert.equal(clock.pending, 0)
})

test('a client that left while the first was being dialled gets no second, and the first is given up', async () => {
  const { gate, clock, transport } = race()
  const exchange = exchangeWith({})
  gate.ask({ exchange })

  exchange.leave()
  clock.advance(1000)
  transport.calls[0]?.handler.onResponseError?.(idleController, new ProxyError('SP_CONNECT_REFUSED'))

  assert.equal(transport.calls.length, 1)
})

test('one that could not connect while the other has won goes nowhere else', async () => {
  const { gate, clock, transport } = race({}, ['a', 'b', 'c'])
  const sender = gate.ask()
  clock.advance(100)
  new Standing(transport, 1).answer()

  transport.calls[0]?.handler.onResponseError?.(idleController, new ProxyError('SP_CONNECT_REFUSED'))

  assert.equal((await sender.over).status, 200)
  assert.equal(transport.calls.length, 2)
})

test('one whose connection stands when the other has won sends nothing', async () => {
  const { gate, clock, transport } = race()
  const sender = gate.ask()
  clock.advance(100)
  new Standing(transport, 1).answer()

  const late = new Standing(transport, 0)

  assert.ok(late.aborted)
  assert.deepEqual((await sender.over).calls, ['start', 'head', 'end'])
})

test('what the handler holds back is the winner', () => {
  const { gate, clock, transport } = race()
  const sender = gate.ask()
  const first = new Standing(transport, 0)
  clock.advance(100)
  const second = new Standing(transport, 1)
  second.head()

  sender.controller?.pause()

  assert.deepEqual([first.paused, second.paused], [false, true])
  sender.controller?.resume()
  assert.equal(second.paused, false)
})

test('a hedge takes from the budget, and gives back when the race is won', async () => {
  const budget = createRetryBudget({ ratio: 0, minimum: 1 }, () => 0)
  const one = race({ budget })
  const two = race({ budget })
  const first = one.gate.ask()
  const second = two.gate.ask()
  const standing = [new Standing(one.transport, 0), new Standing(two.transport, 0)]

  one.clock.advance(100)
  two.clock.advance(100)
  assert.deepEqual([one.transport.calls.length, two.transport.calls.length], [2, 1])

  for (const each of standing) each.answer()
  await Promise.all([first.over, second.over])
  assert.equal(budget.take(), true)
})

test('only a GET or HEAD without content is hedged, and not an upgrade', () => {
  for (const options of [{ method: 'POST' }, { method: 'PUT' }, { body: 'x' }, { upgrade: 'websocket' }]) {
    const { gate, clock, transport } = race()
    gate.ask(options)
    new Standing(transport, 0)

    clock.advance(1000)

    assert.equal(transport.calls.length, 1, JSON.stringify(options))
  }
})

test('with nobody else in the pool there is no second', () => {
  const { gate, clock, transport } = race({}, ['a'])
  gate.ask()
  new Standing(transport, 0)

  clock.advance(1000)

  assert.equal(transport.calls.length, 1)
})
