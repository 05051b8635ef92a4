import assert from 'node:assert/strict'
import { once } from 'node:events'
import type http from 'node:http'
import http2 from 'node:http2'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { startOrigin } from '../support/app.ts'
import { until } from '../support/until.ts'
import { openWire } from '../support/wire.ts'
import { stage, times } from './bed.ts'

const fresh: http.RequestListener = (request, response) => {
  response.writeHead(200, { 'Cache-Control': 'max-age=60', ETag: '"1"' })
  response.end(`content of ${request.url}`)
}

interface Stream {
  readonly headers: http2.IncomingHttpHeaders
  readonly text: string
}

async function h2(t: TestContext, url: string): Promise<(headers: http2.OutgoingHttpHeaders) => Promise<Stream>> {
  const session = http2.connect(url)
  t.after(() => session.destroy())
  return async function get(headers) {
    const stream = session.request(headers)
    stream.end()
    const [came] = await once(stream, 'response')
    return { headers: came, text: await text(stream) }
  }
}

test('HTTP/2 clients: one call for all streams of a connection, then hits, 304 and ranges', async (t) => {
  const { url, calls } = await stage(t, fresh, { server: { http2: true } })
  const get = await h2(t, url)

  const replies = await Promise.all(times(20, () => get({ ':path': '/page' })))
  const hit = await get({ ':path': '/page' })
  const unchanged = await get({ ':path': '/page', 'if-none-match': '"1"' })
  const part = await get({ ':path': '/page', range: 'bytes=0-6' })
  const head = await get({ ':path': '/page', ':method': 'HEAD' })

  for (const one of replies) assert.equal(one.text, 'content of /page')
  assert.match(String(hit.headers['cache-status']), /hit/)
  assert.deepEqual([unchanged.headers[':status'], unchanged.text], [304, ''])
  assert.deepEqual([part.headers[':status'], part.text], [206, 'content'])
  assert.deepEqual([head.headers[':status'], head.text, head.headers['content-length']], [200, '', '16'])
  assert.equal(calls.length, 1)
})

test('HTTP/2: a client that resets its stream in the middle of a shared answer ends it for itself alone', async (t) => {
  let finish: (() => void) | undefined
  const { url } = await stage(
    t,
    (_, response) => {
      response.writeHead(200, { 'Cache-Control': 'max-age=60' })
      response.write('first,')
      finish = () => response.end('second')
    },
    { server: { http2: true } },
  )
  const session = http2.connect(url)
  t.after(() => session.destroy())
  const [leaving, staying] = times(2, () => session.request({ ':path': '/page' }))
  leaving?.on('error', () => {})
  await Promise.all([leaving, staying].map((stream) => once(stream as http2.ClientHttp2Stream, 'response')))

  leaving?.close(http2.constants.NGHTTP2_CANCEL)
  finish?.()

  assert.equal(await text(staying as http2.ClientHttp2Stream), 'first,second')
})

