import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { startOrigin, startProxy } from '../support/app.ts'

const head = 'GET https://a.test/ HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n'

async function say(port: number, what: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(what)
  return text(socket)
}

test('an https target over a connection without TLS is 421, and nothing of it reaches the upstream', async (t) => {
  const origin = await startOrigin(t)
  const { port, settled } = await startProxy(t, { reverse: { upstream: origin.url } })

  const answer = await say(port, head)

  assert.match(answer, /^HTTP\/1\.1 421 Misdirected Request\r\n/)
  assert.match(answer, /"code":"SP_MISDIRECTED"/)
  assert.match(answer, /proxy-status: gate; error=http_request_error/i)
  assert.equal(origin.requests.length, 0)
  assert.equal(settled[0]?.facts.refusal, 'SP_MISDIRECTED')
})

test('over cleartext HTTP/2 as well', async (t) => {
  const origin = await startOrigin(t)
  const { url } = await startProxy(t, { reverse: { upstream: origin.url }, server: { http2: true } })
  const session = http2.connect(url)
  t.after(() => session.destroy())

  const stream = session.request({ ':path': '/', ':scheme': 'https' })
  const [fields] = await once(stream, 'response')

  assert.equal(fields[':status'], 421)
  assert.equal(origin.requests.length, 0)
})

test('a trusted proxy may have ended TLS: its word is believed', async (t) => {
  const origin = await startOrigin(t)
  const { port } = await startProxy(t, {
    kernel: { trustedProxies: ['127.0.0.1'] },
    reverse: { upstream: origin.url },
  })

  assert.match(await say(port, head), /^HTTP\/1\.1 200 OK\r\n/)
  assert.equal(origin.requests[0]?.headers['x-forwarded-proto'], 'https')
})
