import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { until } from '../support/until.ts'
import { stage } from './bed.ts'

test('what one client alone has asked for is not stored either when it was purged on its way', async (t) => {
  const held: ServerResponse[] = []
  const { get, calls, app, url } = await stage(t, (_request, response) => {
    if (calls.length === 2) held.push(response)
    else response.writeHead(200, { 'Cache-Control': calls.length === 1 ? 'no-store' : 'max-age=60' }).end('new')
  })
  // An answer that was for one alone: those that come next do not wait for one another.
  await get('/page')

  const old = get('/page')
  await until(() => held.length === 1, 'the request at the origin')
  await app.httpCache.purge({ url: `${url}/page` })
  held[0]?.writeHead(200, { 'Cache-Control': 'max-age=60' }).end('old')

  assert.equal((await old).text, 'old')
  assert.equal((await get('/page')).text, 'new')
})
