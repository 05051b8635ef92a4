import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { retry } from '../../../src/balance/retry/retry.ts'
import { systemClock } from '../../../src/contract/clock.ts'
import { ProxyError } from '../../../src/contract/errors.ts'
import { type Dispatch, type DispatchOptions, idleController } from '../../../src/contract/layer.ts'
import { createTransport } from '../../../src/upstream/transport.ts'
import { Recorder } from '../../support/recorder.ts'
import { answerHeads, listenWire } from '../../support/wire.ts'
import { gateTo } from './gate.ts'

/** A transport under the layer, and how to ask it. */
function retrying(t: TestContext, origin: string): (method: string, path?: string) => Promise<Recorder> {
  const transport = createTransport({ clock: systemClock })
  t.after(() => transport.destroy(new Error('end of the test')))
  const dispatch = retry({ clock: systemClock })(transport.dispatch)
  return (method, path = '/') => {
    const recorder = new Recorder()
    const body = method === 'POST' ? 'x' : null
    dispatch({ origin, path, method, headers: [], body } as unknown as DispatchOptions, recorder)
    return recorder.over
  }
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** An origin that closes a connection when it was idle for 3 ms, as by a timer that runs when our request is on its way. */
async function hastyOrigin(t: TestContext): Promise<{ url: string; paths: string[]; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>()
  const paths: string[] = []
  const server = createServer((request, response) => {
    paths.push(request.url as string)
    const { socket } = request
    response.once('finish', () => {
      const idle = setTimeout(() => socket.destroy(), 3)
      socket.once('data', () => clearTimeout(idle))
    })
    request.resume().once('end', () => response.end('ok'))
  })
  server.on('connection', (socket) => sockets.add(socket))
  t.after(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths, sockets }
}

test('an origin that closes idle connections after 3 ms: 300 GETs, and not one error', async (t) => {
  const origin = await hastyOrigin(t)
  const ask = retrying(t, origin.url)
  const failures: unknown[] = []

  for (let i = 0; i < 300; i++) {
    const { error, status } = await ask('GET')
    if (error !== undefined || status !== 200) failures.push(error ?? status)
    await new Promise((resolve) => setTimeout(resolve, 1 + (i % 5)))
  }

  assert.deepEqual(failures, [])
  assert.ok(origin.sockets.size > 3, `${origin.sockets.size} connections: the origin did close some`)
})

test('the same with 200 POSTs: not one arrives twice', async (t) => {
  const origin = await hastyOrigin(t)
  const ask = retrying(t, origin.url)

  for (let i = 0; i < 200; i++) {
    await ask('POST', `/${i}`)
    await new Promise((resolve) => setTimeout(resolve, 1 + (i % 5)))
  }

  assert.equal(new Set(origin.paths).size, origin.paths.length)
  assert.ok(origin.paths.length > 150, `${origin.paths.length} arrived`)
})

/** An origin whose connections answer once, and die when a second request comes on them. */
async function dyingOrigin(t: TestContext): Promise<{ url: string; heads: string[] }> {
  const heads: string[] = []
  const { url } = await listenWire(t, (wire) =>
    answerHeads(wire, (head, index) => {
      heads.push(head.split(' HTTP')[0] as string)
      if (index === 0) return ok
      wire.socket.destroy()
      return ''
    }),
  )
  return { url, heads }
}

for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PROPFIND', 'QUERY']) {
  test(`${method} without content is sent again, once, on a fresh connection`, async (t) => {
    const origin = await dyingOrigin(t)
    const ask = retrying(t, origin.url)
    await ask('GET', '/first')

    const { error, status, calls } = await ask(method, '/second')

    assert.deepEqual([error, status], [undefined, 200])
    assert.deepEqual(origin.heads, ['GET /first', `${method} /second`, `${method} /second`])
    assert.equal(calls.filter((call) => call === 'head').length, 1)
  })
}

for (const method of ['POST', 'PATCH', 'PURGE', 'LOCK']) {
  test(`${method} is not sent twice`, async (t) => {
    const origin = await dyingOrigin(t)
    const ask = retrying(t, origin.url)
    await ask('GET', '/first')

    const { error } = await ask(method, '/second')

    assert.equal(error?.code, 'SP_UPSTREAM_RESET')
    assert.deepEqual(origin.heads, ['GET /first', `${method} /second`])
  })
}

test('a fresh connection that dies is not tried again: the request may have done its work', async (t) => {
  const heads: string[] = []
  const { url } = await listenWire(t, (wire) =>
    answerHeads(wire, (head) => {
      heads.push(head)
      wire.socket.destroy()
      return ''
    }),
  )

  const { error } = await retrying(t, url)('GET')

  assert.equal(error?.code, 'SP_UPSTREAM_RESET')
  assert.equal(heads.length, 1)
})

test('an answer that breaks off is not tried again', async (t) => {
  let heads = 0
  const { url } = await listenWire(t, (wire) =>
    answerHeads(wire, (_head, index) => {
      heads++
      if (index === 0) return ok
      wire.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')
      return ''
    }),
  )
  const ask = retrying(t, url)
  await ask('GET')

  const { error, body } = await ask('GET')

  assert.ok(error !== undefined)
  assert.equal(body, 'half')
  assert.equal(heads, 2)
})

const unprocessed = (): ProxyError => Object.assign(new ProxyError('SP_UPSTREAM_RESET'), { unprocessed: true })

test('the second attempt asks for a fresh connection, and there is no third', async () => {
  const seen: (boolean | undefined)[] = []
  const dispatch: Dispatch = (options, handler) => {
    seen.push(options.freshConnection)
    handler.onResponseError?.(idleController, unprocessed())
    return true
  }
  const recorder = new Recorder()

  retry({ clock: systemClock })(dispatch)({ path: '/', method: 'GET' } as DispatchOptions, recorder)

  assert.equal((await recorder.over).error?.code, 'SP_UPSTREAM_RESET')
  assert.deepEqual(seen, [undefined, true])
})

test('a call that the client has given up is not tried again', async () => {
  let calls = 0
  const dispatch: Dispatch = (_options, handler) => {
    calls++
    handler.onResponseError?.({ ...idleController, aborted: true }, unprocessed())
    return true
  }
  const recorder = new Recorder()

  retry({ clock: systemClock })(dispatch)({ path: '/', method: 'GET' } as DispatchOptions, recorder)
  await recorder.over

  assert.equal(calls, 1)
})

test('in a pool too: 300 GETs in bursts to origins that close after 3 ms, no error, and no upstream is given up', async (t) => {
  const origins = [await hastyOrigin(t), await hastyOrigin(t)]
  const gate = gateTo(
    t,
    origins.map(({ url }) => url),
    { attempts: 0, on: new Set() },
  )
  const failures: unknown[] = []

  for (let i = 0; i < 60; i++) {
    const all = await Promise.all(Array.from({ length: 5 }, () => gate.ask().over))
    for (const { error, status } of all) if (error !== undefined || status !== 200) failures.push(error ?? status)
    await new Promise((resolve) => setTimeout(resolve, 1 + (i % 5)))
  }

  assert.deepEqual(failures, [])
  assert.equal(gate.pool.active, 0)
})

test('in a pool the upstream of a stale connection may be picked again', async (t) => {
  const origin = await dyingOrigin(t)
  const gate = gateTo(t, [origin.url], { attempts: 0, on: new Set() })
  await gate.ask().over

  const { error, status } = await gate.ask().over

  assert.deepEqual([error, status], [undefined, 200])
  assert.deepEqual(
    gate.pool.log.filter((line) => line.endsWith('picked')),
    ['a picked', 'a picked', 'a picked'],
  )
})
