import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import { test } from 'node:test'
import { request } from 'undici'
import { startOrigin, startProxy } from '../support/app.ts'
import { until } from '../support/until.ts'
import { openWire } from '../support/wire.ts'

/** What keeps a process alive, by kind. */
function count(): Record<string, number> {
  const kinds: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo().sort()) {
    if (/TCP|TLS|Timeout|FSReq/.test(kind)) kinds[kind] = (kinds[kind] ?? 0) + 1
  }
  return kinds
}

for (const http2 of [false, true]) {
  test(`a closed app leaves nothing behind: no socket, no timer, no upstream connection (${http2 ? 'HTTP/2' : 'HTTP/1.1'})`, async (t) => {
    const origin = await startOrigin(t)
    await until(() => count().TCPServerWrap === 1, "the end of the test before: the origin's socket alone")
    const before = count()
    const proxy = await startProxy(t, { server: http2 ? { http2 } : {}, reverse: { upstream: origin.url } })
    assert.notDeepEqual(count(), before)
    if (http2) {
      const session = connect(proxy.url)
      for (let i = 0; i < 5; i++) {
        const stream = session.request({ ':path': '/' })
        stream.resume().end()
        await new Promise((resolve) => stream.once('close', resolve))
      }
      session.destroy()
    } else {
      for (let i = 0; i < 5; i++) {
        const wire = await openWire(t, proxy.port)
        wire.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
        await wire.ended()
        wire.socket.destroy()
      }
    }
    await request(origin.url, { dispatcher: proxy.app.proxy.dispatcher }).then(({ body }) => body.dump())

    await proxy.app.close()

    await until(
      () => JSON.stringify(count()) === JSON.stringify(before),
      () => `${JSON.stringify(before)} again, but ${JSON.stringify(count())}`,
    )
  })
}
