import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { ask, begin, stage, times } from './bed.ts'

const whole = 'abcdefghijklmnopqrstuvwxyz'

/** Knows ranges; If-Range too. */
function alphabet(request: IncomingMessage, response: ServerResponse, etag = '"1"', content = whole): void {
  response.setHeader('Cache-Control', 'max-age=60')
  response.setHeader('ETag', etag)
  response.setHeader('Content-Type', 'text/plain')
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '') ?? []
  const isCurrent = request.headers['if-range'] === undefined || request.headers['if-range'] === etag
  if ((from === '' && to === '') || !isCurrent) {
    response.end(content)
    return
  }
  const first = from === '' ? content.length - Number(to) : Number(from)
  const last = from === '' || to === '' ? content.length - 1 : Math.min(Number(to), content.length - 1)
  response.writeHead(206, { 'Content-Range': `bytes ${first}-${last}/${content.length}` })
  response.end(content.slice(first, last + 1))
}

test('from a complete answer: any range, a suffix, an open end; 416 where there is nothing; several are ignored', async (t) => {
  const { get, calls } = await stage(t, alphabet)
  await get('/page')
  const rows: readonly [range: string, status: number, text: string, contentRange: string | undefined][] = [
    ['bytes=0-2', 206, 'abc', 'bytes 0-2/26'],
    ['bytes=23-', 206, 'xyz', 'bytes 23-25/26'],
    ['bytes=-2', 206, 'yz', 'bytes 24-25/26'],
    ['bytes=-100', 206, whole, 'bytes 0-25/26'],
    ['bytes=20-100', 206, 'uvwxyz', 'bytes 20-25/26'],
    ['bytes=26-', 416, '', 'bytes */26'],
    ['bytes=-0', 416, '', 'bytes */26'],
    ['bytes=0-1,3-4', 200, whole, undefined],
    ['bytes=5-1', 200, whole, undefined],
    ['lines=1-2', 200, whole, undefined],
  ]

  for (const [range, status, text, contentRange] of rows) {
    const reply = await get('/page', { Range: range })
    assert.deepEqual([reply.status, reply.text], [status, text], range)
    assert.equal(reply.headers['content-range'], contentRange, range)
    assert.equal(reply.headers['content-length'], String(text.length), range)
    assert.match(reply.cache, /hit/, range)
  }
  assert.equal(calls.length, 1)
})

test('section 6.C 107: If-Range gets the part with the tag that is stored, and all of it with another or a weak one', async (t) => {
  const { get, calls } = await stage(t, alphabet)
  await get('/page')

  const same = await get('/page', { Range: 'bytes=0-2', 'If-Range': '"1"' })
  const other = await get('/page', { Range: 'bytes=0-2', 'If-Range': '"2"' })
  const weak = await get('/page', { Range: 'bytes=0-2', 'If-Range': 'W/"1"' })
  const date = await get('/page', { Range: 'bytes=0-2', 'If-Range': 'Thu, 01 Jan 1970 00:00:00 GMT' })

  assert.deepEqual([same.status, same.text], [206, 'abc'])
  for (const { status, text } of [other, weak, date]) assert.deepEqual([status, text], [200, whole])
  assert.equal(calls.length, 1)
})

test('HEAD with Range is answered as without', async (t) => {
  const { get } = await stage(t, alphabet)
  await get('/page')

  const { status, headers } = await get('/page', { Range: 'bytes=0-2' }, { method: 'HEAD' })

  assert.deepEqual([status, headers['content-length'], headers['content-range']], [200, '26', undefined])
})

test('section 6.C 107: a part that is stored answers for what it has, and never as the whole', async (t) => {
  const { get, calls } = await stage(t, alphabet)
  const first = await get('/page', { Range: 'bytes=5-14' })
  const inside = await get('/page', { Range: 'bytes=7-9' })
  const beyond = await get('/page', { Range: 'bytes=10-19' })
  const all = await get('/page')

  assert.deepEqual([first.status, first.text], [206, 'fghijklmno'])
  assert.deepEqual([inside.status, inside.text, inside.headers['content-range']], [206, 'hij', 'bytes 7-9/26'])
  assert.match(inside.cache, /hit/)
  assert.deepEqual([beyond.status, beyond.text], [206, 'klmnopqrst'])
  assert.deepEqual([all.status, all.text], [200, whole])
  assert.equal(calls.length, 3)
})

