import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stage, times } from './bed.ts'

type Rows = readonly (readonly [path: string, fields: Record<string, string>, isStored: boolean])[]

test('section 6.C 101: Cache-Control that is odd is read strictly: never stored for others', async (t) => {
  const odd = [
    'max-age=60, private=" authorization"',
    'max-age=60, private="  set-cookie"',
    'max-age=60, private=""',
    'max-age=60, private="unclosed',
    'max-age=60, PRIVATE',
    'max-age=60, Private = "x"',
    'private, public, max-age=60',
    'max-age=60, no-store=1',
    'NO-STORE, max-age=60',
    'max-age = 60 , no-store',
    'max-age=60\t,\tprivate',
    'max-age=0, max-age=60',
    'max-age=60, max-age=0',
    'max-age="60, no-store"',
    'max-age=-1',
    'max-age=6e3',
    'max-age=60, no-cache="\tset-cookie"',
  ]
  const { get } = await stage(t, (request, response) => {
    response.writeHead(200, { 'Cache-Control': odd[Number(request.url?.slice(1))] })
    response.end(`for ${request.headers['x-user']}`)
  })

  for (const [i, value] of odd.entries()) {
    await get(`/${i}`, { 'X-User': 'a' })
    assert.equal((await get(`/${i}`, { 'X-User': 'b' })).text, 'for b', value)
  }
})

test('section 6.C 102: the answer to a request with Authorization is for others only where it says so', async (t) => {
  const rows: Rows = [
    ['/plain', { 'Cache-Control': 'max-age=60' }, false],
    ['/public', { 'Cache-Control': 'max-age=60, public' }, true],
    ['/shared', { 'Cache-Control': 's-maxage=60' }, true],
    ['/must', { 'Cache-Control': 'max-age=60, must-revalidate' }, true],
    ['/proxy', { 'Cache-Control': 'max-age=60, proxy-revalidate' }, false],
    ['/expires', { Expires: 'Fri, 01 Jan 2100 00:00:00 GMT' }, false],
  ]
  const { get } = await stage(t, (request, response) => {
    response.writeHead(200, rows.find(([path]) => path === request.url)?.[1])
    response.end(String(request.headers.authorization))
  })

  for (const [path, , isStored] of rows) {
    await get(path, { Authorization: 'Basic a' })
    const other = await get(path, { Authorization: 'Basic b' })
    const nobody = await get(path)
    assert.equal(other.text, isStored ? 'Basic a' : 'Basic b', path)
    assert.equal(nobody.text, isStored ? 'Basic a' : 'undefined', path)
  }
})

test('section 6.C 103: an answer that sets a cookie is not stored, unless that is asked for', async (t) => {
  for (const storeSetCookie of [false, true]) {
    const { get } = await stage(
      t,
      (request, response) => {
        response.writeHead(200, {
          'Cache-Control': 'public, max-age=60',
          'Set-Cookie': `id=${request.headers['x-user']}`,
        })
        response.end()
      },
      { cache: { storeSetCookie } },
    )
    await get('/page', { 'X-User': 'a' })

    const { headers } = await get('/page', { 'X-User': 'b' })

    assert.deepEqual(headers['set-cookie'], [storeSetCookie ? 'id=a' : 'id=b'])
  }
})

test('section 6.C 104: `Vary: *` is never used again, however it is written', async (t) => {
  const values = ['*', 'X-Kind, *', ' * ', '*, X-Kind']
  const { get, calls } = await stage(t, (request, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60', Vary: values[Number(request.url?.slice(1))] })
    response.end()
  })
  for (const i of values.keys()) for (const _ of [1, 2]) await get(`/${i}`)

  assert.equal(calls.length, 2 * values.length)
})

test('section 6.C 104: Vary on 50 fields, and hundreds of variants, are bounded', async (t) => {
  const { get, app } = await stage(t, (request, response) => {
    const names = request.url === '/many' ? times(50, (i) => `X-${i}`).join(', ') : 'X-Kind'
    response.writeHead(200, { 'Cache-Control': 'max-age=60', Vary: names })
    response.end(String(request.headers['x-kind']))
  })
  for (let i = 0; i < 300; i += 50) await Promise.all(times(50, (j) => get('/page', { 'X-Kind': String(i + j) })))

  assert.ok(app.httpCache.stats().store.entries <= 100, String(app.httpCache.stats().store.entries))
  assert.deepEqual(
    [(await get('/page', { 'X-Kind': '299' })).text, (await get('/page', { 'X-Kind': '0' })).text],
    ['299', '0'],
  )
  await get('/many', { 'X-49': 'a' })
  assert.doesNotMatch((await get('/many', { 'X-49': 'b' })).cache, /hit/)
})

