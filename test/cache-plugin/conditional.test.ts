import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stage } from './bed.ts'

const modified = 'Thu, 01 Jan 2026 00:00:00 GMT'

test('a fresh stored answer says 304 to whom has it, without the origin, and keeps what describes it', async (t) => {
  const { get, calls } = await stage(t, (_, response) => {
    response.writeHead(200, {
      'Cache-Control': 'max-age=60',
      ETag: '"1"',
      'Last-Modified': modified,
      'Content-Type': 'text/plain',
      Vary: 'X-Kind',
    })
    response.end('content')
  })
  await get('/page')
  const rows: readonly [fields: Record<string, string>, status: number][] = [
    [{ 'If-None-Match': '"1"' }, 304],
    [{ 'If-None-Match': 'W/"1"' }, 304],
    [{ 'If-None-Match': '"0", "1"' }, 304],
    [{ 'If-None-Match': '*' }, 304],
    [{ 'If-None-Match': '"2"' }, 200],
    [{ 'If-None-Match': '"2"', 'If-Modified-Since': modified }, 200],
    [{ 'If-Modified-Since': modified }, 304],
    [{ 'If-Modified-Since': 'Wed, 31 Dec 2025 23:59:59 GMT' }, 200],
    [{ 'If-Modified-Since': 'yesterday' }, 200],
  ]

  for (const [fields, status] of rows) {
    const reply = await get('/page', fields)
    assert.equal(reply.status, status, JSON.stringify(fields))
    assert.match(reply.cache, /hit/)
    if (status === 304) {
      assert.deepEqual([reply.headers.etag, reply.headers.vary, reply.headers.age], ['"1"', 'X-Kind', '0'])
      assert.deepEqual([reply.headers['content-length'], reply.text], [undefined, ''])
    }
  }
  assert.equal(calls.length, 1)
})

test('a conditional miss is asked for whole, so that all can have it, and the client gets its 304', async (t) => {
  const { get, calls, origin } = await stage(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60', ETag: '"1"' })
    response.end('content')
  })

  const first = await get('/page', { 'If-None-Match': '"1"' })
  const second = await get('/page')

  assert.equal(first.status, 304)
  assert.equal(origin.requests[0]?.headers['if-none-match'], undefined)
  assert.deepEqual([second.text, second.cache.includes('hit')], ['content', true])
  assert.equal(calls.length, 1)
})

test('If-Match and If-Unmodified-Since go to the origin as they are, whatever is stored', async (t) => {
  const { get, calls, origin } = await stage(t, (request, response) => {
    response.statusCode = request.headers['if-match'] === '"2"' ? 412 : 200
    response.setHeader('Cache-Control', 'max-age=60')
    response.setHeader('ETag', '"1"')
    response.end('content')
  })
  await get('/page')

  const failed = await get('/page', { 'If-Match': '"2"' })
  await get('/page', { 'If-Unmodified-Since': modified })
  const after = await get('/page')

  assert.equal(failed.status, 412)
  assert.equal(origin.requests[1]?.headers['if-match'], '"2"')
  assert.equal(origin.requests[2]?.headers['if-unmodified-since'], modified)
  assert.deepEqual([after.status, after.cache.includes('hit')], [200, true])
  assert.equal(calls.length, 3)
})

test("a validation asks with the stored answer's validators, and the client's own conditions are judged after it", async (t) => {
  const { get, clock, origin } = await stage(t, (request, response) => {
    response.setHeader('Cache-Control', 'max-age=10')
    response.setHeader('ETag', '"1"')
    response.setHeader('Last-Modified', modified)
    if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end()
    else response.end('content')
  })
  await get('/page')

  clock.advance(11_000)
  const has = await get('/page', { 'If-None-Match': '"1"' })
  clock.advance(11_000)
  const hasNot = await get('/page', { 'If-None-Match': '"0"' })

  assert.equal(has.status, 304)
  assert.deepEqual([hasNot.status, hasNot.text], [200, 'content'])
  for (const i of [1, 2]) {
    assert.equal(origin.requests[i]?.headers['if-none-match'], '"1"')
    assert.equal(origin.requests[i]?.headers['if-modified-since'], modified)
  }
})

test('a 304 brings new fields to what is stored, and its end-to-end fields alone', async (t) => {
  const { get, clock } = await stage(t, (request, response) => {
    response.setHeader('Cache-Control', 'max-age=10')
    response.setHeader('ETag', '"1"')
    if (request.headers['if-none-match'] === undefined) {
      response.setHeader('X-New', 'old')
      response.end('content')
    } else {
      response.writeHead(304, { 'X-New': 'new', 'X-Hop': 'no', Connection: 'keep-alive, X-Hop' }).end()
    }
  })
  await get('/page')
  clock.advance(11_000)
  await get('/page')

  const { headers, text, cache } = await get('/page')

  assert.match(cache, /hit/)
  assert.deepEqual(
    [headers['x-new'], headers['x-hop'], headers['content-length'], text],
    ['new', undefined, '7', 'content'],
  )
})

test('only-if-cached: what is stored, or 504 without a call', async (t) => {
  const { get, calls } = await stage(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60' })
    response.end('content')
  })

  const before = await get('/page', { 'Cache-Control': 'only-if-cached' })
  await get('/page')
  const after = await get('/page', { 'Cache-Control': 'only-if-cached' })

  assert.equal(before.status, 504)
  assert.equal(after.text, 'content')
  assert.equal(calls.length, 1)
})

test('directives of requests are obeyed, or with requestDirectives: ignore not', async (t) => {
  for (const requestDirectives of ['obey', 'ignore'] as const) {
    const { get, clock, calls } = await stage(
      t,
      (_, response) => {
        response.writeHead(200, { 'Cache-Control': 'max-age=60' })
        response.end('content')
      },
      { cache: { requestDirectives } },
    )
    await get('/page')
    clock.advance(20_000)

    await get('/page', { 'Cache-Control': 'no-cache' })
    clock.advance(20_000)
    await get('/page', { 'Cache-Control': 'max-age=5' })
    clock.advance(20_000)
    await get('/page', { 'Cache-Control': 'min-fresh=50' })
    await get('/new', { 'Cache-Control': 'no-store' })
    await get('/new')

    assert.equal(calls.length, requestDirectives === 'obey' ? 6 : 3, requestDirectives)
  }
})

test('max-stale takes what is stale, and not what must be validated', async (t) => {
  const { get, clock } = await stage(t, (request, response) => {
    const more = request.url === '/bound' ? ', must-revalidate' : ''
    response.writeHead(200, { 'Cache-Control': `max-age=10${more}`, ETag: '"1"' })
    response.end('content')
  })
  await get('/page')
  await get('/bound')
  clock.advance(30_000)

  const page = await get('/page', { 'Cache-Control': 'max-stale=60' })
  const bound = await get('/bound', { 'Cache-Control': 'max-stale=60' })

  assert.match(page.cache, /hit.*detail=stale/)
  assert.match(bound.cache, /fwd=stale/)
})
