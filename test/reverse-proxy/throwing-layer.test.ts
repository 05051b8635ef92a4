import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import { test } from 'node:test'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { ask } from './support/exchange.ts'
import { openGate } from './support/gate.ts'

for (const protocol of ['HTTP/1.1', 'HTTP/2']) {
  test(`a layer that throws is a 500 that tells nothing, over ${protocol}`, async (t) => {
    const upstream = async (): Promise<string> => 'http://127.0.0.1:1'
    const gate = await openGate(
      t,
      async (app) => {
        app.proxy.layer('observe', () => () => {
          throw new Error('secret')
        })
        await app.register(reverseProxy, { upstream })
      },
      { server: { http2: protocol === 'HTTP/2' } },
    )

    if (protocol === 'HTTP/1.1') {
      const answer = await ask(gate.url, '/')
      assert.equal(answer.status, 500)
      assert.doesNotMatch(answer.text, /secret/)
      return
    }
    const session = http2.connect(gate.url)
    t.after(() => session.destroy())
    const [head] = await once(session.request({ ':path': '/' }), 'response')
    assert.equal(head[':status'], 500)
  })
}
