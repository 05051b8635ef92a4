import assert from 'node:assert/strict'
import { test } from 'node:test'
import cache from '../../plugins/cache/index.ts'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { startOrigin, startProxy } from '../support/app.ts'

test('what a route says of caching reaches the cache: one is answered from it, the other is not', async (t) => {
  let asked = 0
  const origin = await startOrigin(t, (_request, response) => {
    asked++
    response.writeHead(200, { 'Cache-Control': 'max-age=60' })
    response.end(String(asked))
  })
  const { url } = await startProxy(t, {
    setup: async (app) => {
      await app.register(cache)
      await app.register(reverseProxy, { upstream: origin.url, prefix: '/kept', cache: true })
      await app.register(reverseProxy, { upstream: origin.url, prefix: '/asked', cache: false })
    },
  })

  const kept = [await textOf(`${url}/kept`), await textOf(`${url}/kept`)]
  const fresh = [await textOf(`${url}/asked`), await textOf(`${url}/asked`)]

  assert.deepEqual(kept, ['1', '1'])
  assert.deepEqual(fresh, ['2', '3'])
})

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text()
}
