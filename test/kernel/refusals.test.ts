import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import { test } from 'node:test'
import type { Refusal } from '../../src/contract/guard.ts'
import { startOrigin, startProxy, type TestProxy } from '../support/app.ts'
import { until } from '../support/until.ts'
import { deadPort, openWire } from '../support/wire.ts'

type T = import('node:test').TestContext

async function refusing(t: T, refusal: Partial<Refusal>, server: object = {}): Promise<TestProxy> {
  const origin = await startOrigin(t)
  t.after(() => assert.equal(origin.requests.length, 0))
  return startProxy(t, {
    server,
    reverse: { upstream: origin.url },
    setup: (app) =>
      app.proxy.guard('protect', () => ({ code: 'APP_NO', status: 403, text: 'Not for you.', ...refusal })),
  })
}

test('a refusal is answered in JSON, with its code, Proxy-Status and fields', async (t) => {
  const proxy = await refusing(t, {
    status: 429,
    proxyStatus: 'connection_limit_reached',
    detail: 'bucket 7 of 10.0.0.7 is empty',
    fields: ['Retry-After', '3'],
  })

  const response = await fetch(`${proxy.url}/x`)
  const text = await response.text()
  await until(() => proxy.settled.length === 1, 'settled')

  const { requestId, ...body } = JSON.parse(text)
  assert.equal(response.status, 429)
  assert.deepEqual(body, { statusCode: 429, code: 'APP_NO', error: 'Too Many Requests', message: 'Not for you.' })
  assert.equal(requestId, proxy.settled[0]?.id)
  assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
  assert.equal(response.headers.get('retry-after'), '3')
  assert.equal(response.headers.get('proxy-status'), 'gate; error=connection_limit_reached')
  assert.equal(response.headers.get('cache-control'), 'no-store')
  assert.doesNotMatch(text, /bucket|10\.0\.0/)
  const { facts } = proxy.settled[0] as import('../../src/contract/exchange.ts').Exchange
  assert.deepEqual([facts.status, facts.refusal, facts.cause], [429, 'APP_NO', 'bucket 7 of 10.0.0.7 is empty'])
  assert.equal(facts.bytesSent, text.length)
})

test('a browser gets a page', async (t) => {
  const proxy = await refusing(t, { text: '<script>' })

  const response = await fetch(proxy.url, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } })

  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8')
  const page = await response.text()
  assert.match(page, /<!doctype html>[\s\S]*403 Forbidden[\s\S]*&lt;script&gt;[\s\S]*APP_NO/)
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
})

test("manner 'reply' keeps the connection", async (t) => {
  const proxy = await refusing(t, {})
  const wire = await openWire(t, proxy.port)

  wire.send('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n')
  await wire.says(/APP_NO[\s\S]*}$/)
  wire.send('GET /2 HTTP/1.1\r\nHost: a\r\n\r\n')

  await wire.says(/403[\s\S]*403[\s\S]*}$/)
  assert.doesNotMatch(wire.text(), /connection: close/i)
})

test('a refusal with content still to come closes the connection: what follows is never read as a request', async (t) => {
  const proxy = await refusing(t, {})
  const wire = await openWire(t, proxy.port)

  wire.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n')
  await wire.ended()

  assert.match(wire.text(), /^HTTP\/1\.1 403 [\s\S]*\r\nconnection: close\r\n/i)
  assert.equal(wire.text().match(/HTTP\/1\.1/g)?.length, 1)
})

test("manner 'close' answers, then closes", async (t) => {
  const proxy = await refusing(t, { manner: 'close' })
  const wire = await openWire(t, proxy.port)

  wire.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await wire.ended()

  assert.match(wire.text(), /^HTTP\/1\.1 403 [\s\S]*\r\nconnection: close\r\n[\s\S]*APP_NO/i)
})

test("manner 'close' on HTTP/2 answers the stream, then ends the session", async (t) => {
  const proxy = await refusing(t, { manner: 'close' }, { http2: true })
  const session = connect(proxy.url)
  t.after(() => session.destroy())
  const closed = new Promise((resolve) => session.once('close', resolve))
  const stream = session.request({ ':path': '/' })
  let status: number | undefined
  stream.once('response', (fields) => {
    status = fields[':status']
  })
  stream.resume().end()

  await closed

  assert.equal(status, 403)
})

