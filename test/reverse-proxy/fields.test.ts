import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReverseProxyOptions } from '../../plugins/reverse-proxy/index.ts'
import { startOrigin } from '../support/app.ts'
import { type Answer, ask, type Question } from './support/exchange.ts'
import { type GateOptions, proxyTo } from './support/gate.ts'
import { answers, rawOrigin, say } from './support/wire.ts'

/** What an origin sees of a request. */
async function seen(
  t: import('node:test').TestContext,
  options: ReverseProxyOptions,
  question: Question = {},
  rest: GateOptions = {},
): Promise<{ headers: Record<string, string>; origin: string; gate: string; answer: Answer }> {
  const origin = await startOrigin(t)
  const gate = await proxyTo(t, { upstream: origin.url, ...options }, rest)
  const answer = await ask(gate.url, '/p', question)
  return { headers: answer.json().headers, origin: new URL(origin.url).host, gate: new URL(gate.url).host, answer }
}

test('Host is the one of the client, of the upstream, or a fixed one', async (t) => {
  const kept = await seen(t, {})
  const theirs = await seen(t, { host: 'upstream' })
  const fixed = await seen(t, { host: { set: 'app.test:8080' } })

  assert.equal(kept.headers.host, kept.gate)
  assert.equal(theirs.headers.host, theirs.origin)
  assert.equal(fixed.headers.host, 'app.test:8080')
  assert.equal(theirs.headers['x-forwarded-host'], theirs.gate)
})

test('who asked is said in X-Forwarded fields and Forwarded; a forged one is replaced', async (t) => {
  const { headers, gate } = await seen(
    t,
    {},
    { headers: { 'x-forwarded-for': '6.6.6.6', forwarded: 'for=6.6.6.6', 'x-forwarded-proto': 'https' } },
  )

  assert.equal(headers['x-forwarded-for'], '127.0.0.1')
  assert.equal(headers['x-forwarded-host'], gate)
  assert.equal(headers['x-forwarded-proto'], 'http')
  assert.equal(headers['x-forwarded-port'], gate.split(':')[1])
  assert.match(String(headers.forwarded), /^for=127\.0\.0\.1;host="127\.0\.0\.1:\d+";proto=http$/)
})

