import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { begin, stage } from './bed.ts'

const post = { method: 'POST', body: 'x' }
const fields = { 'Cache-Control': 'max-age=60', 'Content-Location': '/page' }

test('section 6.C 95: a POST with fields that no GET carries to the origin is not stored for those that GET', async (t) => {
  const { get } = await stage(t, (request, response) => {
    response.writeHead(200, fields)
    response.end(`${request.method} ${request.headers['x-original-url']}`)
  })
  assert.equal((await get('/page', { 'X-Original-URL': '/evil' }, post)).text, 'POST /evil')
  assert.equal((await get('/page')).text, 'GET undefined')
})

test('a POST that goes past the cache is not stored for those that GET', async (t) => {
  const { get } = await stage(
    t,
    (request, response) => {
      response.writeHead(200, fields)
      response.end(`${request.method} ${request.headers.cookie}`)
    },
    { cache: { bypass: { cookies: ['session'] } } },
  )
  assert.equal((await get('/page', { Cookie: 'session=1' }, post)).text, 'POST session=1')
  assert.equal((await get('/page')).text, 'GET undefined')
})

test('RFC 9110 8.7: two Content-Locations say nothing of what the content is', async (t) => {
  const { get } = await stage(t, (request, response) => {
    response.writeHead(200, { ...fields, 'Content-Location': ['/other', '/page'] })
    response.end(request.method)
  })
  await get('/page', {}, post)
  assert.equal((await get('/page')).text, 'GET')
})

test('RFC 9111 4.4: what a POST brings is out of date when another change went by meanwhile', async (t) => {
  let held: ServerResponse | undefined
  const { get, url } = await stage(t, (request, response) => {
    response.writeHead(200, fields)
    if (request.headers['x-hold'] === undefined) response.end(request.method)
    else {
      response.write('old')
      held = response
    }
  })
  const slow = begin(`${url}/page`, { 'X-Hold': '1' }, post)
  await slow.says('old')
  await get('/page', {}, { method: 'DELETE' })
  held?.end()
  await slow.over
  assert.equal((await get('/page')).text, 'GET')
})

test('the content of a POST that is longer than maxEntryBytes is not stored', async (t) => {
  const { get } = await stage(
    t,
    (request, response) => {
      response.writeHead(200, fields)
      response.end(`${request.method} 0123456789`)
    },
    { cache: { maxEntryBytes: 12 } },
  )
  await get('/page', {}, post)
  assert.match((await get('/page')).text, /^GET/)
})
