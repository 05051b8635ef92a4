import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { startOrigin } from '../support/app.ts'
import { createCertificate } from '../support/certificates.ts'
import { ask } from './support/exchange.ts'
import { proxyTo } from './support/gate.ts'
import { eventually } from './support/wire.ts'

const { cert, key } = createCertificate({ name: 'localhost' })

function connect(
  t: TestContext,
  url: string,
  options: http2.SecureClientSessionOptions = {},
): http2.ClientHttp2Session {
  const session = http2.connect(url, options)
  session.on('error', () => {})
  t.after(() => session.destroy())
  return session
}

async function fetched(session: http2.ClientHttp2Session, fields: http2.OutgoingHttpHeaders, body?: string) {
  const stream = session.request({ ':path': '/', ...fields }, { endStream: body === undefined })
  const response = once(stream, 'response')
  if (body !== undefined) stream.end(body)
  const [head] = await response
  return { status: head[':status'] as number, head, text: await text(stream) }
}

test('an HTTP/2 client in cleartext is proxied, with bodies that have neither length nor type', async (t) => {
  const { url } = await startOrigin(t)
  const gate = await proxyTo(t, { upstream: url }, { server: { http2: true } })
  const session = connect(t, gate.url)

  for (const method of ['POST', 'PUT', 'DELETE', 'GET', 'PROPFIND']) {
    const answer = await fetched(session, { ':method': method, ':path': '/a%2Fb?c' }, 'a body')
    const { method: sent, url: path, body, headers } = JSON.parse(answer.text)
    assert.deepEqual([answer.status, sent, path, body], [200, method, '/a%2Fb?c', 'a body'])
    assert.equal(headers.host, new URL(gate.url).host)
    assert.equal(headers.via, '2.0 gate')
  }
})

test('over TLS a client speaks HTTP/2 by ALPN, and HTTP/1.1 where that is allowed', async (t) => {
  const { url } = await startOrigin(t)
  const gate = await proxyTo(t, { upstream: url }, { server: { http2: true, https: { cert, key, allowHTTP1: true } } })
  const secure = `https://localhost:${gate.port}`
  const session = connect(t, secure, { ca: cert })
  const agent = new https.Agent({ ca: cert })

  const second = await fetched(session, {})
  const request = https.get(secure, { agent })
  const [first] = await once(request, 'response')

  assert.equal(JSON.parse(second.text).headers['x-forwarded-proto'], 'https')
  assert.equal(first.httpVersion, '1.1')
  assert.equal(JSON.parse(await text(first)).headers['x-forwarded-proto'], 'https')
  agent.destroy()
})

test('cookies of an HTTP/2 client are one field again, Set-Cookie lines stay several', async (t) => {
  const { url } = await startOrigin(t, (request, response) => {
    response.setHeader('set-cookie', ['a=1', 'b=2'])
    response.end(request.headers.cookie)
  })
  const gate = await proxyTo(t, { upstream: url }, { server: { http2: true } })

  const answer = await fetched(connect(t, gate.url), { cookie: ['x=1', 'y=2'] })

  assert.equal(answer.text, 'x=1; y=2')
  assert.deepEqual(answer.head['set-cookie'], ['a=1', 'b=2'])
})

test('HEAD, 204 and 304 end without content over HTTP/2', async (t) => {
  const { url } = await startOrigin(t, (request, response) => {
    response.writeHead(Number(request.url?.slice(1)), request.method === 'HEAD' ? { 'content-length': 5 } : {}).end()
  })
  const gate = await proxyTo(t, { upstream: url }, { server: { http2: true } })
  const session = connect(t, gate.url)

  for (const [method, status] of [
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ] as const) {
    const answer = await fetched(session, { ':method': method, ':path': `/${status}` })
    assert.deepEqual([answer.status, answer.text], [status, ''])
  }
})

test('failures of ours reach an HTTP/2 client as answers', async (t) => {
  const gate = await proxyTo(t, { upstream: 'http://127.0.0.1:1' }, { server: { http2: true } })

  const answer = await fetched(connect(t, gate.url), {})

  assert.deepEqual([answer.status, JSON.parse(answer.text).code], [502, 'SP_CONNECT_REFUSED'])
})

async function h2Origin(t: TestContext, secure: boolean) {
  const sessions: http2.ServerHttp2Session[] = []
  const server = secure ? http2.createSecureServer({ cert, key }) : http2.createServer()
  server.on('session', (session) => sessions.push(session))
  server.on('stream', async (opened, fields) => {
    // The types call it an Http2Stream; on a server it is always this.
    const stream = opened as http2.ServerHttp2Stream
    const body = await text(stream)
    stream.respond({ ':status': 200, 'x-version': '2', 'content-type': 'text/plain' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-end': 'yes' }))
    stream.end(`${fields[':method']} ${fields[':path']} ${fields[':scheme']} ${body}`)
  })
  server.listen(0, secure ? 'localhost' : '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: secure ? `https://localhost:${port}` : `http://127.0.0.1:${port}`, sessions }
}

for (const secure of [false, true]) {
  test(`http2: true speaks HTTP/2 to the upstream ${secure ? 'by ALPN' : 'in cleartext'}, many streams on one session`, async (t) => {
    const origin = await h2Origin(t, secure)
    const gate = await proxyTo(t, { upstream: origin.url, http2: true, ...(secure ? { tls: { ca: cert } } : {}) })

    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => ask(gate.url, `/${i}`, { method: 'POST', body: `body ${i}` })),
    )

    answers.forEach((answer, i) => {
      assert.deepEqual([answer.status, answer.headers['x-version']], [200, '2'])
      assert.equal(answer.text, `POST /${i} ${secure ? 'https' : 'http'} body ${i}`)
    })
    assert.ok(origin.sessions.length <= 2, `${origin.sessions.length} sessions`)
    assert.equal(gate.settled[0]?.facts.upstreamProtocol, 'HTTP/2.0')
    assert.equal(answers[0]?.trailers['x-end'], 'yes')
  })
}

test('after GOAWAY of the upstream a new request works on a new session', async (t) => {
  const origin = await h2Origin(t, false)
  const gate = await proxyTo(t, { upstream: origin.url, http2: true })
  assert.equal((await ask(gate.url, '/')).status, 200)

  for (const session of origin.sessions) session.goaway()

  for (let i = 0; i < 3; i++) assert.equal((await ask(gate.url, '/')).status, 200)
  assert.ok(origin.sessions.length >= 2)
})

test('a session that the upstream destroys while idle is replaced', async (t) => {
  const origin = await h2Origin(t, false)
  const gate = await proxyTo(t, { upstream: origin.url, http2: true })
  assert.equal((await ask(gate.url, '/')).status, 200)

  origin.sessions[0]?.destroy()
  await eventually(() => origin.sessions[0]?.destroyed === true, 'destroyed')

  assert.equal((await ask(gate.url, '/')).status, 200)
})
