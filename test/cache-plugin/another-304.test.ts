import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stage, times } from './bed.ts'

test('RFC 9111 4.3.4: a 304 with a strong tag that is not the stored one renews nothing: the whole is fetched', async (t) => {
  const { get, calls, clock } = await stage(t, (request, response) => {
    const isFirst = calls.length === 1
    response.setHeader('Cache-Control', 'max-age=10')
    response.setHeader('ETag', isFirst ? '"a"' : '"b"')
    // It has something else by now, and does not look at the tag that it is asked about.
    if (request.headers['if-none-match'] !== undefined) response.writeHead(304).end()
    else response.end(isFirst ? 'old' : 'new')
  })
  await get('/page')
  clock.advance(20_000)

  for (const { text, headers } of await Promise.all(times(5, () => get('/page')))) {
    assert.equal(text, 'new')
    assert.equal(headers.etag, '"b"')
  }
  assert.equal(calls.length, 3)
  assert.match((await get('/page')).cache, /^gate; hit/)
})

test('a 304 with the stored tag, strong where the stored one is weak, renews it', async (t) => {
  const { get, calls, clock } = await stage(t, (request, response) => {
    response.setHeader('Cache-Control', 'max-age=10')
    if (request.headers['if-none-match'] !== undefined) response.writeHead(304, { ETag: '"a"' }).end()
    else response.writeHead(200, { ETag: 'W/"a"' }).end('page')
  })
  await get('/page')
  clock.advance(20_000)

  const { status, text, cache } = await get('/page')
  assert.equal(status, 200)
  assert.equal(text, 'page')
  assert.match(cache, /fwd-status=304; stored/)
  assert.equal(calls.length, 2)
})

test('an upstream that says 304 to every request is asked a few times, and no more', async (t) => {
  const { get, calls, clock } = await stage(t, (_, response) => {
    response.setHeader('Cache-Control', 'max-age=10')
    if (calls.length === 1) response.writeHead(200, { ETag: '"a"' }).end('page')
    else response.writeHead(304, { ETag: '"b"' }).end()
  })
  await get('/page')
  clock.advance(20_000)

  await get('/page')
  assert.ok(calls.length < 6, `${calls.length} calls`)
})
