import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { startOrigin, startProxy } from '../support/app.ts'
import { until } from '../support/until.ts'

for (const [what, sent, code, status] of [
  ['what is no HTTP', 'nonsense\r\n\r\nmore\r\n\r\n', 'SP_BAD_REQUEST', 400],
  [
    'a head that is too large',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`,
    'SP_FIELDS_TOO_LARGE',
    431,
  ],
] as const) {
  test(`${what} is settled once, with what it was answered, and nothing of what it sent`, async (t) => {
    const origin = await startOrigin(t)
    const { port, settled } = await startProxy(t, { reverse: { upstream: origin.url } })
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')

    socket.on('error', () => {})
    socket.write(sent)
    const answer = await text(socket).catch(() => '')

    await until(() => settled.length > 0, 'settled')
    assert.equal(settled.length, 1)
    const [{ target, facts, client }] = settled as [(typeof settled)[number]]
    assert.deepEqual([target.method, target.path, facts.status, facts.error], ['-', '-', status, code])
    assert.equal(client.ip, '127.0.0.1')
    if (answer !== '') assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `))
    assert.equal(origin.requests.length, 0)
  })
}

test('a connection that ends without a word is no exchange', async (t) => {
  const origin = await startOrigin(t)
  const { port, settled, url } = await startProxy(t, { reverse: { upstream: origin.url } })
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')

  socket.destroy()
  await fetch(url)

  await until(() => settled.length > 0, 'the request that came after')
  assert.equal(settled[0]?.target.method, 'GET')
})

test('content that breaks off is no exchange beside the one that it belongs to', async (t) => {
  const origin = await startOrigin(t, () => {})
  const { port, settled } = await startProxy(t, { reverse: { upstream: origin.url } })
  const socket = connect(port, '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100\r\n\r\npart')
  await until(() => origin.requests.length === 1, 'the request upstream')

  socket.destroy()

  await until(() => settled.length > 0, 'settled')
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(
    settled.map(({ facts }) => facts.error),
    ['SP_CLIENT_GONE'],
  )
})
