import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { test } from 'node:test'
import { stage, times } from './bed.ts'

const odd: readonly (readonly [string, Record<string, string>])[] = [
  ['no-store', { 'Cache-Control': 'no-cache, no-store' }],
  ['Authorization', { 'Cache-Control': 'no-cache', Authorization: 'Basic YTpi' }],
  ['a field that the origin does not like', { 'Cache-Control': 'no-cache', 'X-Odd': '1' }],
]

const answer: RequestListener = (request, response) => {
  if (request.headers['x-odd'] !== undefined) response.writeHead(400).end('odd')
  else response.writeHead(200, { 'Cache-Control': 'max-age=60', ETag: '"1"' }).end('content')
}

for (const [name, fields] of odd) {
  test(`section 6.C 100: a request with ${name} neither takes what is stored from others nor parts those that wait`, async (t) => {
    const { get, calls, app } = await stage(t, answer)
    await get('/page')
    await get('/page', fields)
    assert.match((await get('/page')).cache, /; hit/)
    assert.equal(calls.length, 2)

    await app.httpCache.purge({ all: true })
    await Promise.all(times(20, () => get('/page')))
    assert.equal(calls.length, 3)
  })
}
