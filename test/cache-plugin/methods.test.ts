import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWire } from '../support/wire.ts'
import { stage } from './bed.ts'

const fresh = { 'Cache-Control': 'max-age=60' }

test('section 6.C 97: HEAD never makes an entry, and is answered from that of GET, without content', async (t) => {
  const { get, calls } = await stage(t, (request, response) => {
    response.writeHead(200, fresh)
    response.end(`content for ${request.method}`)
  })

  const before = await get('/page', {}, { method: 'HEAD' })
  const all = await get('/page')
  const after = await get('/page', {}, { method: 'HEAD' })

  assert.match(before.cache, /fwd=uri-miss/)
  assert.equal(all.text, 'content for GET')
  assert.match(after.cache, /hit/)
  assert.deepEqual([after.text, after.headers['content-length']], ['', '15'])
  assert.deepEqual(calls, ['HEAD /page', 'GET /page'])
})

test('HEAD that tells of another length or tag makes the stored answer stale', async (t) => {
  let tag = '"1"'
  const { get, calls } = await stage(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60', ETag: tag })
    response.end('content')
  })
  await get('/page')
  tag = '"2"'
  await get('/page', { 'Cache-Control': 'no-cache' }, { method: 'HEAD' })

  const { headers } = await get('/page')

  assert.equal(headers.etag, '"2"')
  assert.equal(calls.length, 3)
})

test('section 6.C 96: a GET with content is neither stored nor answered from store, and its content goes to the origin', async (t) => {
  const { get, calls } = await stage(t, async (request, response) => {
    let content = ''
    for await (const chunk of request) content += chunk
    response.writeHead(200, fresh)
    response.end(`read ${content}`)
  })

  const first = await get('/page', { 'Content-Length': '3' }, { body: 'abc' })
  const plain = await get('/page')
  const again = await get('/page', { 'Content-Length': '3' }, { body: 'xyz' })
  const chunked = await get('/page', { 'Transfer-Encoding': 'chunked' }, { body: 'uvw' })

  assert.deepEqual([first.text, plain.text, again.text, chunked.text], ['read abc', 'read ', 'read xyz', 'read uvw'])
  assert.match(again.cache, /fwd=bypass; detail=body/)
  assert.equal(calls.length, 4)
})

test('section 6.C 96: content of a GET never becomes the next request of its connection', async (t) => {
  const { port, get, calls } = await stage(t, (request, response) => {
    request.resume()
    response.writeHead(200, fresh)
    response.end(`answer to ${request.url}`)
  })
  await get('/page')
  const wire = await openWire(t, port)
  const inner = 'GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n'

  wire.send(`GET /page HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`)
  wire.send(`GET /next HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`)
  await wire.ended()

  assert.equal(wire.text().match(/HTTP\/1\.1 200/g)?.length, 2)
  assert.match(wire.text(), /answer to \/next/)
  assert.ok(!calls.includes('GET /smuggled'))
})

test('section 6.C 112: a successful unsafe request makes what is stored under its URL go; one that failed does not', async (t) => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'PURGE', 'MKCOL']) {
    let status = 200
    const { get } = await stage(t, (request, response) => {
      response.writeHead(request.method === 'GET' ? 200 : status, fresh)
      response.end()
    })
    await get('/page')

    status = 409
    await get('/page', {}, { method })
    const kept = await get('/page')
    status = 204
    await get('/page', {}, { method })
    const gone = await get('/page')

    assert.match(kept.cache, /hit/, method)
    assert.match(gone.cache, /fwd=uri-miss/, method)
  }
})

test('section 6.C 112: and what Location and Content-Location name, on the same authority alone', async (t) => {
  const { get, port } = await stage(t, (request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, fresh)
      response.end()
      return
    }
    response.writeHead(201, {
      Location: request.url === '/other' ? 'http://b.test/a' : '/a',
      'Content-Location': request.url === '/other' ? 'http://b.test/b' : `http://127.0.0.1:${port}/b`,
    })
    response.end()
  })
  const isStored = async (path: string, host?: string): Promise<boolean> =>
    (await get(path, {}, host === undefined ? {} : { host })).cache.includes('hit')
  for (const path of ['/a', '/b', '/c']) await get(path)
  for (const path of ['/a', '/b']) await get(path, {}, { host: 'b.test' })

  await get('/other', {}, { method: 'POST' })
  const others = [await isStored('/a', 'b.test'), await isStored('/b', 'b.test')]
  await get('/list', {}, { method: 'POST' })

  assert.deepEqual(others, [true, true])
  assert.deepEqual([await isStored('/a'), await isStored('/b'), await isStored('/c')], [false, false, true])
  assert.deepEqual([await isStored('/a', 'b.test'), await isStored('/b', 'b.test')], [true, true])
})

