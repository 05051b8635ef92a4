import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../support/until.ts'
import { stage, times } from './bed.ts'

const HEAD = { method: 'HEAD' }

test('HEAD gets the stale answer that GET gets: when the upstream is down, and in place of an error', async (t) => {
  let mode = 'well'
  const { get, clock } = await stage(t, (_, response) => {
    if (mode === 'down') response.socket?.destroy()
    else if (mode === 'failing') response.writeHead(503).end()
    else response.setHeader('Cache-Control', 'max-age=10, stale-if-error=100').end('page')
  })
  await get('/page')
  clock.advance(20_000)

  mode = 'down'
  const down = await get('/page', {}, HEAD)
  assert.equal(down.status, 200)
  assert.match(down.cache, /^gate; hit; ttl=-10; detail=disconnected$/)
  assert.equal(down.headers['content-length'], '4')
  mode = 'failing'
  const failing = await get('/page', {}, HEAD)
  assert.equal(failing.status, 200)
  assert.match(failing.cache, /^gate; hit; ttl=-10; detail=stale-if-error$/)
  assert.equal(failing.text, '')
})

test('HEAD of what must be validated is an error when the upstream is down', async (t) => {
  const { get, calls, clock } = await stage(t, (_, response) => {
    if (calls.length > 1) response.socket?.destroy()
    else response.writeHead(200, { 'Cache-Control': 'max-age=10, must-revalidate', ETag: '"a"' }).end('page')
  })
  await get('/page')
  clock.advance(20_000)

  assert.equal((await get('/page', {}, HEAD)).status, 504)
})

test('RFC 9111 4.3.4: HEAD validates what is stored, and its 304 renews that for all', async (t) => {
  const { get, calls, clock } = await stage(t, (request, response) => {
    response.setHeader('Cache-Control', 'max-age=10')
    response.setHeader('ETag', '"a"')
    if (request.headers['if-none-match'] === '"a"') response.writeHead(304).end()
    else response.end('page')
  })
  await get('/page')
  clock.advance(20_000)

  const { status, headers } = await get('/page', {}, HEAD)
  assert.equal(status, 200)
  assert.equal(headers['content-length'], '4')
  const { text, cache } = await get('/page')
  assert.equal(text, 'page')
  assert.match(cache, /^gate; hit; ttl=10$/)
  assert.deepEqual(calls, ['GET /page', 'HEAD /page'])
})

test('stale-while-revalidate: one HEAD in the background renews what is stored', async (t) => {
  const { get, calls, clock } = await stage(t, (request, response) => {
    response.setHeader('Cache-Control', 'max-age=10, stale-while-revalidate=60')
    response.setHeader('ETag', '"a"')
    if (request.headers['if-none-match'] === '"a"') response.writeHead(304).end()
    else response.end('page')
  })
  await get('/page')
  clock.advance(20_000)

  assert.match((await get('/page', {}, HEAD)).cache, /detail=while-revalidating$/)
  await until(() => calls.length === 2, 'the call in the background')
  // The answer that renews it may come a moment later.
  const deadline = performance.now() + 5_000
  while (!/^gate; hit; ttl=10$/.test((await get('/page', {}, HEAD)).cache)) {
    assert.ok(performance.now() < deadline, `still stale after ${calls}`)
  }
  assert.ok(calls.every((call, i) => call === (i === 0 ? 'GET /page' : 'HEAD /page')))
})

test('nobody that asks for content waits for a HEAD', async (t) => {
  const { get, calls, clock } = await stage(t, (request, response) => {
    response.setHeader('Cache-Control', 'max-age=10')
    response.setHeader('ETag', calls.length === 1 ? '"a"' : '"b"')
    response.end(request.method === 'HEAD' ? undefined : `answer ${calls.length}`)
  })
  await get('/page')
  clock.advance(20_000)

  const replies = await Promise.all(times(6, (i) => get('/page', {}, i % 2 === 0 ? HEAD : {})))
  for (const [i, { status, text }] of replies.entries()) {
    assert.equal(status, 200)
    assert.equal(text === '', i % 2 === 0)
  }
})
