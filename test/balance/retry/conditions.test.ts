import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { createRetryBudget } from '../../../src/balance/retry/budget.ts'
import { ProxyError } from '../../../src/contract/errors.ts'
import { type DispatchController, idleController } from '../../../src/contract/layer.ts'
import type { RetryCondition } from '../../../src/contract/pool.ts'
import { exchangeWith, upstreamWith } from '../../http/exchange-with.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { until } from '../../support/until.ts'
import { answerHeads, listenWire } from '../../support/wire.ts'
import { type Gate, gateOver, gateTo, Scripted, startOrigin, tinyPool } from './gate.ts'

/** An origin on a bare socket that answers every head with the same, and breaks the connection where that is `''`. */
async function saying(
  t: TestContext,
  answer: string,
  after: 'end' | 'stay' = 'stay',
): Promise<{ url: string; heads: string[] }> {
  const heads: string[] = []
  const { url } = await listenWire(t, (wire) =>
    answerHeads(wire, (head) => {
      heads.push(head.split(' HTTP')[0] as string)
      if (answer === '') wire.socket.destroy()
      else if (after === 'end') wire.socket.end(answer)
      return after === 'end' ? '' : answer
    }),
  )
  return { url, heads }
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const busy = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nRetry-After: 7\r\n\r\nbusy'

test('a GET whose connection breaks before the answer goes to another upstream', async (t) => {
  const [bad, good] = [await saying(t, ''), await saying(t, ok)]
  const gate = gateTo(t, [bad.url, good.url])

  const { error, status, calls } = await gate.ask().over

  assert.deepEqual([error, status], [undefined, 200])
  assert.deepEqual([bad.heads.length, good.heads.length], [1, 1])
  assert.deepEqual(calls, ['start', 'start', 'head', 'data', 'end'])
  assert.deepEqual(gate.pool.log, ['a picked', 'a SP_UPSTREAM_RESET', 'b picked', 'b 200', 'b released'])
})

for (const method of ['POST', 'PATCH', 'PURGE']) {
  test(`${method} is not sent again after a reset, with content or without`, async (t) => {
    const [bad, good] = [await saying(t, ''), await saying(t, ok)]
    const gate = gateTo(t, [bad.url, good.url], { on: new Set(['reset', 'timeout', '5xx']) })

    for (const body of [null, 'x'])
      assert.equal((await gate.ask({ method, body }).over).error?.code, 'SP_UPSTREAM_RESET')

    assert.deepEqual([bad.heads.length, good.heads.length], [2, 0])
  })
}

test('no condition, no retry: a reset is told', async (t) => {
  const [bad, good] = [await saying(t, ''), await saying(t, ok)]
  const gate = gateTo(t, [bad.url, good.url], { on: new Set() })

  const { error } = await gate.ask().over

  assert.equal(error?.code, 'SP_UPSTREAM_RESET')
  assert.equal(good.heads.length, 0)
})

test('an answer that breaks off is never asked for again', async (t) => {
  const bad = await saying(t, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'end')
  const good = await saying(t, ok)
  const gate = gateTo(t, [bad.url, good.url], { on: new Set(['reset', 'timeout', '5xx']) })

  const { error, status, body } = await gate.ask().over

  assert.ok(error !== undefined)
  assert.deepEqual([status, body], [200, 'half'])
  assert.equal(good.heads.length, 0)
})

test('503 then 200: the client sees the 200 alone, and the first connection serves again', async (t) => {
  const connections = new Set<object>()
  const first = await listenWire(t, (wire) => {
    connections.add(wire)
    answerHeads(wire, () => busy)
  })
  const good = await saying(t, ok)
  const gate = gateTo(t, [first.url, good.url], { on: new Set(['503']) })

  for (let i = 0; i < 5; i++) {
    const { error, status, body, calls } = await gate.ask().over

    assert.deepEqual([error, status, body], [undefined, 200, 'ok'])
    assert.deepEqual(calls, ['start', 'start', 'head', 'data', 'end'])
    await until(() => gate.pool.active === 0, 'the rest of the 503 read')
  }

  assert.equal(connections.size, 1)
  assert.deepEqual(gate.pool.log.slice(0, 2), ['a picked', 'a 503'])
  assert.ok(!gate.pool.log.some((line) => line.includes('SP_')), 'an answer that was dropped is no failure')
})

test('a 503 without an end in sight is cut off, and blamed on nobody', async (t) => {
  const endless = await listenWire(t, (wire) =>
    answerHeads(wire, () => 'HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbusy\r\n'),
  )
  const good = await saying(t, ok)
  const gate = gateTo(t, [endless.url, good.url], { on: new Set(['5xx']) })

  const { status } = await gate.ask().over

  assert.equal(status, 200)
  await endless.wires[0]?.ended()
  assert.ok(gate.pool.log.includes('a released'))
  assert.equal(gate.pool.active, 0)
})

const cases: [RetryCondition, number, boolean][] = [
  ['5xx', 500, true],
  ['5xx', 599, true],
  ['5xx', 429, false],
  ['5xx', 404, false],
  ['429', 429, true],
  ['502', 502, true],
  ['502', 500, false],
  ['503', 504, false],
  ['504', 504, true],
]

for (const [condition, status, again] of cases) {
  test(`'${condition}' and an answer of ${status}: ${again ? 'another attempt' : 'the answer passes'}`, async (t) => {
    const first = await saying(t, `HTTP/1.1 ${status} X\r\nContent-Length: 1\r\n\r\nx`)
    const good = await saying(t, ok)
    const gate = gateTo(t, [first.url, good.url], { on: new Set([condition]) })

    const sender = await gate.ask().over

    assert.equal(sender.status, again ? 200 : status)
  })
}

test('when the upstreams or the attempts are used up the last answer passes as it is', async (t) => {
  const busies = [await saying(t, busy), await saying(t, busy), await saying(t, busy)]
  const urls = busies.map(({ url }) => url)

  for (const [count, attempts, tried] of [
    [2, 5, 2],
    [3, 1, 2],
    [3, 0, 1],
    [1, 5, 1],
  ] as const) {
    const gate = gateTo(t, urls.slice(0, count), { attempts, on: new Set(['503']) })

    const { status, body, headers } = await gate.ask().over

    assert.deepEqual([status, body, headers['retry-after']], [503, 'busy', '7'])
    assert.equal(gate.pool.log.filter((line) => line.endsWith('picked')).length, tried)
  }
})

test('a 503 to a POST passes: it may have done its work', async (t) => {
  const [first, good] = [await saying(t, busy), await saying(t, ok)]
  const gate = gateTo(t, [first.url, good.url], { on: new Set(['503']) })

  const { status } = await gate.ask({ method: 'POST' }).over

  assert.equal(status, 503)
  assert.equal(good.heads.length, 0)
})

test('an empty budget stops retries, and each gives its place back at its end', async (t) => {
  const [bad, good] = [await saying(t, busy), await saying(t, ok)]
  const budget = createRetryBudget({ ratio: 0, minimum: 1 }, () => 0)
  const gate = gateTo(t, [bad.url, good.url], { on: new Set(['503']), budget })

  assert.equal(budget.take(), true)
  const denied = await gate.ask().over
  budget.release()
  const one = await gate.ask().over
  const two = await gate.ask().over

  assert.deepEqual([denied.status, one.status, two.status], [503, 200, 200])
  assert.equal(budget.take(), true)
  assert.equal(budget.take(), false)
})

test('each further attempt asks the budget anew: when the load has gone, the retries go too', async (t) => {
  const all = [await saying(t, busy), await saying(t, busy), await saying(t, busy)]
  let active = 0
  const inner = createRetryBudget({ ratio: 1, minimum: 0 }, () => active)
  const budget = {
    take() {
      const taken = inner.take()
      active = 0
      return taken
    },
    release: () => inner.release(),
  }
  const gate = gateTo(
    t,
    all.map(({ url }) => url),
    { on: new Set(['503']), budget },
  )

  active = 1
  const { status } = await gate.ask().over

  assert.equal(status, 503)
  assert.deepEqual(
    all.map(({ heads }) => heads.length),
    [1, 1, 0],
  )
  active = 1
  assert.equal(inner.take(), true, 'nothing is held any more')
})

test('a failed connection needs no budget', async (t) => {
  const good = await saying(t, ok)
  const budget = createRetryBudget({ ratio: 0, minimum: 0 }, () => 0)
  const gate = gateTo(t, ['http://127.0.0.1:1', good.url], { budget })

  assert.equal((await gate.ask().over).status, 200)
})

test('with a per-try timeout a silent upstream is left for another', async (t) => {
  const silent = await listenWire(t, () => {})
  const good = await saying(t, ok)
  const gate = gateTo(t, [silent.url, good.url], { on: new Set(['timeout']), perTryTimeout: 50 })

  const { error, status } = await gate.ask({ headersTimeout: 10_000 }).over

  assert.deepEqual([error, status], [undefined, 200])
  assert.deepEqual(gate.pool.log.slice(0, 2), ['a picked', 'a SP_UPSTREAM_TIMEOUT'])
})

/** Over a scripted transport and a fake clock. */
function scripted(policy: Parameters<typeof tinyPool>[1]): {
  gate: Gate
  transport: Scripted
  clock: ReturnType<typeof fakeClock>
} {
  const transport = new Scripted()
  const clock = fakeClock()
  const pool = tinyPool(
    ['a', 'b', 'c', 'd'].map((name) => upstreamWith({ name })),
    policy,
  )
  return { gate: gateOver(transport.dispatch, pool, clock), transport, clock }
}

const standing = (): DispatchController => ({ ...idleController, rawHeaders: [] })

test('all attempts together keep to the first-byte timeout', async () => {
  const { gate, transport, clock } = scripted({ attempts: 5, on: new Set(['timeout']), perTryTimeout: 400 })
  const sender = gate.ask({ headersTimeout: 1000 })

  for (const takes of [400, 400, 200]) {
    const call = transport.calls.at(-1)
    assert.equal(call?.options.headersTimeout, takes)
    call?.handler.onRequestStart?.(standing(), null)
    clock.advance(takes)
    call?.handler.onResponseError?.(idleController, new ProxyError('SP_UPSTREAM_TIMEOUT'))
  }

  assert.equal((await sender.over).error?.code, 'SP_UPSTREAM_TIMEOUT')
  assert.equal(transport.calls.length, 3)
})

test('a POST keeps the whole first-byte timeout: it has one attempt', () => {
  const { gate, transport } = scripted({ on: new Set(['timeout']), perTryTimeout: 400 })

  gate.ask({ method: 'POST', headersTimeout: 1000 })

  assert.equal(transport.calls[0]?.options.headersTimeout, 1000)
})

test('after an interim answer another attempt is allowed, and its own interim answers are not said twice', async () => {
  const { gate, transport } = scripted({ on: new Set(['reset']) })
  const sender = gate.ask()
  const early = { ...idleController, rawHeaders: ['Link', '</a.css>'] } as unknown as DispatchController

  for (const { handler } of [transport.calls[0]!]) {
    handler.onRequestStart?.(early, null)
    handler.onResponseStart?.(early, 103, {})
    handler.onResponseStart?.(early, 103, {})
    handler.onResponseError?.(early, new ProxyError('SP_UPSTREAM_RESET'))
  }
  transport.calls[1]?.handler.onRequestStart?.(early, null)
  transport.calls[1]?.handler.onResponseStart?.(early, 103, {})
  transport.calls[1]?.handler.onResponseStart?.(early, 200, {})
  transport.calls[1]?.handler.onResponseEnd?.(early, {})

  assert.deepEqual((await sender.over).calls, ['start', 'interim', 'interim', 'start', 'head', 'end'])
})

test('a client that has left, or a call that was aborted, is not tried again', async () => {
  for (const how of ['gone', 'aborted']) {
    const { gate, transport } = scripted({ on: new Set(['reset']) })
    const exchange = exchangeWith({})
    const sender = gate.ask({ exchange })

    transport.calls[0]?.handler.onRequestStart?.(standing(), null)
    if (how === 'gone') exchange.leave()
    const controller = { ...standing(), aborted: how === 'aborted' }
    transport.calls[0]?.handler.onResponseError?.(controller, new ProxyError('SP_UPSTREAM_RESET'))

    await sender.over
    assert.equal(transport.calls.length, 1, how)
  }
})

test('content that streams and is not kept is sent once', async () => {
  const { gate, transport } = scripted({ on: new Set(['reset', '503']) })
  const sender = gate.ask({ method: 'PUT', body: Readable.from([Buffer.from('x')]) })

  transport.calls[0]?.handler.onRequestStart?.(standing(), null)
  transport.calls[0]?.handler.onResponseError?.(standing(), new ProxyError('SP_UPSTREAM_RESET'))

  assert.equal((await sender.over).error?.code, 'SP_UPSTREAM_RESET')
  assert.equal(transport.calls.length, 1)
})

test('the second failure is the one that is told', async () => {
  const { gate, transport } = scripted({ attempts: 1, on: new Set(['reset', 'timeout']) })
  const sender = gate.ask()

  for (const code of ['SP_UPSTREAM_RESET', 'SP_UPSTREAM_TIMEOUT'] as const) {
    transport.calls.at(-1)?.handler.onRequestStart?.(standing(), null)
    transport.calls.at(-1)?.handler.onResponseError?.(standing(), new ProxyError(code))
  }

  assert.equal((await sender.over).error?.code, 'SP_UPSTREAM_TIMEOUT')
})

test('after a reset, upstreams that cannot be reached do not hide that one was: no 503', async () => {
  const { gate, transport } = scripted({ attempts: 1, on: new Set(['reset']) })
  const sender = gate.ask()

  transport.calls[0]?.handler.onRequestStart?.(standing(), null)
  transport.calls[0]?.handler.onResponseError?.(standing(), new ProxyError('SP_UPSTREAM_RESET'))
  for (let i = 1; i < transport.calls.length; i++) {
    transport.calls[i]?.handler.onResponseError?.(idleController, new ProxyError('SP_CONNECT_REFUSED'))
  }

  assert.equal((await sender.over).error?.code, 'SP_CONNECT_REFUSED')
  assert.equal(transport.calls.length, 4)
})

test('the route has the last word: its policy goes before the one of the pool', async (t) => {
  const [first, good] = [await startOrigin(t, (_, response) => response.writeHead(503).end()), await saying(t, ok)]
  const gate = gateTo(t, [first.url, good.url], { on: new Set(['503']) })

  const own = await gate.ask({ retry: { ...gate.pool.retry, on: new Set() } }).over

  assert.equal(own.status, 503)
})
