import assert from 'node:assert/strict'
import { test } from 'node:test'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { openGate, proxyTo } from './support/gate.ts'
import { answers, eventually, rawOrigin, say } from './support/wire.ts'

const ask = (protocol = 'echo', path = '/'): string =>
  `GET ${path} HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nX-Mine: 1\r\n\r\n`
const switching =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Theirs: 2\r\nSet-Cookie: a=1\r\n\r\n'

test('any protocol is upgraded to, with the fields of both sides', async (t) => {
  const origin = await rawOrigin(t, answers(switching))
  const gate = await proxyTo(t, { upstream: origin.url, prefix: '/up', rewritePrefix: '/down' })

  const client = await say(t, gate.port, ask('echo', '/up/x?y'))
  const text = await client.until(/\r\n\r\n/)
  const upstream = await origin.connection(0)
  client.socket.write('ping')
  await upstream.until(/ping$/)
  upstream.socket.write('pong')
  await client.until(/pong$/)

  assert.match(text, /^HTTP\/1\.1 101 Switching Protocols\r\n/)
  assert.match(text, /\r\nUpgrade: echo\r\n/)
  assert.match(text, /\r\nX-Theirs: 2\r\n/)
  assert.match(text, /\r\nSet-Cookie: a=1\r\n/)
  assert.match(upstream.text(), /^GET \/down\/x\?y HTTP\/1\.1\r\n/)
  assert.match(upstream.text(), /\r\nX-Mine: 1\r\n/)
  assert.match(upstream.text(), /\r\nX-Forwarded-For: 127\.0\.0\.1\r\n/i)
  client.socket.end()
  await upstream.closed
  await eventually(() => gate.settled.length === 1, 'settled')
  const { facts, kind } = gate.settled[0] as (typeof gate.settled)[number]
  assert.deepEqual([kind, facts.status, facts.bytesReceived, facts.bytesSent], ['upgrade', 101, 4, 4])
})

test('bytes that came before the 101 reach the upstream, and bytes behind the 101 the client', async (t) => {
  const origin = await rawOrigin(t, answers(`${switching}early`))
  const gate = await proxyTo(t, { upstream: origin.url })

  const client = await say(t, gate.port, `${ask()}eager`)

  await client.until(/\r\n\r\nearly$/)
  await (await origin.connection(0)).until(/eager$/)
})

test('a refusal of the upstream passes as it is, with its body', async (t) => {
  const no = 'HTTP/1.1 401 Not You\r\nWWW-Authenticate: Basic\r\nContent-Length: 6\r\n\r\nnot me'
  const origin = await rawOrigin(t, answers(no))
  const gate = await proxyTo(t, { upstream: origin.url })

  const client = await say(t, gate.port, ask())

  const text = await client.closed
  assert.match(text, /^HTTP\/1\.1 401 Not You\r\nWWW-Authenticate: Basic\r\n/)
  assert.match(text, /\r\n\r\nnot me$/)
})

test('an upstream that is not there is a 502, and one that resets too', async (t) => {
  const origin = await rawOrigin(t, (socket) => socket.resetAndDestroy())
  const nobody = await proxyTo(t, { upstream: 'http://127.0.0.1:1' })
  const resets = await proxyTo(t, { upstream: origin.url })

  assert.match(await (await say(t, nobody.port, ask())).closed, /^HTTP\/1\.1 502 [\s\S]*SP_CONNECT_REFUSED/)
  assert.match(await (await say(t, resets.port, ask())).closed, /^HTTP\/1\.1 502 [\s\S]*SP_UPSTREAM_RESET/)
})

