import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { test } from 'node:test'
import { startProxy } from '../support/app.ts'
import { until } from '../support/until.ts'

for (const [how, head, options] of [
  ['HTTP/1.1', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', {}],
  ['HTTP/2', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', { http2: true }],
  ['an upgrade', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', {}],
] as const) {
  test(`${how}: a client that leaves while the upstream is dialled gives its place back at once`, async (t) => {
    // Accepts the connection and never says hello: the TLS handshake stands still.
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    t.after(() => silent.close())
    const accepted = once(silent, 'connection')
    const { port: origin } = silent.address() as { port: number }
    const { app, port, settled } = await startProxy(t, {
      reverse: { pool: { upstreams: [`https://127.0.0.1:${origin}`], ...options } },
    })
    const client = connect(port, '127.0.0.1')
    client.write(head)
    const [dialled] = await accepted

    client.destroy()

    const closed = once(dialled.resume(), 'close')
    await until(() => settled.length === 1, 'settled', 2000)
    assert.equal(settled[0]?.facts.error, 'SP_CLIENT_GONE')
    if (how !== 'HTTP/2') await closed
    else dialled.destroy()
    const began = performance.now()
    await app.close()
    assert.ok(performance.now() - began < 2000, 'the close waits for no dial')
  })
}
