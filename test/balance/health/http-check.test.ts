import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { HealthOptions } from '../../../src/balance/health/options.ts'
import { startOrigin, type TestOrigin } from '../../support/origin.ts'
import { until } from '../../support/until.ts'
import { deadPort, listenWire } from '../../support/wire.ts'
import { type Live, live } from './live.ts'

async function origin(t: TestContext, answer?: RequestListener): Promise<TestOrigin> {
  const started = await startOrigin(answer)
  t.after(() => started.close())
  return started
}

async function against(t: TestContext, options: HealthOptions, answer: RequestListener): Promise<string> {
  const { url } = await origin(t, answer)
  return live(t, url, options).first()
}

const says =
  (status: number, body = '', fields: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, fields).end(body)

test('a check is a GET with the host of the upstream, on a connection of its own that is closed after it', async (t) => {
  const { url, port, requests } = await origin(t, says(200, 'ok'))
  const { clock, results, first } = live(t, url, { path: '/healthz?deep=1', jitter: 0 })

  assert.equal(await first(), 'up: status 200')
  clock.advance(5000)
  await until(() => results.length === 2, 'the second check')

  const [one, two] = requests
  assert.deepEqual([one?.method, one?.url], ['GET', '/healthz?deep=1'])
  assert.deepEqual(
    { ...one?.headers },
    {
      host: `127.0.0.1:${port}`,
      'user-agent': 'sallyport-health',
      accept: '*/*',
      connection: 'close',
    },
  )
  assert.notEqual(one?.socket, two?.socket)
  await until(() => one?.socket.destroyed === true && two?.socket.destroyed === true, 'both connections closed')
})

test('the path of the URL goes before the path of the check', async (t) => {
  const { url, requests } = await origin(t)

  await live(t, `${url}/base`, { path: '/healthz' }).first()

  assert.equal(requests[0]?.url, '/base/healthz')
})

test('host, method and fields are what the options say', async (t) => {
  const { url, requests } = await origin(t)
  const options = { method: 'HEAD', host: 'app.test', fields: { 'User-Agent': 'mine', 'X-Key': 'k' } } as const

  assert.equal(await live(t, url, options).first(), 'up: status 200')

  const { method, headers } = requests[0] as (typeof requests)[0] & object
  assert.deepEqual([method, headers.host, headers['user-agent'], headers['x-key']], ['HEAD', 'app.test', 'mine', 'k'])
})

test('a check by POST has no content, and says so', async (t) => {
  const { url, requests } = await origin(t)

  assert.equal(await live(t, url, { method: 'POST' }).first(), 'up: status 200')

  assert.equal(requests[0]?.headers['content-length'], '0')
})

test('OPTIONS may ask for the server as a whole', async (t) => {
  const { url, requests } = await origin(t)

  assert.equal(await live(t, url, { method: 'OPTIONS', path: '*' }).first(), 'up: status 200')

  assert.equal(requests[0]?.url, '*')
})

test('a status that is not expected is down, and the reason says which is', async (t) => {
  assert.equal(await against(t, {}, says(500)), 'down: status 500, expected 200-399')
  assert.equal(await against(t, { expect: { status: ['2xx', 404] } }, says(404)), 'up: status 404')
  assert.equal(
    await against(t, { expect: { status: ['2xx', 404] } }, says(302, '', { location: '/' })),
    'down: status 302, expected 200-299, 404',
  )
})

test('a redirect is an answer, and is not followed', async (t) => {
  const { url, requests } = await origin(t, says(302, '', { location: '/elsewhere' }))

  assert.equal(await live(t, url, {}).first(), 'up: status 302')

  assert.equal(requests.length, 1)
})

test('an interim answer decides nothing', async (t) => {
  const answer: RequestListener = (_, response) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' })
    response.writeHead(204).end()
  }

  assert.equal(await against(t, {}, answer), 'up: status 204')
})

test('the body must hold the text', async (t) => {
  const expect = { body: 'all well' }

  assert.equal(await against(t, { expect }, says(200, '{"state":"all well"}')), 'up: status 200')
  assert.equal(await against(t, { expect }, says(200, 'partly')), 'down: body does not contain "all well"')
  assert.equal(await against(t, { expect }, says(500, 'all well')), 'down: status 500, expected 200-399')
})

test('the body must match the pattern', async (t) => {
  const expect = { body: /^ready: \d+$/ }

  assert.equal(await against(t, { expect }, says(200, 'ready: 12')), 'up: status 200')
  assert.equal(await against(t, { expect }, says(200, 'ready: no')), 'down: body does not match /^ready: \\d+$/')
})

