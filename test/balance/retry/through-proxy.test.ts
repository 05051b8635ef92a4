import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Agent, request as ask, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import type { RetryPolicy } from '../../../src/contract/pool.ts'
import { createUpstream } from '../../../src/upstream/origin.ts'
import { startProxy, type TestProxy } from '../../support/app.ts'
import { until } from '../../support/until.ts'
import { startOrigin, tinyPool } from './gate.ts'

/** A whole proxy, whose exchanges go to a pool of the test's own. */
async function proxyTo(t: TestContext, urls: readonly string[], policy: Partial<RetryPolicy>): Promise<TestProxy> {
  const upstreams = urls.map((url, i) => ({ ...createUpstream('url', url), name: `u${i}` }))
  const pool = tinyPool(upstreams, policy)
  return startProxy(t, {
    setup: (app) => {
      app.proxy.layer('cache', (dispatch) => (options, handler) => dispatch({ ...options, pool }, handler))
    },
    reverse: { upstream: urls as string[], minUploadRate: { bytesPerSecond: 1000, grace: 200 } },
  })
}

/** Breaks the connection after so many bytes of content. */
async function breaking(t: TestContext, after: number): Promise<string> {
  const server = createServer((incoming) => {
    let bytes = 0
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes >= after) incoming.socket.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function put(url: string, agent: Agent, content: Buffer, chunked: boolean, method = 'PUT') {
  return new Promise<{ status: number; body: string; reused: boolean }>((resolve, reject) => {
    const headers = chunked ? {} : { 'content-length': content.length }
    const sending = ask(url, { method, agent, headers }, async (response) => {
      resolve({ status: response.statusCode as number, body: await text(response), reused: sending.reusedSocket })
    })
    sending.on('error', reject)
    if (chunked) sending.write(content.subarray(0, 1000))
    sending.end(chunked ? content.subarray(1000) : content)
  })
}

for (const chunked of [false, true]) {
  test(`a PUT ${chunked ? 'in chunks' : 'with a length'} is replayed, counted once, and the client keeps its connection`, async (t) => {
    const got: Buffer[] = []
    const good = await startOrigin(t, async (request, response) => {
      got.push(await buffer(request))
      response.end('ok')
    })
    const proxy = await proxyTo(t, [await breaking(t, 20_000), good.url], { bufferBody: 256 * 1024 })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    t.after(() => agent.destroy())
    const content = randomBytes(150_000)

    const first = await put(proxy.url, agent, content, chunked)
    const second = await put(proxy.url, agent, content, chunked)

    assert.deepEqual(first, { status: 200, body: 'ok', reused: false })
    assert.deepEqual(second, { status: 200, body: 'ok', reused: true })
    assert.ok(got.length === 2 && got.every((one) => one.equals(content)))
    await until(() => proxy.settled.length === 2, 'both settled')
    for (const { facts } of proxy.settled) {
      assert.deepEqual([facts.bytesReceived, facts.attempts, facts.status], [150_000, 2, 200])
    }
  })
}

test('a PUT that is answered before its end leaves no connection hanging', async (t) => {
  const early = await startOrigin(t, (request, response) => {
    response.writeHead(403).end('no')
    request.resume()
  })
  const proxy = await proxyTo(t, [early.url], { bufferBody: 64 * 1024 })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())

  for (let i = 0; i < 3; i++) {
    const { status, body } = await put(proxy.url, agent, randomBytes(3_000_000), i === 1)
    assert.deepEqual([status, body], [403, 'no'])
  }

  await until(() => proxy.settled.length === 3, 'all settled')
})

test('when nothing is left to try the failure is an answer, and the next request is served', async (t) => {
  const proxy = await proxyTo(t, [await breaking(t, 20_000), await breaking(t, 20_000)], { bufferBody: 256 * 1024 })

  for (let i = 0; i < 2; i++) {
    const agent = new Agent()
    const { status } = await put(proxy.url, agent, randomBytes(100_000), false)
    agent.destroy()
    assert.equal(status, 502)
  }
})

test('a client that waits for 100 is told it once, and the PUT moves on', async (t) => {
  const good = await startOrigin(t, async (request, response) => response.end(await text(request)))
  const proxy = await proxyTo(t, [await breaking(t, 1), good.url], { bufferBody: 1000 })
  let continues = 0

  const body = await new Promise<string>((resolve, reject) => {
    const headers = { expect: '100-continue', 'content-length': 7 }
    const sending = ask(proxy.url, { method: 'PUT', headers }, (response) => text(response).then(resolve, reject))
    sending.on('continue', () => {
      continues++
      sending.end('content')
    })
    sending.on('error', reject)
    sending.flushHeaders()
  })

  assert.equal(body, 'content')
  assert.equal(continues, 1)
})
