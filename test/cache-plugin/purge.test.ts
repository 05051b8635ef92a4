import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { until } from '../support/until.ts'
import { begin, caughtUp, type Stage, stage, times } from './bed.ts'

const isHit = async ({ get }: Stage, path: string): Promise<boolean> => (await get(path)).cache.includes('; hit')

/** Tags each page with its folder and `all`. */
function pages(t: Parameters<typeof stage>[0], field = 'Surrogate-Key', separator = ' '): Promise<Stage> {
  return stage(t, (request, response) => {
    const [, folder] = (request.url ?? '').split('/')
    response.writeHead(200, { 'Cache-Control': 'max-age=60', ETag: '"1"', [field]: `${folder}${separator}all` })
    response.end(request.url)
  })
}

test('by tag: Surrogate-Key and Cache-Tag, on all pages that have it', async (t) => {
  for (const [field, separator] of [
    ['Surrogate-Key', ' '],
    ['Cache-Tag', ', '],
  ]) {
    const at = await pages(t, field, separator)
    for (const path of ['/a/1', '/a/2', '/b/1']) await at.get(path)

    assert.equal(await at.app.httpCache.purge({ tag: 'a' }), 2)
    assert.deepEqual([await isHit(at, '/a/1'), await isHit(at, '/b/1')], [false, true])
    assert.equal(await at.app.httpCache.purge({ tag: 'all' }), 2)
  }
})

test('by URL, by prefix, everything', async (t) => {
  const at = await pages(t)
  for (const path of ['/a/1', '/a/1?x', '/a/2', '/b/1', '/b/2']) await at.get(path)

  assert.equal(await at.app.httpCache.purge({ url: `${at.url}/a/1` }), 1)
  assert.equal(await at.app.httpCache.purge({ prefix: `${at.url}/a/` }), 2)
  assert.equal(await isHit(at, '/b/1'), true)
  assert.equal(await at.app.httpCache.purge({ all: true }), 2)
  assert.equal(await isHit(at, '/b/1'), false)
})

test('a URL takes all of its variants, in any spelling of the host', async (t) => {
  const at = await stage(t, (request, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60', Vary: 'X-Kind' })
    response.end(request.headers['x-kind'])
  })
  for (const kind of ['1', '2']) await at.get('/page', { 'X-Kind': kind }, { host: 'A.test' })

  assert.equal(await at.app.httpCache.purge({ url: 'HTTP://a.TEST:80/page#top' }), 2)
})

test('softly: the entry is stale, is validated, and the origin need not send it again', async (t) => {
  const at = await stage(t, (request, response) => {
    response.setHeader('Cache-Control', 'max-age=60')
    response.setHeader('ETag', '"1"')
    response.statusCode = request.headers['if-none-match'] === '"1"' ? 304 : 200
    response.end(response.statusCode === 200 ? 'content' : undefined)
  })
  await at.get('/page')

  assert.equal(await at.app.httpCache.purge({ url: `${at.url}/page` }, { soft: true }), 1)
  const { cache, text } = await at.get('/page')

  assert.match(cache, /fwd=stale; fwd-status=304/)
  assert.equal(text, 'content')
  assert.equal(await isHit(at, '/page'), true)
})

test('softly purged and the upstream down: the stale answer stands in', async (t) => {
  const at = await pages(t)
  await at.get('/a/1')
  await at.app.httpCache.purge({ all: true }, { soft: true })
  await at.origin.close()

  assert.match((await at.get('/a/1')).cache, /hit.*detail=disconnected/)
})

test('what is on its way when it is purged goes to its clients, and is not stored', async (t) => {
  const held: ServerResponse[] = []
  const at = await stage(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60', 'Surrogate-Key': 'news' })
    response.write('first,')
    held.push(response)
  })
  const targets = [{ url: `${at.url}/0` }, { prefix: `${at.url}/1` }, { tag: 'news' }, { all: true as const }]

  for (const [i, target] of targets.entries()) {
    const clients = times(2, () => begin(`${at.url}/${i}`))
    await Promise.all(clients.map((client) => client.says('first,')))
    await at.app.httpCache.purge(target)
    held.at(-1)?.end('second')
    for (const { over } of clients) assert.equal((await over).text, 'first,second')

    const next = begin(`${at.url}/${i}`)
    await next.says('first,')
    held.at(-1)?.end('third')
    assert.equal((await next.over).text, 'first,third', JSON.stringify(target))
  }
})

test('what had not answered yet when it was purged is not stored either, and whoever comes then does not join it', async (t) => {
  const held: ServerResponse[] = []
  const at = await stage(t, (_, response) => void held.push(response))
  const early = begin(`${at.url}/page`)
  await until(() => held.length === 1, 'the call')
  await at.app.httpCache.purge({ all: true })

  const late = begin(`${at.url}/page`)
  await until(() => held.length === 2, 'a call of its own')
  for (const [i, response] of held.entries()) {
    response.writeHead(200, { 'Cache-Control': 'max-age=60' })
    response.end(`answer ${i}`)
  }

  assert.equal((await early.over).text, 'answer 0')
  assert.equal((await late.over).text, 'answer 1')
  const after = begin(`${at.url}/page`)
  await caughtUp(at.url)
  held[2]?.writeHead(200).end('answer 2')
  assert.equal((await after.over).text, 'answer 1')
})

test('a purge that names nothing, or two things, is an error', async (t) => {
  const { app } = await pages(t)

  for (const target of [{}, { url: '' }, { url: 1 }, { all: false }, { url: 'http://a.test/', tag: 'x' }, null]) {
    await assert.rejects(async () => app.httpCache.purge(target as never), /target/, JSON.stringify(target))
  }
})

test('section 6.C 113: no request to the proxy purges: not PURGE, not BAN, not a field', async (t) => {
  const at = await pages(t)
  await at.get('/a/1')

  await at.get('/b/1', { 'X-Purge': '/a/1', 'Surrogate-Key': 'a', 'Cache-Tag': 'a' }, { method: 'POST' })
  await at.get('/b/1', {}, { method: 'PURGE' })

  assert.equal(await isHit(at, '/a/1'), true)
})
