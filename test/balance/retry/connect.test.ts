import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { ProxyError } from '../../../src/contract/errors.ts'
import { type DispatchController, idleController } from '../../../src/contract/layer.ts'
import { exchangeWith, upstreamWith } from '../../http/exchange-with.ts'
import { deadPort } from '../../support/wire.ts'
import { gateOver, gateTo, policyWith, Scripted, startOrigin, tinyPool } from './gate.ts'

const dead = async (): Promise<string> => `http://127.0.0.1:${await deadPort()}`
const refused = (): ProxyError => new ProxyError('SP_CONNECT_REFUSED')
const causeOf = (error: Error | undefined): unknown => (error?.cause as ProxyError | undefined)?.code
const named = (...names: string[]) => names.map((name) => upstreamWith({ name }))

test('a connection that cannot be made moves on, whatever the method, content and all', async (t) => {
  const bodies: string[] = []
  const origin = await startOrigin(t, async (request, response) => {
    bodies.push(await text(request))
    response.end('ok')
  })
  const gate = gateTo(t, [await dead(), await dead(), origin.url], { attempts: 0, on: new Set() })
  const content = 'x'.repeat(300_000)

  for (const method of ['POST', 'PATCH', 'PUT']) {
    const body = Readable.from([Buffer.from(content.slice(0, 1000)), Buffer.from(content.slice(1000))])
    const sender = await gate.ask({ method, body }).over

    assert.deepEqual([sender.error, sender.status], [undefined, 200])
  }

  assert.deepEqual(bodies, [content, content, content])
  assert.deepEqual(gate.pool.log.slice(0, 6), [
    'a picked',
    'a SP_CONNECT_REFUSED',
    'b picked',
    'b SP_CONNECT_REFUSED',
    'c picked',
    'c 200',
  ])
  assert.equal(gate.pool.active, 0)
})

test('an HTTP/2 upstream that cannot be reached gives a POST on, its content untouched', async (t) => {
  const origin = await startOrigin(t, async (request, response) => response.end(await text(request)))
  const scripted = gateTo(t, [await dead(), origin.url])
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  // It speaks HTTP/1 only: the greeting fails, and nothing was sent.
  const wrong = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const gate = gateTo(t, [wrong], {}, { http2: true })
  const pool = tinyPool([...gate.pool.upstreams, ...scripted.pool.upstreams.slice(1)])

  const sender = await gate.ask({ pool, method: 'POST', body: Readable.from([Buffer.from('content')]) }).over

  assert.equal(sender.error, undefined)
  assert.equal(sender.body, 'content')
})

test('when none of several can be reached it is 503, with the last failure as the cause and a time to come back', async (t) => {
  const gate = gateTo(t, [await dead(), await dead()])

  const { error, calls } = await gate.ask().over

  assert.ok(error instanceof ProxyError)
  assert.deepEqual([error.code, error.status, error.retryAfter], ['SP_NO_UPSTREAM', 503, 1])
  assert.equal((error.cause as ProxyError).code, 'SP_CONNECT_REFUSED')
  assert.deepEqual(calls, ['error'])
})

test('the only upstream of a pool keeps its own error', async (t) => {
  const gate = gateTo(t, [await dead()])

  const { error } = await gate.ask().over

  assert.equal(error?.code, 'SP_CONNECT_REFUSED')
})

test('a pool with nothing ready is 503, and no attempt', async (t) => {
  const gate = gateTo(t, [])

  const { error } = await gate.ask().over

  assert.equal(error?.code, 'SP_NO_UPSTREAM')
  assert.deepEqual(gate.pool.log, [])
})

test('an upstream that is not ready is not waited for once the others have failed', async () => {
  const [a, b] = named('a', 'b')
  const pool = tinyPool([a as never])
  const transport = new Scripted()
  const gate = gateOver(transport.dispatch, Object.assign(pool, { upstreams: [a, b] }))

  const sender = gate.ask()
  transport.calls[0]?.handler.onResponseError?.(idleController, refused())

  assert.equal((await sender.over).error?.code, 'SP_NO_UPSTREAM')
  assert.equal(causeOf((await sender.over).error), 'SP_CONNECT_REFUSED')
})