const endless: RequestListener = (_, response) => {
  const more = (): void => {
    while (!response.destroyed && response.write('x'.repeat(16_384)));
  }
  response.on('drain', more)
  response.write('begin ')
  more()
}

test('a body without an end is read up to the limit, and the connection closed', async (t) => {
  for (const [options, verdict] of [
    [{}, 'up: status 200'],
    [{ expect: { body: 'begin' } }, 'up: status 200'],
    [{ expect: { body: 'never' } }, 'down: body does not contain "never"'],
    [{ expect: { body: /x$/, bodyLimit: 100 } }, 'up: status 200'],
  ] as const) {
    const { url, requests } = await origin(t, endless)
    const checked = live(t, url, options)

    assert.equal(await checked.first(), verdict)

    const { socket } = requests[0] as (typeof requests)[0] & object
    await until(() => socket.destroyed, 'the connection closed')
    // What the kernel had buffered has gone too; no more than that.
    assert.ok(socket.bytesWritten < 16 * 1024 * 1024, `${socket.bytesWritten} bytes`)
  }
})

test('a refused connection is down at once, also from up', async (t) => {
  const { url, server, close } = await startOrigin(says(200))
  const { clock, verdicts, first } = live(t, url, { jitter: 0 })
  assert.equal(await first(), 'up: status 200')
  await close()
  assert.equal(server.listening, false)

  clock.advance(5000)
  await until(() => verdicts.length === 2, 'the second verdict')

  assert.deepEqual(verdicts[1], { up: false, reason: 'connection refused', took: 0 })
})

test('a black hole that accepts and never answers is down when the time is up', async (t) => {
  const { url, wires } = await listenWire(t, () => {})
  const { clock, first } = live(t, url, { timeout: '1.5s' })
  await until(() => wires[0]?.text().includes('\r\n\r\n') === true, 'the request')

  clock.advance(1500)

  assert.equal(await first(), 'down: no answer within 1.5 s')
  await wires[0]?.ended()
})

test('an answer that does not end is down when the time is up', async (t) => {
  const { url } = await listenWire(t, ({ send }) => send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab'))
  const { clock, heads, first } = live(t, url, { timeout: 250 })
  await until(() => heads() === 1, 'the head')

  clock.advance(250)

  assert.equal(await first(), 'down: no end of the answer within 250 ms')
})

const broken: readonly [bytes: string, reason: string][] = [
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab', 'the answer broke off'],
  ['SSH-2.0-OpenSSH_10.0\r\n', 'the answer could not be understood'],
  ['', 'connection closed before the answer'],
  [`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`, 'the head of the answer is too large'],
]
for (const [bytes, reason] of broken) {
  test(`an answer that is none is down: ${reason}`, async (t) => {
    const { url } = await listenWire(t, (wire) => {
      wire.says(/\r\n\r\n/).then(() => wire.socket.end(bytes))
    })

    assert.equal(await live(t, url, {}).first(), `down: ${reason}`)
  })
}

test('another port may answer for the upstream', async (t) => {
  const { port, requests } = await origin(t)

  assert.equal(await live(t, `http://127.0.0.1:${await deadPort()}`, { port }).first(), 'up: status 200')

  assert.equal(requests[0]?.headers.host, `127.0.0.1:${port}`)
})

test('a Unix socket that is not there is down at once', async (t) => {
  assert.equal(await live(t, 'http+unix:/nowhere/app.sock', {}).first(), 'down: there is no such socket')
})

test('a reason never tells the fields of the request or the body of the answer', async (t) => {
  const options = { fields: { authorization: 'Bearer s3cret' }, expect: { body: 'fine' } }

  const said = await against(t, options, says(200, 'password=hunter2'))

  assert.equal(said, 'down: body does not contain "fine"')
})

test('close in the middle of a check ends its connection and leaves no timer', async (t) => {
  const { url, wires } = await listenWire(t, () => {})
  const { clock, checks, verdicts }: Live = live(t, url, {})
  await until(() => wires[0]?.text().includes('\r\n\r\n') === true, 'the request')

  checks.close()

  await wires[0]?.ended()
  assert.deepEqual([clock.pending, verdicts.length], [0, 0])
})

test('close before the connection stands ends it as soon as it does', async (t) => {
  const { url, requests, server } = await origin(t)
  const { clock, checks } = live(t, url, {})
  let open = 0
  server.on('connection', (socket) => {
    open++
    socket.on('close', () => open--)
  })

  checks.close()

  await until(() => clock.pending === 0, 'the timer of the dialler gone')
  await until(() => open === 0, 'the connection closed')
  assert.equal(requests.length, 0)
})
