import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { METHODS } from 'node:http'
import { test } from 'node:test'
import { startOrigin } from '../support/app.ts'
import { ask } from './support/exchange.ts'
import { proxyTo } from './support/gate.ts'
import { rawOrigin, say } from './support/wire.ts'

test('every method that Node can parse is proxied, save CONNECT and TRACE', async (t) => {
  const { url, requests } = await startOrigin(t, (request, response) => response.end(request.method))
  const gate = await proxyTo(t, { upstream: url })
  const methods = METHODS.filter((method) => method !== 'CONNECT' && method !== 'TRACE')

  for (const method of methods) {
    // RFC 10008 2: a QUERY without content is malformed.
    const content = method === 'QUERY' ? { body: 'q', headers: { 'content-type': 'text/plain' } } : {}
    const answer = await ask(gate.url, '/', { method, ...content })
    assert.equal(answer.status, 200, method)
    assert.equal(answer.text, method === 'HEAD' ? '' : method)
  }

  assert.deepEqual(
    requests.map(({ method }) => method),
    methods,
  )
  for (const method of ['PROPFIND', 'PURGE', 'QUERY']) assert.ok(methods.includes(method), method)
})

test('TRACE is 405, and passes where the route allows it', async (t) => {
  const { url } = await startOrigin(t, (_request, response) => response.end('traced'))
  const off = await proxyTo(t, { upstream: url })
  const on = await proxyTo(t, { upstream: url, trace: true })

  assert.equal((await ask(off.url, '/', { method: 'TRACE' })).status, 405)
  assert.equal((await ask(on.url, '/', { method: 'TRACE' })).text, 'traced')
})

for (const method of ['GET', 'DELETE', 'OPTIONS', 'PROPFIND', 'POST', 'PUT', 'PATCH']) {
  test(`${method} carries a body, by length and in chunks, and an empty one`, async (t) => {
    const { url } = await startOrigin(t)
    const gate = await proxyTo(t, { upstream: url })

    const byLength = await ask(gate.url, '/', { method, body: 'a body', headers: { 'content-length': 6 } })
    const inChunks = await ask(gate.url, '/', { method, body: 'a body', headers: { 'transfer-encoding': 'chunked' } })
    const empty = await ask(gate.url, '/', { method, body: '', headers: { 'content-length': 0 } })

    assert.deepEqual(
      [byLength, inChunks, empty].map((answer) => answer.json().body),
      ['a body', 'a body', ''],
    )
  })
}

for (const type of [
  'application/json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/grpc',
  'no type at all',
  undefined,
]) {
  test(`content of type ${type} passes unread`, async (t) => {
    const { url } = await startOrigin(t)
    const gate = await proxyTo(t, { upstream: url })
    const headers = type === undefined ? {} : { 'content-type': type }

    const answer = await ask(gate.url, '/', { method: 'POST', body: '{"not": json', headers })

    assert.equal(answer.json().body, '{"not": json')
    assert.equal(answer.json().headers['content-type'], type)
  })
}

for (const framing of ['content-length', 'chunked']) {
  test(`10 MB of noise are the same at the other end, both ways, ${framing}`, async (t) => {
    const noise = randomBytes(10_000_000)
    const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
    const { url } = await startOrigin(t, async (request, response) => {
      const hash = createHash('sha256')
      for await (const chunk of request) hash.update(chunk)
      response.setHeader('x-hash', hash.digest('hex'))
      if (framing === 'content-length') response.setHeader('content-length', noise.length)
      response.end(noise)
    })
    const gate = await proxyTo(t, { upstream: url })
    const headers = framing === 'chunked' ? { 'transfer-encoding': 'chunked' } : {}

    const answer = await ask(gate.url, '/', { method: 'POST', body: noise, headers })

    assert.equal(answer.headers['x-hash'], digest(noise))
    assert.equal(digest(answer.body), digest(noise))
    assert.equal(gate.settled[0]?.facts.bytesReceived, noise.length)
    assert.equal(gate.settled[0]?.facts.bytesSent, noise.length)
  })
}

test('Expect: 100-continue is answered when the upstream is there to read, and never sent on', async (t) => {
  const origin = await rawOrigin(t)
  const gate = await proxyTo(t, { upstream: origin.url })
  const head = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n'

  const client = await say(t, gate.port, head)
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  client.socket.write('body')

  const upstream = await origin.connection(0)
  assert.doesNotMatch(await upstream.until(/body$/), /expect/i)
})

test('Expect: 100-continue is refused without a 100 when nobody is there to read', async (t) => {
  const gate = await proxyTo(t, { upstream: 'http://127.0.0.1:1' })
  const head = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n'

  const client = await say(t, gate.port, head)

  assert.match(await client.until(/SP_CONNECT_REFUSED/), /^HTTP\/1\.1 502 /)
})