test('h2c is no upgrade: the request is served as plain HTTP/1.1', async (t) => {
  const origin = await rawOrigin(t, answers('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
  const gate = await proxyTo(t, { upstream: origin.url })

  const client = await say(t, gate.port, ask('h2c').replace('X-Mine: 1', 'HTTP2-Settings: AAMAAABkAAQAAP__'))

  assert.match(await client.until(/ok$/), /^HTTP\/1\.1 200 OK/)
  assert.doesNotMatch((await origin.connection(0)).text(), /upgrade|http2-settings/i)
})

test('with upgrade: false the request is served as a plain one', async (t) => {
  const origin = await rawOrigin(t, answers('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
  const gate = await proxyTo(t, { upstream: origin.url, upgrade: false })

  const client = await say(t, gate.port, ask())

  assert.match(await client.until(/ok$/), /^HTTP\/1\.1 200 OK/)
  assert.doesNotMatch((await origin.connection(0)).text(), /upgrade/i)
})

for (const [option, moves] of [
  ['idleTimeout', false],
  ['maxLifetime', true],
] as const) {
  test(`an upgraded connection is closed by ${option}`, async (t) => {
    const origin = await rawOrigin(t, answers(switching))
    const gate = await proxyTo(t, { upstream: origin.url, upgrade: { [option]: 200 } })
    const client = await say(t, gate.port, ask())
    await client.until(/\r\n\r\n/)
    const ticking = setInterval(() => {
      if (moves && client.socket.writable) client.socket.write('tick')
    }, 20)

    await client.closed
    clearInterval(ticking)

    await (await origin.connection(0)).closed
    await eventually(() => gate.settled.length === 1, 'settled')
  })
}

test('the end of one direction is passed on while the other still flows', async (t) => {
  const origin = await rawOrigin(t, answers(switching), true)
  const gate = await proxyTo(t, { upstream: origin.url })
  const client = await say(t, gate.port, ask(), true)
  await client.until(/\r\n\r\n/)
  const upstream = await origin.connection(0)
  const ended = new Promise((resolve) => upstream.socket.once('end', resolve))

  client.socket.end('last words')
  await ended
  await upstream.until(/last words$/)
  upstream.socket.end('and the answer')

  await client.until(/and the answer$/)
  await client.closed
})

for (const who of ['client', 'upstream'] as const) {
  test(`a reset of the ${who} closes the other side and harms nobody else`, async (t) => {
    const origin = await rawOrigin(t, answers(switching))
    const gate = await proxyTo(t, { upstream: origin.url })
    const client = await say(t, gate.port, ask())
    await client.until(/\r\n\r\n/)
    const upstream = await origin.connection(0)

    const [first, second] = who === 'client' ? [client, upstream] : [upstream, client]
    first.socket.resetAndDestroy()

    await second.closed
    await eventually(() => gate.settled.length === 1, 'settled')
    await (await say(t, gate.port, ask())).until(/101/)
  })
}

test('a client that resets before the 101 takes the upstream connection with it', async (t) => {
  const origin = await rawOrigin(t)
  const gate = await proxyTo(t, { upstream: origin.url })
  const client = await say(t, gate.port, ask())
  const upstream = await origin.connection(0)
  await upstream.until(/\r\n\r\n/)

  client.socket.resetAndDestroy()

  await upstream.closed
  await eventually(() => gate.settled.length === 1, 'settled')
})

test('guards, hooks and the path policy are asked for an Upgrade as for a GET', async (t) => {
  const origin = await rawOrigin(t, answers(switching))
  const gate = await openGate(t, async (app) => {
    app.proxy.guard('filter', ({ target }) =>
      target.path === '/guarded' ? { code: 'MINE', status: 451, text: 'No.' } : undefined,
    )
    app.addHook('onRequest', async (request, reply) => {
      if (request.url === '/hooked') return reply.code(403).send('hook')
    })
    await app.register(reverseProxy, { upstream: origin.url })
  })

  for (const [path, status] of [
    ['/guarded', 451],
    ['/hooked', 403],
    ['/a/../b', 400],
    ['/a%00', 400],
  ] as const) {
    const text = await (await say(t, gate.port, ask('echo', path))).closed
    assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} `), path)
  }
  assert.equal(origin.connections.length, 0)
})

test('several mounts upgrade, each to its own upstream', async (t) => {
  const origins = [await rawOrigin(t, answers(switching)), await rawOrigin(t, answers(switching))] as const
  const gate = await openGate(t, async (app) => {
    await app.register(reverseProxy, { upstream: origins[0].url, prefix: '/a' })
    await app.register(reverseProxy, { upstream: origins[1].url, prefix: '/b' })
  })

  await (await say(t, gate.port, ask('echo', '/a'))).until(/101/)
  await (await say(t, gate.port, ask('echo', '/b'))).until(/101/)

  assert.deepEqual(
    origins.map(({ connections }) => connections.length),
    [1, 1],
  )
})

test('an Upgrade that no route takes is closed or answered, never left open', async (t) => {
  const gate = await openGate(t, (app) => app.register(reverseProxy, { upstream: 'http://127.0.0.1:1', prefix: '/a' }))

  const client = await say(t, gate.port, ask('echo', '/b').replace('X-Mine: 1', 'Connection: close'))

  assert.match(await client.closed, /^(HTTP\/1\.1 404 |$)/)
})

test('close() gives upgraded connections the time of the drain and no more', async (t) => {
  const origin = await rawOrigin(t, answers(switching))
  const gate = await proxyTo(t, { upstream: origin.url }, { kernel: { drainTimeout: 300 } })
  const client = await say(t, gate.port, ask())
  await client.until(/\r\n\r\n/)

  const closing = gate.app.close()
  client.socket.write('still here')
  await (await origin.connection(0)).until(/still here$/)

  await closing
  await client.closed
  await (await origin.connection(0)).closed
})

test('reply.proxy() with an upstream that is found late upgrades too', async (t) => {
  const origin = await rawOrigin(t, answers(switching))
  const upstream = async (): Promise<string> => origin.url
  const gate = await openGate(t, async (app) => {
    await app.register(reverseProxy)
    app.get('/', { config: { proxy: {} } }, (_request, reply) => reply.proxy({ upstream }))
    app.get('/off', { config: { proxy: {} } }, (_request, reply) => reply.proxy({ upstream, upgrade: false }))
  })

  await (await say(t, gate.port, ask())).until(/101 Switching/)
  assert.match(await (await say(t, gate.port, ask('echo', '/off'))).closed, /^HTTP\/1\.1 502 [\s\S]*SP_UPGRADE_FAILED/)
})
