import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { until } from '../support/until.ts'
import { begin, stage, times } from './bed.ts'

test('stale-while-revalidate: clients get the stale answer at once, and one call in the background brings the next', async (t) => {
  let held: ServerResponse | undefined
  const { get, clock, calls } = await stage(t, (_, response) => {
    response.setHeader('Cache-Control', 'max-age=10, stale-while-revalidate=30')
    if (calls.length === 1) response.end('old')
    else held = response
  })
  await get('/page')
  clock.advance(15_000)

  const replies = await Promise.all(times(10, () => get('/page')))
  await until(() => held !== undefined, 'the call in the background')
  held?.end('new')
  await until(() => calls.length === 2, 'one call')

  for (const { text, headers, cache } of replies) {
    assert.equal(text, 'old')
    assert.equal(headers.age, '15')
    assert.match(cache, /^gate; hit; ttl=-5; detail=while-revalidating$/)
  }
  await untilText(() => get('/page'), 'new')
  assert.equal(calls.length, 2)
})

test('stale-while-revalidate: beyond its time the client waits', async (t) => {
  const { get, clock, calls } = await stage(t, (_, response) => {
    response.setHeader('Cache-Control', 'max-age=10, stale-while-revalidate=30')
    response.end(`answer ${calls.length}`)
  })
  await get('/page')
  clock.advance(40_001)

  assert.equal((await get('/page')).text, 'answer 2')
})

test('stale-while-revalidate: a background call that fails leaves what is stored, and is made again', async (t) => {
  const { get, clock, calls } = await stage(t, (_, response) => {
    if (calls.length === 2) response.socket?.destroy()
    else {
      response.setHeader('Cache-Control', 'max-age=10, stale-while-revalidate=30')
      response.end(`answer ${calls.length}`)
    }
  })
  await get('/page')
  clock.advance(15_000)

  assert.equal((await get('/page')).text, 'answer 1')
  await until(() => calls.length === 2, 'the call that fails')
  await untilText(() => get('/page'), 'answer 3')
})

test('section 6.C 110: stale-if-error stands in for 500, 502, 503 and 504, with Age and Cache-Status', async (t) => {
  let status = 200
  const { get, clock } = await stage(t, (_, response) => {
    response.statusCode = status
    response.setHeader('Cache-Control', status === 200 ? 'max-age=10, stale-if-error=60' : 'no-store')
    response.setHeader('ETag', '"1"')
    response.end(status === 200 ? 'good' : 'bad')
  })
  await get('/page')
  clock.advance(20_000)

  for (status of [500, 502, 503, 504]) {
    const { status: seen, text, headers, cache } = await get('/page')
    assert.deepEqual([seen, text, headers.age], [200, 'good', '20'])
    assert.match(cache, /hit.*detail=stale-if-error/)
  }
  status = 500
  clock.advance(51_000)
  assert.equal((await get('/page')).status, 500)
})

test('section 6.C 110: when the upstream is down the stale answer is given for `grace`, and no longer', async (t) => {
  const { get, clock, origin } = await stage(
    t,
    (_, response) => {
      response.setHeader('Cache-Control', 'max-age=10')
      response.setHeader('ETag', '"1"')
      response.end('good')
    },
    { cache: { grace: '1m' } },
  )
  await get('/page')
  await origin.close()
  clock.advance(30_000)

  const during = await get('/page')
  clock.advance(41_000)
  const after = await get('/page')

  assert.deepEqual([during.status, during.text, during.headers.age], [200, 'good', '30'])
  assert.match(during.cache, /hit.*detail=disconnected/)
  assert.equal(after.status, 502)
})

test('section 6.C 110: must-revalidate, proxy-revalidate, s-maxage and no-cache are never served stale: 504', async (t) => {
  const binding = ['max-age=10, must-revalidate', 'max-age=10, proxy-revalidate', 's-maxage=10', 'max-age=10, no-cache']
  const { get, clock, origin } = await stage(
    t,
    (request, response) => {
      response.setHeader('Cache-Control', `${binding[Number(request.url?.slice(1))]}, stale-if-error=600`)
      response.setHeader('ETag', '"1"')
      response.end('good')
    },
    { cache: { grace: '1h', staleIfError: '1h', staleWhileRevalidate: '1h' } },
  )
  for (const i of binding.keys()) await get(`/${i}`)
  await origin.close()
  clock.advance(20_000)

  for (const [i, directives] of binding.entries()) assert.equal((await get(`/${i}`)).status, 504, directives)
})

test('section 6.C 110: another error than these is no reason for a stale answer, which it takes the place of', async (t) => {
  const { get, clock, calls } = await stage(t, (_, response) => {
    response.statusCode = calls.length === 1 ? 200 : 410
    response.setHeader('Cache-Control', calls.length === 1 ? 'max-age=10, stale-if-error=600' : 'no-store')
    response.end(`answer ${calls.length}`)
  })
  await get('/page')
  clock.advance(20_000)

  assert.deepEqual([(await get('/page')).text, (await get('/page')).text], ['answer 2', 'answer 3'])
})

test('an error without anything stored is the error', async (t) => {
  const { get, origin, settled } = await stage(t, () => {})
  await origin.close()

  const { status } = await get('/page')
  await until(() => settled.length === 1, 'the end of the exchange')

  assert.equal(status, 502)
  assert.equal(settled[0]?.facts.cache, 'uri-miss')
})

test('a validation that clients wait for is one call, and renews the stored answer for all', async (t) => {
  let held: ServerResponse | undefined
  const { url, get, clock, calls, origin } = await stage(t, (_, response) => {
    response.setHeader('ETag', '"1"')
    response.setHeader('Cache-Control', 'max-age=10')
    response.setHeader('X-Count', String(calls.length))
    if (calls.length === 1) response.end('good')
    else held = response
  })
  await get('/page')
  clock.advance(20_000)

  const clients = times(10, () => begin(`${url}/page`))
  await until(() => held !== undefined, 'the validation')
  await get('/else', {}, { method: 'OPTIONS' })
  if (held !== undefined) held.statusCode = 304
  held?.end()
  const replies = await Promise.all(clients.map(({ over }) => over))

  assert.equal(origin.requests[1]?.headers['if-none-match'], '"1"')
  for (const { status, text, headers } of replies)
    assert.deepEqual([status, text, headers['x-count']], [200, 'good', '2'])
  assert.match((await get('/page')).cache, /hit; ttl=10/)
  assert.equal(calls.length, 2)
})

test('options stand in where an answer says nothing: staleWhileRevalidate and staleIfError', async (t) => {
  const { get, clock, calls } = await stage(
    t,
    (request, response) => {
      response.statusCode = calls.filter((call) => call === `GET ${request.url}`).length === 1 ? 200 : 503
      response.setHeader('Cache-Control', 'max-age=10')
      response.end(`answer ${response.statusCode}`)
    },
    { cache: { staleWhileRevalidate: '30s', staleIfError: '2m' } },
  )
  await get('/page')
  clock.advance(20_000)
  const during = await get('/page')
  await until(() => calls.length === 2, 'the call in the background')
  clock.advance(40_000)
  const after = await get('/page')

  assert.match(during.cache, /while-revalidating/)
  assert.match(after.cache, /stale-if-error/)
  assert.equal(after.text, 'answer 200')
})

async function untilText(get: () => Promise<{ text: string }>, text: string): Promise<void> {
  let last = ''
  for (let i = 0; i < 200 && last !== text; i++) last = (await get()).text
  assert.equal(last, text)
}
