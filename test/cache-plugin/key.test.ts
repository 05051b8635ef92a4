import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CacheOptions, KeyOptions } from '../../plugins/cache/index.ts'
import { type Stage, stage } from './bed.ts'

function echo(t: Parameters<typeof stage>[0], key: KeyOptions): Promise<Stage> {
  return stage(
    t,
    (request, response) => {
      response.writeHead(200, { 'Cache-Control': 'max-age=60' })
      response.end(request.url)
    },
    { cache: { key } },
  )
}

test('parameters that are ignored are no part of the key: by name, by beginning, by list', async (t) => {
  const { get, calls } = await echo(t, { query: { ignore: ['ref', 'my_*', '@tracking'], sort: true } })
  await get('/p?id=1&b=2')

  for (const path of ['/p?b=2&id=1', '/p?id=1&b=2&ref=x', '/p?my_x=1&id=1&b=2', '/p?utm_source=a&gclid=b&id=1&b=2']) {
    assert.equal((await get(path)).text, '/p?id=1&b=2', path)
  }
  assert.equal((await get('/p?id=1&b=3')).text, '/p?id=1&b=3')
  assert.equal(calls.length, 2)
})

test('the only parameters that count, or none', async (t) => {
  const keep = await echo(t, { query: { keep: ['id'] } })
  const none = await echo(t, { query: 'none' })

  await keep.get('/p?id=1&x=1')
  assert.equal((await keep.get('/p?y=2&id=1')).text, '/p?id=1&x=1')
  assert.equal((await keep.get('/p?id=2')).text, '/p?id=2')
  await none.get('/p?a')
  assert.equal((await none.get('/p?b')).text, '/p?a')
})

test('fields and cookies of the key tell requests apart; absent is not empty, and no two share by how they are joined', async (t) => {
  const { get, calls } = await echo(t, { fields: ['X-Tenant', 'X-Other'], cookies: ['lang'] })
  const asked: readonly Record<string, string>[] = [
    {},
    { 'X-Tenant': '' },
    { 'X-Tenant': 'a' },
    { 'X-Tenant': 'a|b' },
    { 'X-Tenant': 'a', 'X-Other': '|b' },
    { 'X-Tenant': 'a|', 'X-Other': 'b' },
    { 'X-Other': 'a' },
    { Cookie: 'lang=a' },
    { Cookie: 'lang=b; x=1' },
    { Cookie: 'lang=' },
  ]
  for (const fields of asked) assert.match((await get('/p', fields)).cache, /fwd=uri-miss|fwd=vary-miss/)

  for (const fields of asked) assert.match((await get('/p', fields)).cache, /hit/, JSON.stringify(fields))
  assert.match((await get('/p', { Cookie: 'y=2; lang=b' })).cache, /hit/)
  assert.equal(calls.length, asked.length)
})

test('`by` tells requests apart; where it throws, or gives no text, the request goes past the cache', async (t) => {
  const { get, calls } = await echo(t, {
    by: ({ target }) => {
      if (target.query === '?throw') throw new Error('no key')
      return target.query === '?odd' ? (7 as never) : target.query.slice(1, 2)
    },
    query: 'none',
  })
  await get('/p?a1')

  assert.equal((await get('/p?a2')).text, '/p?a1')
  assert.equal((await get('/p?b1')).text, '/p?b1')
  for (const path of ['/p?throw', '/p?throw', '/p?odd', '/p?odd']) {
    assert.match((await get(path)).cache, /fwd=bypass; detail=key/)
  }
  assert.equal(calls.length, 6)
})

test('bypass: by field, by cookie, by a function; nothing is looked up or stored', async (t) => {
  const cache: CacheOptions = {
    bypass: { fields: ['X-Preview'], cookies: ['session'], when: ({ target }) => target.path === '/live' },
  }
  const { get, calls } = await stage(
    t,
    (_, response) => {
      response.writeHead(200, { 'Cache-Control': 'max-age=60' })
      response.end(String(calls.length))
    },
    { cache },
  )
  await get('/p', { 'X-Preview': '1' })
  await get('/p', { Cookie: 'a=b; session=x' })
  const stored = await get('/p', { Cookie: 'a=b' })
  const past = await get('/p', { 'X-Preview': '1' })
  await get('/live')
  const live = await get('/live')

  assert.match(stored.cache, /fwd=uri-miss.*stored/)
  assert.match(past.cache, /fwd=bypass/)
  assert.equal(past.text, '4')
  assert.match(live.cache, /fwd=bypass/)
  assert.match((await get('/p')).cache, /hit/)
})

test('a route says for itself: off, a ttl, a key, on the defaults of the plugin', async (t) => {
  const { get, clock } = await stage(
    t,
    (request, response) => {
      if (request.url?.startsWith('/ttl') === false) response.setHeader('Cache-Control', 'max-age=60')
      response.end(request.url)
    },
    {
      cache: { statusField: true },
      setup: (app, origin) => {
        const at = (cache: boolean | object) => ({ config: { proxy: { upstream: origin.url, cache } } }) as object
        app.get('/off', at(false), app.proxy.handler as never)
        app.get('/ttl', at({ ttl: '5s' }), app.proxy.handler as never)
        app.get('/key', at({ key: { query: 'none' }, statusField: false }), app.proxy.handler as never)
      },
    },
  )
  for (const path of ['/off', '/ttl', '/key?a', '/rest?a']) await get(path)

  const off = await get('/off')
  const ttl = await get('/ttl')
  const key = await get('/key?b')
  const rest = await get('/rest?b')
  clock.advance(5001)

  assert.equal(off.cache, '')
  assert.match(ttl.cache, /hit; ttl=5/)
  assert.deepEqual([key.text, key.cache], ['/key?a', ''])
  assert.match(rest.cache, /fwd=uri-miss/)
  assert.doesNotMatch((await get('/ttl')).cache, /hit/)
})

test('a ttl does not overrule what forbids: no-store, private, Set-Cookie, Authorization', async (t) => {
  const { get } = await stage(
    t,
    (request, response) => {
      if (request.url === '/no-store') response.setHeader('Cache-Control', 'no-store')
      if (request.url === '/private') response.setHeader('Cache-Control', 'private, max-age=60')
      if (request.url === '/cookie') response.setHeader('Set-Cookie', 'a=b')
      response.end()
    },
    { cache: { ttl: '1m' } },
  )

  for (const path of ['/no-store', '/private', '/cookie', '/auth']) {
    const fields = path === '/auth' ? { Authorization: 'Basic x' } : {}
    await get(path, fields)
    assert.doesNotMatch((await get(path, fields)).cache, /hit/, path)
  }
})