test('no more than ten connections are tried for one exchange', async () => {
  const transport = new Scripted()
  const pool = tinyPool(named(...Array.from({ length: 20 }, (_, i) => `u${i}`)))
  const sender = gateOver(transport.dispatch, pool).ask()

  for (let i = 0; i < transport.calls.length; i++) {
    transport.calls[i]?.handler.onResponseError?.(idleController, refused())
  }

  assert.equal(transport.calls.length, 10)
  assert.equal((await sender.over).error?.code, 'SP_NO_UPSTREAM')
})

test('a transport that is full counts as one that cannot be reached', async () => {
  const transport = new Scripted()
  gateOver(transport.dispatch, tinyPool(named('a', 'b'))).ask()

  transport.calls[0]?.handler.onResponseError?.(idleController, new ProxyError('SP_NO_UPSTREAM', '4096 are open'))

  assert.deepEqual(
    transport.calls.map(({ name }) => name),
    ['a', 'b'],
  )
})

test('what this proxy or the client has brought about goes nowhere else', async () => {
  for (const code of ['SP_CLIENT_GONE', 'SP_SHUTDOWN', 'SP_INTERNAL', 'SP_BAD_FIELD'] as const) {
    const transport = new Scripted()
    const sender = gateOver(transport.dispatch, tinyPool(named('a', 'b'))).ask()

    transport.calls[0]?.handler.onResponseError?.(idleController, new ProxyError(code))

    assert.equal(transport.calls.length, 1, code)
    assert.equal((await sender.over).error?.code, code)
  }
})

test('a client that has left is worth no further attempt', async () => {
  const transport = new Scripted()
  const exchange = exchangeWith({})
  const sender = gateOver(transport.dispatch, tinyPool(named('a', 'b'))).ask({ exchange })

  exchange.leave()
  transport.calls[0]?.handler.onResponseError?.(idleController, refused())

  await sender.over
  assert.equal(transport.calls.length, 1)
})

test('content that someone has begun to read is not sent', async () => {
  const transport = new Scripted()
  const body = Readable.from([Buffer.from('content')])
  const sender = gateOver(transport.dispatch, tinyPool(named('a', 'b'))).ask({ method: 'POST', body })

  body.resume()
  transport.calls[0]?.handler.onResponseError?.(idleController, refused())

  await sender.over
  assert.equal(transport.calls.length, 1)
})

test('an upgrade moves on from a failed connection, and from nothing else', async () => {
  const transport = new Scripted()
  const policy = policyWith({ on: new Set(['reset', '503']) })
  const sender = gateOver(transport.dispatch, tinyPool(named('a', 'b', 'c'), policy)).ask({ upgrade: 'websocket' })
  const controller: DispatchController = { ...idleController, rawHeaders: [] }

  transport.calls[0]?.handler.onResponseError?.(idleController, refused())
  transport.calls[1]?.handler.onRequestStart?.(controller, null)
  const reset = Object.assign(new ProxyError('SP_UPSTREAM_RESET'), { unprocessed: true, refused: true })
  transport.calls[1]?.handler.onResponseError?.(controller, reset)

  assert.equal((await sender.over).error, reset)
  assert.equal(transport.calls.length, 2)
})

test('a layer inside that throws in a later attempt ends the exchange, not the process', async () => {
  let calls = 0
  const failing = gateOver(
    (_options, handler) => {
      if (++calls === 2) throw new Error('a fault of the layer')
      setImmediate(() => handler.onResponseError?.(idleController, refused()))
      return true
    },
    tinyPool(named('a', 'b', 'c')),
  )

  const { error } = await failing.ask().over

  assert.equal(error?.code, 'SP_INTERNAL')
  assert.ok(error?.cause instanceof Error)
  assert.equal(error.cause.message, 'a fault of the layer')
  assert.equal(failing.pool.active, 0)
})

test('the facts count every attempt, and name the last upstream', async (t) => {
  const origin = await startOrigin(t, (_, response) => response.end('ok'))
  const gate = gateTo(t, [await dead(), origin.url])
  const exchange = exchangeWith({})

  await gate.ask({ exchange }).over

  assert.deepEqual([exchange.facts.attempts, exchange.facts.upstream], [2, 'b'])
  assert.equal(exchange.upstream, gate.pool.upstreams[1])
})
