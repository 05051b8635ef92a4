import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import { buffer } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { startOrigin, startProxy } from '../support/app.ts'
import { openWire } from '../support/wire.ts'

/** An origin that keeps each body, byte for byte. */
async function keepingOrigin(
  t: TestContext,
): Promise<{ url: string; bodies: Buffer[]; types: (string | undefined)[] }> {
  const bodies: Buffer[] = []
  const types: (string | undefined)[] = []
  const origin = await startOrigin(t, async (request, response) => {
    try {
      const body = await buffer(request)
      types.push(request.headers['content-type'])
      bodies.push(body)
      response.end('kept')
    } catch {
      // It broke off: not kept.
    }
  })
  return { url: origin.url, bodies, types }
}

const spelled = '{ "a" : 1.0,\n\t"b": "\\u00e9" , "a": 2 }'

test('JSON arrives byte for byte beside a JSON parser of the same scope, and plain routes still parse it', async (t) => {
  const origin = await keepingOrigin(t)
  const proxy = await startProxy(t, {
    reverse: { upstream: origin.url },
    setup(app) {
      app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
        done(null, { parsed: JSON.parse(body as string) })
      })
      app.post('/plain', (request) => request.body)
    },
  })
  const json = { method: 'POST', body: spelled, headers: { 'content-type': 'application/json' } }

  const proxied = await fetch(`${proxy.url}/proxied`, json)
  const plain = await fetch(`${proxy.url}/plain`, json)

  assert.equal(await proxied.text(), 'kept')
  assert.deepEqual(origin.bodies.map(String), [spelled])
  assert.deepEqual(origin.types, ['application/json'])
  assert.deepEqual(await plain.json(), { parsed: { a: 2, b: 'é' } })
})

for (const type of [
  'text/odd; a="',
  'not a type',
  'application/x-unheard-of',
  'application/json; charset=utf-7',
  '/',
]) {
  test(`content of type ${JSON.stringify(type)} passes as it is`, async (t) => {
    const origin = await keepingOrigin(t)
    const proxy = await startProxy(t, { reverse: { upstream: origin.url } })
    const wire = await openWire(t, proxy.port)

    wire.send(
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc`,
    )
    await wire.ended()

    assert.match(wire.text(), /^HTTP\/1\.1 200 /)
    assert.deepEqual(origin.bodies.map(String), ['abc'])
    assert.deepEqual(origin.types, [type])
  })
}

for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'QUERY', 'REPORT']) {
  test(`${method} with content of no type arrives whole, by length and by chunks`, async (t) => {
    const origin = await keepingOrigin(t)
    const proxy = await startProxy(t, { reverse: { upstream: origin.url } })
    const wire = await openWire(t, proxy.port)

    wire.send(`${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc`)
    await wire.says(/kept/)
    wire.send(
      `${method} / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    )
    await wire.ended()

    assert.deepEqual(origin.bodies.map(String), ['abc', 'abc'])
    assert.deepEqual(origin.types, [undefined, undefined])
  })

  test(`${method} without content passes`, async (t) => {
    const origin = await keepingOrigin(t)
    const proxy = await startProxy(t, { reverse: { upstream: origin.url } })
    const wire = await openWire(t, proxy.port)

    wire.send(`${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    await wire.ended()

    assert.match(wire.text(), /^HTTP\/1\.1 200 /)
    assert.deepEqual(origin.bodies.map(String), [''])
  })
}

test('HTTP/2 content with neither length nor type arrives whole', async (t) => {
  const origin = await keepingOrigin(t)
  const proxy = await startProxy(t, { server: { http2: true }, reverse: { upstream: origin.url } })
  const session = connect(proxy.url)
  t.after(() => session.destroy())
  const sent = Buffer.alloc(300_000, 'abcdefghij')

  const stream = session.request({ ':method': 'POST', ':path': '/' })
  stream.end(sent)
  const answer = await buffer(stream)

  assert.equal(answer.toString(), 'kept')
  assert.ok(origin.bodies[0]?.equals(sent))
  assert.deepEqual(origin.types, [undefined])
})

for (const method of ['POST', 'PROPFIND', 'GET']) {
  test(`a preHandler hook sees the client's own content type on ${method}`, async (t) => {
    const origin = await keepingOrigin(t)
    const seen: unknown[] = []
    const proxy = await startProxy(t, {
      reverse: { upstream: origin.url },
      setup: (app) =>
        app.addHook('preHandler', async (request) => {
          seen.push(request.headers['content-type'], request.headers.host, request.body)
        }),
    })
    const wire = await openWire(t, proxy.port)

    wire.send(
      `${method} / HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc`,
    )
    await wire.ended()

    assert.match(wire.text(), /^HTTP\/1\.1 200 /)
    assert.equal(seen[0], 'text/xml')
    assert.equal(seen[1], 'a')
    assert.ok(seen[2] === undefined || seen[2] === null)
  })
}

test('content that a hook has read is told: 500 SP_BODY_CONSUMED, and the log says how to mend it', async (t) => {
  const origin = await keepingOrigin(t)
  const proxy = await startProxy(t, {
    reverse: { upstream: origin.url },
    setup: (app) =>
      app.addHook('preHandler', async (request) => {
        await buffer(request.raw)
      }),
  })

  const response = await fetch(proxy.url, { method: 'POST', body: 'abc' })
  const text = await response.text()

  assert.equal(response.status, 500)
  assert.match(text, /SP_BODY_CONSUMED/)
  assert.equal(origin.bodies.length, 0)
  assert.match(String(proxy.settled[0]?.facts.cause), /config: \{ proxy/)
})

test('content that a parser has read before reply.proxy() is told too', async (t) => {
  const origin = await keepingOrigin(t)
  const proxy = await startProxy(t, {
    setup: (app) => app.post('/', (_request, reply) => reply.proxy({ upstream: origin.url })),
  })

  const response = await fetch(proxy.url, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  })

  assert.equal(response.status, 500)
  assert.match(await response.text(), /SP_BODY_CONSUMED/)
  assert.equal(origin.bodies.length, 0)
})

test('content beyond bodyLimit that came without a length: 413, not a broken connection', async (t) => {
  const origin = await keepingOrigin(t)
  const proxy = await startProxy(t, { reverse: { upstream: origin.url, bodyLimit: 1000 } })
  const wire = await openWire(t, proxy.port)

  wire.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
  wire.send(`7d0\r\n${'x'.repeat(2000)}\r\n`)
  await wire.ended()

  assert.match(wire.text(), /^HTTP\/1\.1 413 [\s\S]*SP_BODY_TOO_LARGE/)
  assert.equal(origin.bodies.length, 0)
})
