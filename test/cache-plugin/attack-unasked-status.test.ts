import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { until } from '../support/until.ts'
import { begin, stage } from './bed.ts'

test('RFC 9111 4.3.3: a purge while a response is validated: the client that asked for no 304 gets none', async (t) => {
  let held: ServerResponse | undefined
  let current = 1
  const { get, url, app } = await stage(t, (request, response) => {
    if (request.headers['if-none-match'] !== undefined) held = response
    else {
      response.writeHead(200, { 'Cache-Control': 'max-age=60', ETag: `"${current}"` })
      response.end(`content ${current}`)
    }
  })
  await get('/page')
  const client = begin(`${url}/page`, { 'Cache-Control': 'no-cache' })
  await until(() => held !== undefined, 'the validation')

  current = 2
  await app.httpCache.purge({ all: true })
  held?.writeHead(304, { ETag: '"1"' }).end()

  const { status, text } = await client.over
  assert.deepEqual([status, text], [200, 'content 2'])
})

const whole = '0123456789'
const date = 'Tue, 24 Nov 2015 00:00:00 GMT'
const part = { 'Cache-Control': 'max-age=60', ETag: '"1"', 'Last-Modified': date }

test('RFC 9111 3.4: a purge while a stored part is completed: the client that asked for all gets all', async (t) => {
  let held: ServerResponse | undefined
  const { get, url, app } = await stage(t, ({ headers: { range } }, response) => {
    if (range === 'bytes=4-') held = response
    else if (range !== undefined) response.writeHead(206, { ...part, 'Content-Range': 'bytes 0-3/10' }).end('0123')
    else response.writeHead(200, part).end(whole)
  })
  await get('/page', { Range: 'bytes=0-3' })
  const client = begin(`${url}/page`)
  await until(() => held !== undefined, 'the call for the rest')

  await app.httpCache.purge({ all: true })
  held?.writeHead(206, { ...part, 'Content-Range': 'bytes 4-9/10' }).end('456789')

  const { status, text } = await client.over
  assert.deepEqual([status, text], [200, whole])
})

test('RFC 9110 15.5.17: a stored part whose rest is gone: the client that asked for no range gets no 416', async (t) => {
  let isShort = false
  const { get } = await stage(t, ({ headers: { range } }, response) => {
    if (isShort && range !== undefined) response.writeHead(416, { 'Content-Range': 'bytes */3' }).end()
    else if (isShort) response.writeHead(200, part).end('012')
    else response.writeHead(206, { ...part, 'Content-Range': 'bytes 0-3/10' }).end('0123')
  })
  await get('/page', { Range: 'bytes=0-3' })
  isShort = true
  const { status, text } = await get('/page')
  assert.deepEqual([status, text], [200, '012'])
})