test('a trusted peer is believed, and the list goes on', async (t) => {
  const { headers } = await seen(
    t,
    {},
    { headers: { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' } },
    { kernel: { trustedProxies: ['127.0.0.0/8'] } },
  )

  assert.equal(headers['x-forwarded-for'], '203.0.113.7, 127.0.0.1')
  assert.equal(headers['x-forwarded-proto'], 'https')
})

test('forwarded can be left out, whole or in part; forged ones are dropped all the same', async (t) => {
  const forged = { headers: { 'x-forwarded-for': '6.6.6.6', forwarded: 'for=6.6.6.6' } }
  const off = await seen(t, { forwarded: false }, forged)
  const x = await seen(t, { forwarded: { standard: false } }, forged)

  assert.deepEqual([off.headers['x-forwarded-for'], off.headers.forwarded], [undefined, undefined])
  assert.deepEqual([x.headers['x-forwarded-for'], x.headers.forwarded], ['127.0.0.1', undefined])
})

test('rules change the fields of the request, with facts', async (t) => {
  const { headers, origin } = await seen(
    t,
    {
      requestFields: {
        set: { 'x-to': '{upstream}', 'x-ip': '{client.ip}', 'x-fixed': 'yes' },
        add: { 'x-more': '{method} {path}' },
        remove: ['x-secret', 'x-internal-*'],
        rename: { 'x-old': 'x-new' },
      },
    },
    { headers: { 'x-secret': '1', 'x-internal-a': '1', 'x-old': '2', 'x-fixed': 'no' } },
  )

  assert.equal(headers['x-to'], origin)
  assert.equal(headers['x-ip'], '127.0.0.1')
  assert.equal(headers['x-fixed'], 'yes')
  assert.equal(headers['x-more'], 'GET /p')
  assert.equal(headers['x-new'], '2')
  for (const gone of ['x-secret', 'x-internal-a', 'x-old']) assert.equal(headers[gone], undefined)
})

test('rules change the fields of the answer, with facts', async (t) => {
  const { answer, origin } = await seen(t, {
    responseFields: {
      set: { 'x-from': '{upstream}', 'x-id': '{request.id}' },
      remove: ['server'],
      rename: { 'content-type': 'x-type' },
    },
  })

  assert.equal(answer.headers['x-from'], origin)
  assert.ok(answer.headers['x-id'])
  assert.equal(answer.headers.server, undefined)
  assert.equal(answer.headers['x-type'], 'application/json')
})

test('Via names us in both directions, or in none', async (t) => {
  const on = await seen(t, {})
  const off = await seen(t, { via: false })

  assert.deepEqual([on.headers.via, on.answer.headers.via], ['1.1 gate', '1.1 gate'])
  assert.deepEqual([off.headers.via, off.answer.headers.via], [undefined, undefined])
})

test('our own name in Via is a loop: 508, unless via is off', async (t) => {
  const { url, requests } = await startOrigin(t)
  const on = await proxyTo(t, { upstream: url })
  const off = await proxyTo(t, { upstream: url, via: false })
  const question = { headers: { via: '1.1 other, 1.1 gate' } }

  assert.equal((await ask(on.url, '/', question)).status, 508)
  assert.equal(requests.length, 0)
  assert.equal((await ask(off.url, '/', question)).status, 200)
})

test('names with an underscore are dropped, refused or passed', async (t) => {
  const question = { headers: { x_a: '1', 'x-b': '2' } }
  const dropped = await seen(t, {}, question)
  const passed = await seen(t, { underscores: 'pass' }, question)
  const { url } = await startOrigin(t)
  const refusing = await proxyTo(t, { upstream: url, underscores: 'refuse' })

  assert.deepEqual([dropped.headers.x_a, dropped.headers['x-b']], [undefined, '2'])
  assert.equal(passed.headers.x_a, '1')
  assert.equal((await ask(refusing.url, '/', question)).status, 400)
})

test('paths says what may pass in a path', async (t) => {
  const { url } = await startOrigin(t)
  const byDefault = await proxyTo(t, { upstream: url })
  const strict = await proxyTo(t, { upstream: url, paths: { encodedSlash: 'refuse', semicolon: 'refuse' } })
  const loose = await proxyTo(t, { upstream: url, paths: { dotSegments: 'pass' } })
  const status = async (gate: { url: string }, path: string): Promise<number> => (await ask(gate.url, path)).status

  assert.deepEqual([await status(byDefault, '/a%2Fb'), await status(strict, '/a%2Fb')], [200, 400])
  assert.deepEqual([await status(byDefault, '/a;b'), await status(strict, '/a;b')], [200, 400])
  assert.deepEqual([await status(byDefault, '/a/../b'), await status(loose, '/a/../b')], [400, 200])
})

test('case, order, duplicates and the reason phrase are kept, in both directions', async (t) => {
  const answer =
    'HTTP/1.1 299 Very Special\r\nX-Zed: 1\r\nx-A: 2\r\nX-Zed: 3\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok'
  const origin = await rawOrigin(t, answers(answer))
  const gate = await proxyTo(t, { upstream: origin.url })

  const client = await say(
    t,
    gate.port,
    'GET / HTTP/1.1\r\nHost: a.test\r\nX-Zed: 1\r\nx-A: 2\r\nX-Zed: 3\r\nCookie: a\r\n\r\n',
  )

  const text = await client.until(/ok$/)
  assert.match(
    text,
    /^HTTP\/1\.1 299 Very Special\r\nX-Zed: 1\r\nx-A: 2\r\nX-Zed: 3\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n/,
  )
  assert.match((await origin.connection(0)).text(), /\r\nX-Zed: 1\r\nx-A: 2\r\nX-Zed: 3\r\nCookie: a\r\n/)
})

test('hop-by-hop fields and those that Connection names stay where they are, in both directions', async (t) => {
  const answer =
    'HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\nContent-Length: 2\r\n\r\nok'
  const origin = await rawOrigin(t, answers(answer))
  const gate = await proxyTo(t, { upstream: origin.url })

  const client = await say(
    t,
    gate.port,
    'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: X-Theirs, X-Forwarded-For\r\nX-Theirs: 1\r\nTE: trailers\r\nProxy-Authorization: y\r\nKeep-Alive: 1\r\n\r\n',
  )

  assert.doesNotMatch(await client.until(/ok$/), /x-mine|timeout=5|proxy-auth/i)
  const sent = (await origin.connection(0)).text()
  assert.doesNotMatch(sent, /x-theirs|\r\nte:|proxy-auth|\r\nkeep-alive:/i)
  assert.match(sent, /\r\nx-forwarded-for: 127\.0\.0\.1\r\n/i)
})

test('Location, Content-Location, Refresh and Set-Cookie that speak of the upstream speak of us', async (t) => {
  const origin = await startOrigin(t, (request, response) => {
    const { host } = new URL(origin.url)
    response.writeHead(302, {
      location: `http://${host}/inner/next?q#f`,
      'content-location': '/inner/here',
      refresh: `5; url=http://${host}/inner/later`,
      'set-cookie': ['a=1; Domain=inner.test; Path=/inner/x', 'b=2; Domain=.inner.test'],
      'x-sent': request.url,
    })
    response.end()
  })
  const gate = await proxyTo(t, {
    upstream: origin.url,
    prefix: '/outer',
    rewritePrefix: '/inner',
    rewriteCookies: { domain: { 'inner.test': 'outer.test', '*': '' }, path: { '/inner': '/outer' } },
  })
  const off = await proxyTo(t, { upstream: origin.url, rewriteLocation: false })

  const { headers } = await ask(gate.url, '/outer/a')

  assert.equal(headers['x-sent'], '/inner/a')
  assert.equal(headers.location, `${gate.url}/outer/next?q#f`)
  assert.equal(headers['content-location'], '/outer/here')
  assert.equal(headers.refresh, `5; url=${gate.url}/outer/later`)
  assert.match(String(headers['set-cookie']?.[0]), /Domain=outer\.test; Path=\/outer\/x/i)
  assert.equal((await ask(off.url, '/')).headers.location, `${origin.url}/inner/next?q#f`)
})