test('an upgrade on a cached route passes, and what is stored is not looked at', async (t) => {
  const { port, get, origin } = await stage(t, fresh)
  origin.server.on('upgrade', (_, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello')
    socket.on('data', (chunk: Buffer) => void socket.write(`echo ${chunk}`))
    socket.on('end', () => socket.end())
    socket.on('error', () => {})
  })
  await get('/page')
  const wire = await openWire(t, port)

  wire.send(`GET /page HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
  await wire.says(/^HTTP\/1\.1 101[\s\S]*hello/)
  wire.send('ping')

  await wire.says(/echo ping/)
  wire.socket.destroy()
  assert.match((await get('/page')).cache, /hit/)
})

test('an upgrade that the origin refuses is not stored', async (t) => {
  const { port, get, calls } = await stage(t, fresh)
  const wire = await openWire(t, port)
  const head = `Host: 127.0.0.1:${port}\r\nConnection: Upgrade, close\r\nUpgrade: websocket`

  wire.send(`GET /page HTTP/1.1\r\n${head}\r\n\r\n`)
  await wire.says(/HTTP\/1\.1 200/)

  assert.doesNotMatch((await get('/page')).cache, /hit/)
  assert.equal(calls.length, 2)
})

test('reply.proxy() is answered from the store, and onSend hooks of the app see the hit', async (t) => {
  const { get, calls } = await stage(t, fresh, {
    reverse: false,
    setup: (app, origin) => {
      app.addHook('onSend', async (_, reply) => {
        reply.header('X-Own', String(reply.getHeader('age')))
      })
      app.get('/page', (_, reply) => reply.proxy({ upstream: origin.url }))
    },
  })

  const first = await get('/page')
  const second = await get('/page')

  assert.deepEqual([first.text, second.text], ['content of /page', 'content of /page'])
  assert.match(second.cache, /hit/)
  assert.equal(second.headers['x-own'], '0')
  assert.equal(calls.length, 1)
})

test('reply.from() goes past the cache: what its handler may do with fields is not for the cache to know', async (t) => {
  const { get, calls, settled } = await stage(t, fresh, {
    reverse: false,
    setup: (app, origin) => {
      app.get('/page', (_, reply) => reply.from(`${origin.url}/page`))
    },
  })
  await get('/page')

  const { text } = await get('/page', { Authorization: 'Basic x' })
  await until(() => settled.length === 2, 'two exchanges')

  assert.equal(text, 'content of /page')
  assert.equal(calls.length, 2)
  assert.deepEqual([settled[1]?.facts.cache, settled[1]?.facts.cacheDetail], ['bypass', 'fields'])
})

test('reply.from() to two origins from one URL never shares', async (t) => {
  const other = await startOrigin(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60' })
    response.end('other')
  })
  const { get } = await stage(t, fresh, {
    reverse: false,
    setup: (app, origin) => {
      app.get('/page', ({ headers }, reply) => reply.from(`${headers['x-b'] === '1' ? other.url : origin.url}/page`))
      app.get('/paths', ({ headers }, reply) => reply.from(`${origin.url}/${headers['x-b'] === '1' ? 'b' : 'a'}`))
    },
  })

  for (const _ of [1, 2]) {
    assert.equal((await get('/page')).text, 'content of /page')
    assert.equal((await get('/page', { 'X-B': '1' })).text, 'other')
    assert.equal((await get('/paths')).text, 'content of /a')
    assert.equal((await get('/paths', { 'X-B': '1' })).text, 'content of /b')
  }
})

test('a call of the app itself over app.proxy.dispatcher has no client: it is not cached, and goes through', async (t) => {
  const { app, origin, calls } = await stage(t, fresh)

  const texts = []
  for (const _ of [1, 2]) {
    const { body } = await app.proxy.dispatcher.request({ origin: origin.url, path: '/page', method: 'GET' })
    texts.push(await body.text())
  }

  assert.deepEqual(texts, ['content of /page', 'content of /page'])
  assert.equal(calls.length, 2)
})

test('two clients of one connection, pipelined, get their answers in order, hits among misses', async (t) => {
  const { port, get } = await stage(t, fresh)
  await get('/b')
  const wire = await openWire(t, port)
  const host = `Host: 127.0.0.1:${port}`

  wire.send(['/a', '/b', '/c'].map((path) => `GET ${path} HTTP/1.1\r\n${host}\r\n\r\n`).join(''))
  wire.send(`GET /b HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`)
  await wire.ended()

  assert.deepEqual(
    wire.text().match(/content of \/\w/g),
    ['/a', '/b', '/c', '/b'].map((path) => `content of ${path}`),
  )
})

test('an HTTP/1.0 client gets a hit that came in chunks', async (t) => {
  const { port, get } = await stage(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60' })
    response.write('a')
    response.end('b')
  })
  await get('/page')
  const wire = await openWire(t, port)

  wire.send(`GET /page HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
  await wire.ended()

  assert.match(wire.text(), /content-length: 2\r\n[\s\S]*\r\n\r\nab$/i)
})
