import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWire } from '../support/wire.ts'
import { stage } from './bed.ts'

const routing = {
  'X-Forwarded-Host': 'evil.test',
  'X-Forwarded-Scheme': 'nothttps',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Port': '1',
  'X-Forwarded-Prefix': '/evil',
  'X-Host': 'evil.test',
  'X-Original-URL': '/evil',
  'X-Rewrite-URL': '/evil',
  'X-HTTP-Method-Override': 'POST',
  'X-Method-Override': 'DELETE',
  Forwarded: 'host=evil.test;proto=https',
}

for (const trusted of [false, true]) {
  test(`section 6.C 95: fields that name another host, path or method do not reach the origin of a cacheable request${trusted ? ', not even from a trusted peer' : ''}`, async (t) => {
    const { get, origin } = await stage(
      t,
      (_, response) => {
        response.writeHead(200, { 'Cache-Control': 'max-age=60' })
        response.end()
      },
      { kernel: trusted ? { trustedProxies: ['127.0.0.1'] } : {} },
    )
    await get('/page', { ...routing, 'X-Fine': 'yes' }, { host: 'a.test' })

    const seen = JSON.stringify(origin.requests[0]?.headers)

    assert.doesNotMatch(seen, /evil|nothttps|POST|DELETE/)
    assert.equal(origin.requests[0]?.headers['x-fine'], 'yes')
    assert.match(seen, /a\.test/)
  })
}

test('section 6.C 95: one that is keyed reaches the origin, and makes an entry of its own', async (t) => {
  const { get, calls } = await stage(
    t,
    (request, response) => {
      response.writeHead(200, { 'Cache-Control': 'max-age=60' })
      response.end(String(request.headers['x-original-url']))
    },
    { cache: { key: { fields: ['X-Original-URL'] } } },
  )

  const texts = []
  for (const value of ['/a', '/b', '/a']) texts.push((await get('/page', { 'X-Original-URL': value })).text)

  assert.deepEqual(texts, ['/a', '/b', '/a'])
  assert.equal(calls.length, 2)
})

test('section 6.C 95: on a route that is not cached they are the matter of the origin, as before', async (t) => {
  const { get, origin } = await stage(t, (_, response) => void response.end(), { reverse: { cache: false } })

  await get('/page', { 'X-Original-URL': '/a' })

  assert.equal(origin.requests[0]?.headers['x-original-url'], '/a')
})

test('section 6.C 99: an ending of a static file is no reason to store: only the answer says so', async (t) => {
  const { get, calls } = await stage(t, (request, response) => {
    response.writeHead(200, { 'Cache-Control': request.url?.includes('private') ? 'private' : 'no-store' })
    response.end(`account of ${request.headers.cookie}`)
  })
  const paths = ['/account/x.css', '/account;x.js', '/account%23.css', '/account%2fstatic/x.js', '/private/x.png']
  for (const path of paths) await get(path, { Cookie: 'user=a' })

  for (const path of paths) assert.equal((await get(path, { Cookie: 'user=b' })).text, 'account of user=b', path)
  assert.equal(calls.length, 2 * paths.length)
})

test('section 6.C 99: nor is it where the answer says nothing at all', async (t) => {
  const { get } = await stage(t, (request, response) => void response.end(`account of ${request.headers.cookie}`), {
    cache: { defaultTtl: '1m' },
  })
  await get('/account/x.css', { Cookie: 'user=a' })

  assert.equal((await get('/account/x.css', { Cookie: 'user=b' })).text, 'account of user=b')
  assert.equal((await get('/account/x.css')).text, 'account of undefined')
})

test('section 6.C 100: what an origin says of a head that it does not like is not stored, whatever the options', async (t) => {
  for (const status of [400, 413, 414, 431, 501]) {
    const { get } = await stage(
      t,
      (request, response) => {
        response.statusCode = request.headers['x-oversize'] === undefined ? 200 : status
        response.end()
      },
      { cache: { ttl: '1m', defaultTtl: '1m', negativeTtl: '1m' } },
    )
    const attack = await get('/page', { 'X-Oversize': 'x' })

    assert.equal(attack.status, status)
    assert.equal((await get('/page')).status, 200, String(status))
  }
})

