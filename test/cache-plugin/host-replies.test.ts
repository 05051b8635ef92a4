import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import cache, { type CacheOptions } from '../../plugins/cache/index.ts'
import { startOrigin, startProxy, type TestProxy } from '../support/app.ts'
import { type FakeClock, fakeClock } from '../support/fake-clock.ts'

interface Stage extends TestProxy {
  readonly clock: FakeClock
}

async function start(
  t: TestContext,
  hostReplies: CacheOptions['hostReplies'],
  routes: (app: FastifyInstance) => void,
  upstream?: string,
): Promise<Stage> {
  const clock = fakeClock()
  const proxy = await startProxy(t, {
    kernel: { clock },
    setup: async (app) => {
      await app.register(cache, hostReplies === undefined ? {} : { hostReplies })
      routes(app)
    },
    reverse: upstream === undefined ? false : { prefix: '/up', upstream },
  })
  return { ...proxy, clock }
}

async function get(
  url: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await fetch(url, { headers, method })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

test('a reply that had a tag is answered 304 while the tag lives, without the handler, and says its tag and freshness', async (t) => {
  let handled = 0
  const { url, clock } = await start(t, { privacy: 'public', expiresIn: 60, serverExpiresIn: 90 }, (app) => {
    app.get('/page', (_, reply) => {
      handled++
      reply.etag('"one"', 60_000).send('page')
    })
  })

  const first = await get(`${url}/page`)
  const again = await get(`${url}/page`, { 'If-None-Match': '"zero", W/"one"' })
  const other = await get(`${url}/page`, { 'If-None-Match': '"two"' })
  const any = await get(`${url}/page`, { 'If-None-Match': '*' })
  clock.advance(60_001)
  const later = await get(`${url}/page`, { 'If-None-Match': '"one"' })

  assert.equal(first.headers.get('etag'), '"one"')
  assert.equal(again.status, 304)
  assert.equal(again.headers.get('etag'), '"one"')
  for (const { headers } of [first, again]) {
    assert.equal(headers.get('cache-control'), 'public, max-age=60, s-maxage=90')
  }
  for (const { status } of [other, any, later]) assert.equal(status, 200)
  assert.equal(handled, 4)
})

test('the tag of one URL never answers for another', async (t) => {
  const { url } = await start(t, true, (app) => {
    app.get('/a', (_, reply) => reply.etag('"same"').send('a'))
    app.get('/b', (_, reply) => reply.send('b'))
  })

  await get(`${url}/a`)
  const other = await get(`${url}/b`, { 'If-None-Match': '"same"' })
  const query = await get(`${url}/a?x`, { 'If-None-Match': '"same"' })

  assert.deepEqual([other.status, other.text], [200, 'b'])
  assert.equal(query.status, 200)
})

test('the last tag of a URL is the one that counts, and none after a successful unsafe request', async (t) => {
  let tag = '"1"'
  const { url } = await start(t, true, (app) => {
    app.get('/a', (_, reply) => reply.etag(tag).send(tag))
    app.post('/a', (_, reply) => reply.etag('"post"').send('changed'))
    app.put('/a', (_, reply) => reply.code(409).send('refused'))
  })

  await get(`${url}/a`)
  tag = '"2"'
  await get(`${url}/a`)
  const old = await get(`${url}/a`, { 'If-None-Match': '"1"' })
  await get(`${url}/a`, {}, 'PUT')
  const refused = await get(`${url}/a`, { 'If-None-Match': '"2"' })
  await get(`${url}/a`, {}, 'POST')
  const changed = await get(`${url}/a`, { 'If-None-Match': '"2"' })
  const posted = await get(`${url}/a`, { 'If-None-Match': '"post"' })

  assert.equal(old.status, 200)
  assert.equal(refused.status, 304)
  assert.equal(changed.status, 200)
  assert.equal(posted.status, 200)
})

test('whoever guards the route is asked before the tag is', async (t) => {
  const { url } = await start(t, true, (app) => {
    app.get(
      '/own',
      {
        preHandler: async (request, reply) => {
          if (request.headers.authorization === undefined) return reply.code(401).send('who is there?')
        },
      },
      (_, reply) => reply.etag('"secret"').send('mine'),
    )
  })
  await get(`${url}/own`, { Authorization: 'Basic x' })

  const stranger = await get(`${url}/own`, { 'If-None-Match': '"secret"' })

  assert.equal(stranger.status, 401)
})

test('proxied routes have no hook of it: their tags, fields and conditions are those of the origin', async (t) => {
  const origin = await startOrigin(t, (request, response) => {
    response.writeHead(request.url === '/up/lost' ? 404 : 200, { ETag: '"origin"' })
    response.end('from the origin')
  })
  const { url, app } = await start(
    t,
    { privacy: 'public', expiresIn: 60 },
    (own) => {
      own.get('/host', (_, reply) => reply.etag('"host"').send('host'))
      own.get('/mixed', (_, reply) => reply.proxy({ upstream: origin.url }))
      own.get('/from', (_, reply) => reply.from(`${origin.url}/from`))
    },
    origin.url,
  )
  await get(`${url}/host`)
  await app.cache.set({ id: '"host"', segment: app.cacheSegment }, true, 60_000)

  for (const path of ['/up/page', '/up/lost', '/mixed', '/from']) {
    const first = await get(url + path)
    const again = await get(url + path, { 'If-None-Match': '"host"' })

    assert.equal(first.headers.get('cache-control'), null, path)
    assert.equal(again.text, 'from the origin', path)
    assert.equal(again.headers.get('cache-control'), null, path)
  }
  assert.equal(origin.requests.length, 8)
})

test('a tag that is no entity tag is quoted, and one that is not given is made by chance', async (t) => {
  const { url } = await start(t, true, (app) => {
    app.get('/plain', (_, reply) => reply.etag('v1').send('x'))
    app.get('/weak', (_, reply) => reply.etag('W/"v1"').send('x'))
    app.get('/chance', (_, reply) => reply.etag().send('x'))
  })

  const tags = await Promise.all(
    ['/plain', '/weak', '/chance'].map(async (path) => (await get(url + path)).headers.get('etag')),
  )
  const again = await get(`${url}/chance`, { 'If-None-Match': tags[2] as string })

  assert.deepEqual(tags.slice(0, 2), ['"v1"', 'W/"v1"'])
  assert.match(tags[2] as string, /^"[\w-]{20,}"$/)
  assert.equal(again.status, 304)
})

test('Expires is as reply.expires() says, an error is not to be stored, and HEAD knows the tags of GET', async (t) => {
  const { url } = await start(t, { privacy: 'private', expiresIn: 10 }, (app) => {
    app.get('/a', (_, reply) => reply.expires(new Date(0)).etag('"a"').send('a'))
    app.get('/bad', (_, reply) => reply.code(500).send('bad'))
  })

  const good = await get(`${url}/a`)
  const bad = await get(`${url}/bad`)
  const head = await get(`${url}/a`, { 'If-None-Match': '"a"' }, 'HEAD')

  assert.equal(good.headers.get('expires'), 'Thu, 01 Jan 1970 00:00:00 GMT')
  assert.equal(good.headers.get('cache-control'), 'private, max-age=10')
  assert.equal(bad.headers.get('cache-control'), 'no-store')
  assert.equal(head.status, 304)
})

test('a tag is known no longer than etagMaxLife', async (t) => {
  const { url, clock } = await start(t, { etagMaxLife: 5000 }, (app) => {
    app.get('/a', (_, reply) => reply.etag('"a"').send('a'))
  })
  await get(`${url}/a`)

  clock.advance(4999)
  const before = await get(`${url}/a`, { 'If-None-Match': '"a"' })
  clock.advance(2)
  const after = await get(`${url}/a`, { 'If-None-Match': '"a"' })

  assert.deepEqual([before.status, after.status], [304, 200])
})

test('values of app.cache are not shown as responses, and no purge of an http prefix takes them', async (t) => {
  const origin = await startOrigin(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60' })
    response.end('page')
  })
  const { url, app } = await start(t, true, () => {}, origin.url)
  await get(`${url}/up/page`)
  await app.cache.set('http://a.test/', 'value', 60_000)

  const listed: string[] = []
  for await (const { head } of app.httpCache.list()) listed.push(head.url)
  const purged = await app.httpCache.purge({ prefix: `${url}/` })

  assert.deepEqual(listed, [`${url}/up/page`])
  assert.equal(purged, 1)
  assert.equal((await app.cache.get('http://a.test/'))?.item, 'value')
})

test('without hostReplies there is none of it', async (t) => {
  const { app } = await start(t, undefined, () => {})

  assert.equal(app.hasDecorator('cache'), false)
  assert.equal(app.hasReplyDecorator('etag'), false)
})

test('an option that cannot work is refused at boot', async (t) => {
  const wrong: readonly [options: unknown, says: RegExp][] = [
    [{ expiresInn: 1 }, /Did you mean 'expiresIn'/],
    [{ expiresIn: '1m' }, /hostReplies\.expiresIn/],
    [{ privacy: 'public\r\nX: y' }, /hostReplies\.privacy/],
    [{ cacheSegment: '' }, /hostReplies\.cacheSegment/],
    ['yes', /hostReplies/],
  ]
  for (const [options, says] of wrong) {
    await assert.rejects(
      start(t, options as never, () => {}),
      says,
    )
  }
})
