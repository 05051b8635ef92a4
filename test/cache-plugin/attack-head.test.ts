import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { until } from '../support/until.ts'
import { begin, stage } from './bed.ts'

const fields = { 'Cache-Control': 'max-age=60', ETag: '"1"' }

test('RFC 9111 4.3.5: a purge while HEAD validates what is stored: the client that asked for no 304 gets none', async (t) => {
  let held: ServerResponse | undefined
  const { get, url, app } = await stage(t, ({ headers }, response) => {
    if (headers['if-none-match'] !== undefined) held = response
    else response.writeHead(200, { ...fields, 'Content-Length': 7 }).end('content')
  })
  await get('/page')
  const client = begin(`${url}/page`, { 'Cache-Control': 'no-cache' }, { method: 'HEAD' })
  await until(() => held !== undefined || client.status !== 0, 'the validation')
  await app.httpCache.purge({ all: true })
  held?.writeHead(304, fields).end()
  assert.equal((await client.over).status, 200)
})

for (const odd of [{ Authorization: 'Basic YTpi' }, { 'Cache-Control': 'no-cache, no-store' }]) {
  test(`section 6.C 100: HEAD with ${Object.keys(odd)} does not make stale what is stored for others`, async (t) => {
    const { get, calls } = await stage(t, (_, response) => {
      response.writeHead(200, { ...fields, 'Content-Length': 7 }).end('content')
    })
    await get('/page')
    await get('/page', { 'Cache-Control': 'no-cache', ...odd }, { method: 'HEAD' })
    assert.equal(calls.length, 2)
    assert.match((await get('/page')).cache, /; hit/)
    assert.equal(calls.length, 2)
  })
}