test('section 6.C 100: 404 and 410 are stored for negativeTtl, where it is given', async (t) => {
  for (const negativeTtl of [false, '5s'] as const) {
    const { get, calls, clock } = await stage(
      t,
      (request, response) => {
        response.statusCode = request.url === '/gone' ? 410 : 404
        response.end()
      },
      { cache: { negativeTtl } },
    )
    for (const path of ['/lost', '/lost', '/gone', '/gone']) await get(path)
    const during = calls.length
    clock.advance(5001)
    await get('/lost')

    assert.equal(during, negativeTtl === false ? 4 : 2)
    assert.equal(calls.length, during + 1)
  }
})

test('section 6.C 100: a control character in a field is refused at our edge, and poisons nothing', async (t) => {
  const { port, get, calls } = await stage(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60' })
    response.end('good')
  })
  for (const char of ['\x07', '\x00', '\x0b', '\x7f']) {
    const wire = await openWire(t, port)
    wire.send(`GET /page HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Meta: a${char}b\r\nConnection: close\r\n\r\n`)
    await wire.ended()
    assert.match(wire.text(), /^HTTP\/1\.1 400 /, JSON.stringify(char))
  }

  assert.equal(calls.length, 0)
  assert.equal((await get('/page')).text, 'good')
})

test('section 6.C 98: `?a=1;b=2`, doubled parameters and other orders are other URLs, to the letter', async (t) => {
  const { get, calls } = await stage(t, (request, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60' })
    response.end(request.url)
  })
  const paths = [
    '/p',
    '/p?',
    '/p?a=1',
    '/p?a=1;b=2',
    '/p?a=1&b=2',
    '/p?b=2&a=1',
    '/p?a=1&a=2',
    '/p?a=2&a=1',
    '/p?a=%31',
  ]
  paths.push('/p?utm_source=x', '/P', '/p/', '/p?a=1&')
  for (const path of paths) await get(path)

  for (const path of paths) assert.equal((await get(path)).text, path)
  assert.equal(calls.length, paths.length)
})

test('section 6.C 98: a parameter that is ignored cannot hide another one behind a semicolon', async (t) => {
  const { get } = await stage(
    t,
    (request, response) => {
      response.writeHead(200, { 'Cache-Control': 'max-age=60' })
      response.end(request.url)
    },
    { cache: { key: { query: { ignore: ['utm_*'] } } } },
  )
  await get('/p?id=1&utm_content=x;id=2')

  const { text } = await get('/p?id=1')

  assert.notEqual(text, '/p?id=1&utm_content=x;id=2')
})

test('section 6.C 105: what Connection names, and other hop-by-hop fields, are not stored', async (t) => {
  const { get } = await stage(t, (_, response) => {
    response.writeHead(200, {
      'Cache-Control': 'max-age=60',
      Connection: 'keep-alive, X-Hop',
      'X-Hop': 'secret',
      'Keep-Alive': 'timeout=99',
      'Proxy-Authenticate': 'Basic',
      'Proxy-Connection': 'keep-alive',
      'X-Kept': 'yes',
    })
    response.end()
  })
  await get('/page')

  const { headers, cache } = await get('/page')

  assert.match(cache, /hit/)
  assert.equal(headers['x-kept'], 'yes')
  for (const name of ['x-hop', 'proxy-authenticate', 'proxy-connection']) assert.equal(headers[name], undefined, name)
  assert.notEqual(headers['keep-alive'], 'timeout=99')
})

test('section 6.C 105: `Connection: Cache-Control` from the origin, or from a client, opens nothing', async (t) => {
  const { get } = await stage(t, (request, response) => {
    response.writeHead(200, {
      'Cache-Control': 'private',
      Expires: 'Fri, 01 Jan 2100 00:00:00 GMT',
      Connection: 'Cache-Control',
    })
    response.end(`account of ${request.headers.authorization}`)
  })
  await get('/page', { Connection: 'Authorization', Authorization: 'Basic a' })

  assert.equal((await get('/page')).text, 'account of undefined')
})
