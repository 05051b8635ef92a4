import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stage } from './bed.ts'

test('CDN-Cache-Control counts in place of Cache-Control and Expires, and both go to the client as they came', async (t) => {
  const { get, clock } = await stage(t, (request, response) => {
    const isShort = request.url === '/short'
    response.writeHead(200, {
      'CDN-Cache-Control': isShort ? 'max-age=5' : 'max-age=600',
      'Cache-Control': isShort ? 'max-age=600' : 'no-store',
      Expires: 'Thu, 01 Jan 1970 00:00:00 GMT',
    })
    response.end('content')
  })
  for (const path of ['/short', '/long']) await get(path)
  clock.advance(60_000)

  const short = await get('/short')
  const long = await get('/long')

  assert.doesNotMatch(short.cache, /hit/)
  assert.match(long.cache, /hit/)
  assert.deepEqual([long.headers['cache-control'], long.headers['cdn-cache-control']], ['no-store', 'max-age=600'])
})

test('our own targeted field goes before that of all caches, one that is no dictionary is as if it were not there', async (t) => {
  const { get } = await stage(t, (request, response) => {
    if (request.url === '/own') {
      response.setHeader('Sallyport-Cache-Control', 'no-store')
      response.setHeader('CDN-Cache-Control', 'max-age=60')
    } else response.setHeader('CDN-Cache-Control', 'max-age=60, =broken')
    response.writeHead(200, { 'Cache-Control': request.url === '/broken' ? 'no-store' : 'max-age=60' })
    response.end()
  })
  for (const path of ['/own', '/broken']) await get(path)

  for (const path of ['/own', '/broken']) assert.doesNotMatch((await get(path)).cache, /hit/, path)
})

test('Surrogate-Control is for the surrogate that says its name to the origin', async (t) => {
  const { get, origin } = await stage(
    t,
    (_, response) => {
      response.writeHead(200, { 'Surrogate-Control': 'max-age=60, content="ESI/1.0"', 'Cache-Control': 'no-store' })
      response.end()
    },
    { cache: { surrogate: 'edge' } },
  )
  await get('/page')

  const { cache } = await get('/page')

  assert.match(String(origin.requests[0]?.headers['surrogate-capability']), /edge="Surrogate\/1\.0"/)
  assert.match(cache, /hit/)
})

test('No-Vary-Search: parameters that it names are no part of the key, others are', async (t) => {
  const { get, calls } = await stage(t, (request, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60', 'No-Vary-Search': 'params=("utm" "ref"), key-order' })
    response.end(`answer to ${request.url}`)
  })
  await get('/page?id=1&utm=a')

  const same = await get('/page?utm=b&id=1&ref=c')
  const other = await get('/page?id=2&utm=a')

  assert.match(same.cache, /hit/)
  assert.equal(same.text, 'answer to /page?id=1&utm=a')
  assert.equal(other.text, 'answer to /page?id=2&utm=a')
  assert.equal(calls.length, 2)
})

test('No-Vary-Search that cannot be read is none', async (t) => {
  const { get, calls } = await stage(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60', 'No-Vary-Search': 'params=("utm"' })
    response.end()
  })
  await get('/page?utm=a')
  await get('/page?utm=b')

  assert.equal(calls.length, 2)
})

test('what No-Vary-Search joins is purged and invalidated together', async (t) => {
  const { get, url, app } = await stage(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60', 'No-Vary-Search': 'params=("utm")' })
    response.end()
  })
  await get('/page?id=1&utm=a')
  await get('/page?id=1&utm=b', {}, { method: 'PUT' })
  const invalidated = await get('/page?id=1&utm=c')

  const purged = await app.httpCache.purge({ url: `${url}/page?id=1&utm=d` })

  assert.doesNotMatch(invalidated.cache, /hit/)
  assert.equal(purged, 1)
})