test('section 6.C 108: Accept-Encoding that cannot be read is a hit where none is', async (t) => {
  const { get, origin } = await stage(t, (request, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60', Vary: 'Accept-Encoding' })
    response.end(String(request.headers['accept-encoding']))
  })
  await get('/page')

  for (const value of ['gzip;q=x', ';;;', '"', 'gzip, ,;q', '*;q=2']) {
    const { cache, text } = await get('/page', { 'Accept-Encoding': value })
    assert.deepEqual([cache.includes('hit'), text], [true, 'undefined'], value)
  }
  assert.equal(origin.requests.length, 1)
})

test('Accept-Encoding and Accept-Language are told apart by what they mean', async (t) => {
  const { get, calls } = await stage(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60', Vary: 'Accept-Encoding, Accept-Language' })
    response.end()
  })
  await get('/page', { 'Accept-Encoding': 'gzip, br', 'Accept-Language': 'de, en;q=0.5' })

  const same = await get('/page', { 'Accept-Encoding': 'br,gzip', 'Accept-Language': 'DE,en;q=0.50' })
  const other = await get('/page', { 'Accept-Encoding': 'gzip', 'Accept-Language': 'de, en;q=0.5' })

  assert.match(same.cache, /hit/)
  assert.doesNotMatch(other.cache, /hit/)
  assert.equal(calls.length, 2)
})

test('interim answers go to whoever asked first, and are no part of what is stored', async (t) => {
  const { get } = await stage(t, (_, response) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload', 'x-hint': 'yes' })
    response.writeHead(200, { 'Cache-Control': 'max-age=60' })
    response.end('content')
  })

  const first = await get('/page')
  const second = await get('/page')

  assert.deepEqual([first.interim, first.text], [[103], 'content'])
  assert.deepEqual([second.interim, second.text, second.headers['x-hint']], [[], 'content', undefined])
  assert.match(second.cache, /hit/)
})

test('trailers go to whoever gets the answer as it arrives, and are not stored', async (t) => {
  const { get } = await stage(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60', Trailer: 'X-Sum' })
    response.write('content')
    response.addTrailers({ 'X-Sum': '42' })
    response.end()
  })

  const first = await get('/page', { TE: 'trailers' })
  const second = await get('/page', { TE: 'trailers' })

  assert.equal(first.trailers['x-sum'], '42')
  assert.deepEqual([second.text, second.trailers], ['content', {}])
  assert.match(second.cache, /hit/)
})

test('an answer over the limit passes, whole and unbroken, and nothing of it stays', async (t) => {
  const size = 3 << 20
  const { get, app, calls } = await stage(
    t,
    (request, response) => {
      response.setHeader('Cache-Control', 'max-age=60')
      if (request.url === '/sized') response.setHeader('Content-Length', size)
      for (let i = 0; i < size; i += 65536) response.write(Buffer.alloc(65536, i >> 16))
      response.end()
    },
    { cache: { maxEntryBytes: '1MiB' } },
  )

  for (const path of ['/sized', '/chunked']) {
    for (const _ of [1, 2]) {
      const { text, broken, cache } = await get(path)
      assert.deepEqual([text.length, broken, cache.includes('hit')], [size, false, false], path)
      for (let i = 0; i < size; i += 65536) assert.equal(text.charCodeAt(i), i >> 16)
    }
  }
  assert.equal(calls.length, 4)
  assert.equal(app.httpCache.stats().store.entries, 0)
  assert.ok(app.httpCache.stats().store.bytes < 65536)
})

test('an answer larger than one entry of the memory may be goes whole to all that ask at a time', async (t) => {
  const size = 2 << 20
  const { get } = await stage(
    t,
    (_, response) => {
      response.setHeader('Cache-Control', 'max-age=60')
      response.end(Buffer.alloc(size, 'x'))
    },
    { cache: { memory: { maxBytes: '4MiB', maxEntryBytes: '64KiB' } } },
  )

  const replies = await Promise.all(times(4, () => get('/page')))

  for (const { text, broken } of replies) assert.deepEqual([text.length, broken], [size, false])
})
