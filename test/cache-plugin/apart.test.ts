import assert from 'node:assert/strict'
import { test } from 'node:test'
import balance from '../../plugins/balance/index.ts'
import { startOrigin } from '../support/app.ts'
import { ask, stage, times } from './bed.ts'

const fresh = { 'Cache-Control': 'max-age=60' }

test('section 6.C 94: one path on two hosts, two ports and two schemes is as many entries', async (t) => {
  const { get, calls } = await stage(
    t,
    (request, response) => {
      response.writeHead(200, fresh)
      response.end(`${request.headers.host} ${request.headers['x-forwarded-proto']}`)
    },
    { kernel: { trustedProxies: ['127.0.0.1'] } },
  )
  const asked: readonly [host: string, proto: string][] = [
    ['a.test', 'http'],
    ['b.test', 'http'],
    ['a.test:8080', 'http'],
    ['a.test', 'https'],
  ]
  for (const [host, proto] of asked) await get('/page', { 'X-Forwarded-Proto': proto }, { host })

  for (const [host, proto] of asked) {
    const { text, cache } = await get('/page', { 'X-Forwarded-Proto': proto }, { host })
    assert.deepEqual([text, cache.includes('hit')], [`${host} ${proto}`, true])
  }
  assert.equal(calls.length, asked.length)
})

test('section 6.C 94: one host in two spellings is one entry', async (t) => {
  const { get, calls } = await stage(t, (_, response) => {
    response.writeHead(200, fresh)
    response.end()
  })
  for (const host of ['a.test', 'A.TEST', 'a.test:80']) await get('/page', {}, { host })

  assert.equal(calls.length, 1)
})

test('two upstreams behind one URL never share: by a function, under load', async (t) => {
  const origins = await Promise.all(
    times(3, (i) =>
      startOrigin(t, (_, response) => {
        response.writeHead(200, fresh)
        response.end(`origin ${i}`)
      }),
    ),
  )
  const { url } = await stage(t, () => {}, {
    reverse: { upstream: (request) => origins[Number(request.headers['x-tenant'])]?.url as string },
  })

  const replies = await Promise.all(times(300, (i) => ask(`${url}/page`, { 'X-Tenant': String(i % 3) })))

  for (const [i, { text }] of replies.entries()) assert.equal(text, `origin ${i % 3}`)
  for (const { requests } of origins) assert.equal(requests.length, 1)
})

test('two upstreams of one authority and two paths, chosen by a function, never share', async (t) => {
  const { get, origin } = await stage(
    t,
    (request, response) => {
      response.writeHead(200, fresh)
      response.end(request.url)
    },
    { reverse: { upstream: (request) => `${origin.url}/${request.headers['x-tenant']}` } },
  )

  const texts = []
  for (const tenant of ['a', 'b', 'a']) texts.push((await get('/page', { 'X-Tenant': tenant })).text)

  assert.deepEqual(texts, ['/a/page', '/b/page', '/a/page'])
})

test('two pools behind one URL never share', async (t) => {
  const [a, b] = await Promise.all(
    ['a', 'b'].map((name) =>
      startOrigin(t, (_, response) => {
        response.writeHead(200, fresh)
        response.end(name)
      }),
    ),
  )
  const { get } = await stage(t, () => {}, {
    reverse: false,
    setup: (app) => {
      app.get('/page', (request, reply) =>
        reply.proxy(
          request.headers['x-beta'] === undefined ? { upstream: a?.url as string } : { upstream: b?.url as string },
        ),
      )
    },
  })

  const texts = []
  for (const fields of [{}, { 'X-Beta': '1' }, {}, { 'X-Beta': '1' }]) texts.push((await get('/page', fields)).text)

  assert.deepEqual(texts, ['a', 'b', 'a', 'b'])
})

test('two pools of one authority and two paths never share', async (t) => {
  const { get } = await stage(
    t,
    (request, response) => {
      response.writeHead(200, fresh)
      response.end(request.url)
    },
    {
      reverse: false,
      setup: (app, origin) => {
        app.get('/page', (request, reply) =>
          reply.proxy({ upstream: `${origin.url}/${request.headers['x-tenant'] === 'a' ? 'a' : 'b'}` }),
        )
      },
    },
  )

  const texts = []
  for (const tenant of ['a', 'b', 'a']) texts.push((await get('/page', { 'X-Tenant': tenant })).text)

  assert.deepEqual(texts, ['/a/page', '/b/page', '/a/page'])
})

test('split pools: who is sent to the other pool never gets the answer of the first', async (t) => {
  const [a, b] = await Promise.all(
    ['a', 'b'].map((name) =>
      startOrigin(t, (_, response) => {
        response.writeHead(200, fresh)
        response.end(name)
      }),
    ),
  )
  const pools = { a: { upstreams: [a?.url as string] }, b: { upstreams: [b?.url as string] } }
  const { get } = await stage(t, () => {}, {
    reverse: false,
    setup: async (app) => {
      await app.register(balance, { pools })
      const split = {
        pools: [
          { pool: 'a', weight: 1 },
          { pool: 'b', weight: 0 },
        ],
        rules: [{ pool: 'b', when: { field: 'x-beta' } }],
      }
      app.get('/page', { config: { proxy: { split } } }, app.proxy.handler as never)
    },
  })

  const texts = []
  for (const fields of [{}, { 'X-Beta': '1' }, {}, { 'X-Beta': '1' }]) texts.push((await get('/page', fields)).text)

  assert.deepEqual(texts, ['a', 'b', 'a', 'b'])
})

test('another path on the way to the origin is another entry: rewritten by reply.proxy', async (t) => {
  const { get } = await stage(
    t,
    (request, response) => {
      response.writeHead(200, fresh)
      response.end(request.url)
    },
    {
      reverse: false,
      setup: (app, origin) => {
        app.get('/page', (request, reply) =>
          reply.proxy({ upstream: origin.url, path: `/${request.headers['x-tenant']}/page` }),
        )
      },
    },
  )

  const texts = []
  for (const tenant of ['a', 'b', 'a']) texts.push((await get('/page', { 'X-Tenant': tenant })).text)

  assert.deepEqual(texts, ['/a/page', '/b/page', '/a/page'])
})
