import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { until } from '../support/until.ts'
import { begin, stage } from './bed.ts'

const stored = { 'Cache-Control': 'max-age=60', ETag: '"1"' }

test('No-Vary-Search 6: two that wait for one answer by a rule that this answer does not have each get their own', async (t) => {
  const held = new Map<string, ServerResponse>()
  const { get, url, app } = await stage(t, ({ url = '' }, response) => {
    if (url.includes('other')) response.writeHead(200, { ...stored, 'No-Vary-Search': 'params=("user")' }).end()
    else held.set(url, response)
  })
  await get('/page?user=x&other')

  const a = begin(`${url}/page?user=a`)
  await until(() => held.has('/page?user=a'), 'the call')
  const b = begin(`${url}/page?user=b`)
  await until(() => app.httpCache.stats().requests.collapsed === 1, 'the other one to wait')
  held.get('/page?user=a')?.writeHead(200, stored).end('for a')
  await until(() => held.has('/page?user=b'), 'a call of its own')
  held.get('/page?user=b')?.writeHead(200, stored).end('for b')

  assert.equal((await a.over).text, 'for a')
  assert.equal((await b.over).text, 'for b')
})

test('No-Vary-Search 6: a 304 that does not repeat the rule leaves it as it is', async (t) => {
  const { get, calls } = await stage(t, ({ headers }, response) => {
    if (headers['if-none-match'] !== undefined) response.writeHead(304, stored).end()
    else response.writeHead(200, { ...stored, 'No-Vary-Search': 'params=("user")' }).end('content')
  })
  await get('/page?user=a')
  await get('/page?user=b', { 'Cache-Control': 'no-cache' })
  assert.match((await get('/page?user=c')).cache, /; hit/)
  assert.equal(calls.length, 2)
})

test('No-Vary-Search 6: a 304 with a narrower rule: what was stored by the wider one answers no more', async (t) => {
  const { get } = await stage(t, ({ headers, url }, response) => {
    if (headers['if-none-match'] === undefined) {
      response.writeHead(200, { ...stored, 'No-Vary-Search': 'params=("user" "x")' }).end(url)
    } else response.writeHead(304, { ...stored, 'No-Vary-Search': 'params=("x")' }).end()
  })
  await get('/page?user=a')
  await get('/page?user=a', { 'Cache-Control': 'no-cache' })
  assert.equal((await get('/page?user=b')).text, '/page?user=b')
})