test('two parts that touch become one, and the whole once nothing is missing', async (t) => {
  const { get, calls } = await stage(t, alphabet)
  await get('/page', { Range: 'bytes=0-9' })
  await get('/page', { Range: 'bytes=10-19' })

  const across = await get('/page', { Range: 'bytes=5-14' })
  await get('/page', { Range: 'bytes=20-25' })
  const all = await get('/page')

  assert.deepEqual([across.text, across.cache.includes('hit')], ['fghijklmno', true])
  assert.deepEqual([all.status, all.text, all.cache.includes('hit')], [200, whole, true])
  assert.equal(calls.length, 3)
})

test('parts of two representations are never put together', async (t) => {
  let etag = '"1"'
  let content = whole
  const { get } = await stage(t, (request, response) => alphabet(request, response, etag, content))
  await get('/page', { Range: 'bytes=0-9' })
  etag = '"2"'
  content = whole.toUpperCase()
  await get('/page', { Range: 'bytes=10-25' })

  const across = await get('/page', { Range: 'bytes=5-14' })
  const all = await get('/page')

  assert.equal(across.text, 'FGHIJKLMNO')
  assert.equal(all.text, whole.toUpperCase())
})

test('a beginning that is stored is completed: only the rest is fetched', async (t) => {
  const { get, calls, origin } = await stage(t, alphabet)
  await get('/page', { Range: 'bytes=0-9' })

  const all = await get('/page')
  const again = await get('/page')

  assert.deepEqual([all.status, all.text, all.headers['content-length']], [200, whole, '26'])
  assert.equal(all.headers['content-range'], undefined)
  assert.equal(origin.requests[1]?.headers.range, 'bytes=10-')
  assert.equal(origin.requests[1]?.headers['if-range'], '"1"')
  assert.match(again.cache, /hit/)
  assert.equal(calls.length, 2)
})

test('the rest of something else is not taken for the rest: all of it is fetched', async (t) => {
  let etag = '"1"'
  let content = whole
  const { get } = await stage(t, (request, response) => alphabet(request, response, etag, content))
  await get('/page', { Range: 'bytes=0-9' })
  etag = '"2"'
  content = whole.toUpperCase()

  const { status, text } = await get('/page')

  assert.deepEqual([status, text], [200, whole.toUpperCase()])
})

test('an upstream that ignores Range and If-Range, and answers 206 with another tag, spoils nothing', async (t) => {
  const { get } = await stage(t, (request, response) => {
    response.setHeader('Cache-Control', 'max-age=60')
    const isFirst = request.headers.range === 'bytes=0-9'
    response.setHeader('ETag', isFirst ? '"1"' : '"2"')
    if (request.headers.range === undefined) response.end(whole.toUpperCase())
    else if (isFirst) response.writeHead(206, { 'Content-Range': 'bytes 0-9/26' }).end(whole.slice(0, 10))
    else response.writeHead(206, { 'Content-Range': 'bytes 10-25/26' }).end(whole.toUpperCase().slice(10))
  })
  await get('/page', { Range: 'bytes=0-9' })

  const { status, text } = await get('/page')

  assert.deepEqual([status, text], [200, whole.toUpperCase()])
})

test('a range that is asked for by many at a time is one call', async (t) => {
  let go: (() => void) | undefined
  const { url, calls } = await stage(t, (request, response) => {
    go = () => alphabet(request, response)
  })
  const clients = times(10, () => begin(`${url}/page`, { Range: 'bytes=0-2' }))
  while (go === undefined) await ask(url, {}, { method: 'OPTIONS' })
  await ask(url, {}, { method: 'OPTIONS' })

  go()
  const replies = await Promise.all(clients.map(({ over }) => over))

  for (const { status, text } of replies) assert.deepEqual([status, text], [206, 'abc'])
  assert.equal(calls.length, 1)
})

test('416 of the origin is passed on, and not given to the next one that asks for the whole', async (t) => {
  const { get } = await stage(t, (request, response) => {
    if (request.headers.range === undefined) alphabet(request, response)
    else response.writeHead(416, { 'Content-Range': 'bytes */26', 'Cache-Control': 'max-age=60' }).end()
  })

  const refused = await get('/page', { Range: 'bytes=90-' })
  const all = await get('/page')

  assert.equal(refused.status, 416)
  assert.deepEqual([all.status, all.text], [200, whole])
})
