import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import { test } from 'node:test'
import { proxyTo } from './support/gate.ts'
import { answers, rawOrigin, say } from './support/wire.ts'

const hint = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX-I: 1\r\n\r\n'
const processing = 'HTTP/1.1 102 Processing\r\n\r\n'
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const trailers =
  'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n'
const get = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'

for (const hooks of [false, true]) {
  test(`102 and 103 reach the client before the answer${hooks ? ', with onSend hooks too' : ''}`, async (t) => {
    const origin = await rawOrigin(t, answers(processing + hint + ok))
    const gate = await proxyTo(t, { upstream: origin.url }, { hooks })

    const client = await say(t, gate.port, get)

    const text = await client.until(/ok$/)
    assert.match(text, /^HTTP\/1\.1 102 /)
    assert.match(text, /\r\n\r\nHTTP\/1\.1 103 Early Hints\r\nlink: <\/a\.css>; rel=preload\r\n/i)
    assert.match(text, /\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
  })
}

test('a 103 is passed on at once and does not wait for the answer', async (t) => {
  const origin = await rawOrigin(t, answers(hint))
  const gate = await proxyTo(t, { upstream: origin.url })

  const client = await say(t, gate.port, get)

  await client.until(/103 Early Hints/)
})

test('interim answers past the cap are a 502', async (t) => {
  const origin = await rawOrigin(t, answers(hint.repeat(3) + ok))
  const two = await proxyTo(t, { upstream: origin.url, maxInterim: 2 })
  const byDefault = await rawOrigin(t, answers(hint.repeat(17) + ok))
  const sixteen = await proxyTo(t, { upstream: byDefault.url })

  for (const gate of [two, sixteen]) {
    const client = await say(t, gate.port, get)
    assert.match(await client.until(/SP_UPSTREAM_PROTOCOL/), /\r\n\r\nHTTP\/1\.1 502 /)
  }
})

test('a 100 that nobody asked for never reaches the client as one', async (t) => {
  const origin = await rawOrigin(t, answers(`HTTP/1.1 100 Continue\r\n\r\n${ok}`))
  const gate = await proxyTo(t, { upstream: origin.url })

  const client = await say(t, gate.port, get)

  assert.match(await client.until(/\r\n\r\n/), /^HTTP\/1\.1 (200|502) /)
})

test('response trailers go on, announced', async (t) => {
  const origin = await rawOrigin(t, answers(trailers))
  const gate = await proxyTo(t, { upstream: origin.url })

  const client = await say(t, gate.port, get)

  const text = await client.until(/0\r\n[\s\S]*\r\n\r\n$/)
  assert.match(text, /\r\nTrailer: X-Sum\r\n/)
  assert.match(text, /0\r\nX-Sum: 42\r\n\r\n$/)
})

test('103 and trailers reach an HTTP/2 client', async (t) => {
  const origin = await rawOrigin(t, answers(hint + trailers))
  const gate = await proxyTo(t, { upstream: origin.url }, { server: { http2: true } })
  const session = http2.connect(gate.url)
  t.after(() => session.destroy())

  const stream = session.request({ ':path': '/' })
  stream.resume()
  const early = once(stream, 'headers')
  const late = once(stream, 'trailers')

  const [interim] = await early
  assert.equal(interim[':status'], 103)
  assert.equal(interim.link, '</a.css>; rel=preload')
  assert.equal((await late)[0]['x-sum'], '42')
})

test('an HTTP/1.0 client gets neither chunks nor interim answers nor trailers, and the connection ends the answer', async (t) => {
  const origin = await rawOrigin(t, answers(hint + trailers))
  const gate = await proxyTo(t, { upstream: origin.url })

  const client = await say(t, gate.port, 'GET / HTTP/1.0\r\n\r\n')

  const text = await client.closed
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n/)
  assert.doesNotMatch(text, /103|transfer-encoding|trailer|x-sum/i)
  assert.match(text, /\r\n\r\nok$/)
})

test('an HTTP/1.0 client that asks for keep-alive gets it where there is a length', async (t) => {
  const origin = await rawOrigin(t, answers(ok))
  const gate = await proxyTo(t, { upstream: origin.url })

  const client = await say(t, gate.port, 'GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n')

  assert.match(await client.until(/ok$/), /\r\nConnection: keep-alive\r\n/i)
})
