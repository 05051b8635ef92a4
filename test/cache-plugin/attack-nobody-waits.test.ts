import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../support/until.ts'
import { begin, stage } from './bed.ts'

const chunk = Buffer.alloc(64 * 1024, 'x')
const enough = 2 * 1024 * 1024

interface Told {
  sent: number
  closed: boolean
}

/** Writes until the connection ends. */
function pour(response: ServerResponse, told: Told, fields: Record<string, string> = {}): void {
  response.writeHead(200, { 'Cache-Control': 'max-age=60', ...fields })
  const timer = setInterval(() => {
    if (response.writableNeedDrain) return
    response.write(chunk)
    told.sent += chunk.length
  }, 1)
  response.on('close', () => {
    clearInterval(timer)
    told.closed = true
  })
}

test('a response without an end, whose clients have left while one waited for the store: the upstream call ends', async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'sallyport-attack-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  const told = { sent: 0, closed: false }
  const { url, app } = await stage(t, (_, response) => pour(response, told), {
    cache: { memory: { maxBytes: '8MiB' }, disk: { path } },
  })
  const first = begin(`${url}/page`)
  await until(() => told.sent > enough, 'more than is kept at hand')
  const second = begin(`${url}/page`)
  await until(() => app.httpCache.stats().requests.collapsed === 1, 'the second to wait')

  first.leave()
  second.leave()
  await until(() => told.closed, 'the end of the upstream call')
})

test('nobody waits for the store when what comes is too long for it', async (t) => {
  const told = { sent: 0, closed: false }
  const { url, calls } = await stage(
    t,
    (_, response) => {
      if (calls.length === 1) pour(response, told)
      else response.end('second')
    },
    { cache: { memory: { maxBytes: '8MiB' } } },
  )
  const first = begin(`${url}/page`)
  await until(() => told.sent > enough, 'more than the store takes')
  assert.equal((await begin(`${url}/page`).over).text, 'second')
  first.leave()
})

test('who waits for the store while it still may take it is told as soon as it does not', async (t) => {
  const told = { sent: 0, closed: false }
  let first: ServerResponse | undefined
  const { url, calls, app } = await stage(
    t,
    (_, response) => {
      if (calls.length > 1) {
        response.end('second')
        return
      }
      response.writeHead(200, { 'Cache-Control': 'max-age=60', 'Content-Length': 40 * chunk.length })
      response.write(chunk)
      first = response
    },
    { cache: { memory: { maxBytes: '8MiB' }, maxEntryBytes: '64MiB' } },
  )
  const lead = begin(`${url}/page`)
  await lead.says('x')
  const waits = begin(`${url}/page`)
  for (let i = 0; i < 39; i++) first?.write(chunk)
  first?.end()
  assert.equal((await waits.over).text, 'second')
  assert.equal((await lead.over).text.length, 40 * chunk.length)
  assert.equal(app.httpCache.stats().store.entries, 0)
  assert.equal(told.closed, false)
})

test('a background call whose answer has no end, and does not fit: it ends', async (t) => {
  const told = { sent: 0, closed: false }
  const { get, calls, clock } = await stage(
    t,
    (_, response) => {
      if (calls.length === 1) {
        response.writeHead(200, { 'Cache-Control': 'max-age=1, stale-while-revalidate=60', ETag: '"1"' }).end('first')
      } else pour(response, told)
    },
    { cache: { memory: { maxBytes: '8MiB' } } },
  )
  await get('/page')
  clock.advance(2000)
  assert.equal((await get('/page')).text, 'first')
  await until(() => told.closed, 'the end of the upstream call')
  assert.ok(told.sent < 16 * enough, `${told.sent} bytes`)
})