test("a Location as the upstream says it means the client's URL: with the prefix and host that were rewritten", async (t) => {
  const { get, origin } = await stage(
    t,
    (request, response) => {
      if (request.method === 'GET') response.writeHead(200, fresh)
      else
        response.writeHead(201, { Location: `http://${request.headers.host}/inner/a`, 'Content-Location': '/inner/b' })
      response.end()
    },
    { reverse: { prefix: '/outer', rewritePrefix: '/inner', host: 'upstream' } },
  )
  for (const path of ['/outer/a', '/outer/b', '/outer/c']) await get(path)
  assert.equal(origin.requests[0]?.url, '/inner/a')

  const posted = await get('/outer/list', {}, { method: 'POST' })

  assert.match(String(posted.headers.location), /\/outer\/a$/)
  assert.match((await get('/outer/a')).cache, /fwd=uri-miss/)
  assert.match((await get('/outer/b')).cache, /fwd=uri-miss/)
  assert.match((await get('/outer/c')).cache, /hit/)
})

test('the answer to a POST whose Content-Location is its target is what the next GET gets', async (t) => {
  const { get, calls } = await stage(t, async (request, response) => {
    let content = ''
    for await (const chunk of request) content += chunk
    if (request.method === 'POST') response.setHeader('Content-Location', request.url ?? '')
    response.writeHead(200, fresh)
    response.end(`${request.method} ${content}`)
  })
  await get('/page')
  await get('/page', {}, { method: 'POST', body: 'new' })

  const after = await get('/page')
  const posted = await get('/page', {}, { method: 'POST', body: 'newer' })

  assert.deepEqual([after.text, after.cache.includes('hit')], ['POST new', true])
  assert.equal(posted.text, 'POST newer')
  assert.equal(calls.length, 3)
})

test('a POST without Content-Location, or with that of another page, stores nothing', async (t) => {
  const { get } = await stage(t, (request, response) => {
    request.resume()
    if (request.url === '/elsewhere' && request.method === 'POST') response.setHeader('Content-Location', '/page')
    response.writeHead(200, fresh)
    response.end(`${request.method} ${request.url}`)
  })
  for (const path of ['/elsewhere', '/none']) await get(path, {}, { method: 'POST', body: 'x' })

  for (const path of ['/elsewhere', '/none', '/page']) assert.equal((await get(path)).text, `GET ${path}`)
})

test('section 6.C 112: QUERY is never stored, and invalidates nothing; nor do OPTIONS and other safe methods', async (t) => {
  const { get, calls } = await stage(t, (request, response) => {
    request.resume()
    response.writeHead(200, fresh)
    response.end(`${request.method}`)
  })
  await get('/page')

  for (const method of ['QUERY', 'QUERY', 'PROPFIND', 'REPORT', 'SEARCH']) {
    assert.equal((await get('/page', {}, { method, body: 'select' })).text, method)
  }
  await get('/page', {}, { method: 'OPTIONS' })

  assert.match((await get('/page')).cache, /hit/)
  assert.equal(calls.length, 6)
})

test('what an unsafe request has changed is not stored by a GET that began before it', async (t) => {
  let answerOld: (() => void) | undefined
  const { get, calls } = await stage(t, (request, response) => {
    const answer = (text: string) => (): void => {
      response.writeHead(200, fresh)
      response.end(text)
    }
    if (calls.length === 1) answerOld = answer('old')
    else answer(request.method === 'GET' ? 'new' : 'done')()
  })
  const early = get('/page')
  while (answerOld === undefined) await get('/x', {}, { method: 'OPTIONS' })
  await get('/page', {}, { method: 'PUT' })

  answerOld()

  assert.equal((await early).text, 'old')
  assert.equal((await get('/page')).text, 'new')
})
