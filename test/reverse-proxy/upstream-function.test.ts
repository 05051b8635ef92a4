import assert from 'node:assert/strict'
import http from 'node:http'
import { test } from 'node:test'
import { startOrigin } from '../support/app.ts'
import { ask } from './support/exchange.ts'
import { proxyTo } from './support/gate.ts'

test('the upstream may be a function, plain or with a promise', async (t) => {
  const one = await startOrigin(t)
  const two = await startOrigin(t)
  const gate = await proxyTo(t, {
    upstream: (request) => (request.url === '/one' ? one.url : Promise.resolve(two.url)),
  })

  assert.equal((await ask(gate.url, '/one')).status, 200)
  assert.equal((await ask(gate.url, '/two')).status, 200)
  assert.deepEqual([one.requests.length, two.requests.length], [1, 1])
})

const failures = {
  'that throws': () => {
    throw new Error('secret 10.0.0.7')
  },
  'that rejects': () => Promise.reject(new Error('secret 10.0.0.7')),
  'that gives no URL': () => 'secret 10.0.0.7',
  'that promises no URL': async () => 'secret 10.0.0.7',
  'that gives nothing': () => undefined as unknown as string,
} as const

for (const [what, upstream] of Object.entries(failures)) {
  test(`a function ${what} is a 502 that tells nothing`, async (t) => {
    const gate = await proxyTo(t, { upstream })

    const answer = await ask(gate.url, '/')

    assert.equal(answer.status, 502)
    assert.doesNotMatch(answer.text, /secret|10\.0/)
    assert.ok(answer.headers['proxy-status'])
  })
}

test('a thousand interleaved requests to two upstreams never cross (GHSA-v574-6498-x57v)', async (t) => {
  const named = (name: string) => startOrigin(t, (request, response) => response.end(`${name} ${request.url}`))
  const origins = { a: await named('a'), b: await named('b') }
  const gate = await proxyTo(t, {
    upstream: async (request) => {
      if (request.url.length % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
      return request.url.startsWith('/a') ? origins.a.url : origins.b.url
    },
    prefix: '/',
  })
  const agent = new http.Agent({ keepAlive: true, maxSockets: 20 })
  t.after(() => agent.destroy())

  const crossed: string[] = []
  await Promise.all(
    Array.from({ length: 1000 }, async (_, i) => {
      const name = i % 2 === 0 ? 'a' : 'b'
      const { text } = await ask(gate.url, `/${name}/${i}`, { agent })
      if (text !== `${name} /${name}/${i}`) crossed.push(text)
    }),
  )

  assert.deepEqual(crossed, [])
})