for (const [protocol, server] of [
  ['HTTP/1.1', {}],
  ['HTTP/2', { http2: true }],
] as const) {
  test(`manner 'drop' on ${protocol} closes without a word; nobody says that the client left`, async (t) => {
    const proxy = await refusing(t, { manner: 'drop' }, server)

    if (protocol === 'HTTP/1.1') {
      const wire = await openWire(t, proxy.port)
      wire.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await wire.ended()
      assert.equal(wire.text(), '')
    } else {
      const session = connect(proxy.url)
      t.after(() => session.destroy())
      let answered = false
      session.on('error', () => {})
      const stream = session.request({ ':path': '/' })
      stream.on('error', () => {})
      stream.on('response', () => {
        answered = true
      })
      await new Promise((resolve) => stream.once('close', resolve))
      assert.equal(answered, false)
    }

    await until(() => proxy.settled.length === 1, 'settled')
    const { status, refusal, error } = (proxy.settled[0] as import('../../src/contract/exchange.ts').Exchange).facts
    assert.deepEqual({ status, refusal, error }, { status: 0, refusal: 'APP_NO', error: undefined })
  })
}

test('TRACE is answered 405 with Allow, and never reaches the upstream', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, { reverse: { upstream: origin.url } })
  const wire = await openWire(t, proxy.port)

  wire.send('TRACE / HTTP/1.1\r\nHost: a\r\nCookie: secret\r\nConnection: close\r\n\r\n')
  await wire.ended()

  assert.match(wire.text(), /^HTTP\/1\.1 405 [\s\S]*\r\nallow: GET, HEAD, POST/i)
  assert.doesNotMatch(wire.text(), /secret/)
  assert.equal(origin.requests.length, 0)
})

test('a request that our own Via says has been here is a loop: 508', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, { reverse: { upstream: origin.url } })

  const looped = await fetch(proxy.url, { headers: { via: '1.1 other, 1.1 gate' } })
  const passing = await fetch(proxy.url, { headers: { via: '1.1 other, 1.1 gateway' } })

  assert.equal(looped.status, 508)
  assert.match(looped.headers.get('proxy-status') ?? '', /error=proxy_loop_detected/)
  assert.equal(passing.status, 200)
  assert.equal(origin.requests.length, 1)
})

test('OPTIONS with Max-Forwards: 0 is answered here, also behind a guard that takes its time', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, {
    reverse: { upstream: origin.url },
    setup: (app) => app.proxy.guard('identify', async () => undefined),
  })

  const response = await fetch(proxy.url, { method: 'OPTIONS', headers: { 'max-forwards': '0' } })

  assert.equal(response.status, 204)
  assert.equal(origin.requests.length, 0)
})

test('no body of ours names an inside address, whatever the failure', async (t) => {
  const port = await deadPort()
  const proxy = await startProxy(t, {
    setup(app) {
      const upstreams = {
        '/dead': `http://127.0.0.1:${port}`,
        '/nowhere': 'http://inside.invalid',
        '/unix': 'unix:/no/such.sock',
      }
      for (const [path, upstream] of Object.entries(upstreams)) {
        app.get(path, { config: { proxy: { upstream } } as never, handler: app.proxy.handler })
      }
      app.get('/chosen', {
        config: { proxy: { upstream: () => 'http://user:pass@inside.invalid' } } as never,
        handler: app.proxy.handler,
      })
    },
  })

  for (const [path, accept] of [
    ['/dead', '*/*'],
    ['/dead', 'text/html'],
    ['/nowhere', '*/*'],
    ['/unix', '*/*'],
    ['/chosen', '*/*'],
  ] as const) {
    const response = await fetch(proxy.url + path, { headers: { accept } })
    const all = `${await response.text()} ${JSON.stringify([...response.headers])}`

    assert.equal(response.status, 502, path)
    assert.doesNotMatch(all, new RegExp(`127\\.0\\.0\\.1|:${port}|inside|such\\.sock|ECONN|ENOENT|pass@`), path)
    assert.match(response.headers.get('proxy-status') ?? '', /^gate; error=/)
  }
})
