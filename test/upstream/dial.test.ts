import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import net, { type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import tls, { type TLSSocket } from 'node:tls'
import { systemClock } from '../../src/contract/clock.ts'
import type { ErrorCode, ProxyError } from '../../src/contract/errors.ts'
import type { Upstream, UpstreamTls } from '../../src/contract/pool.ts'
import { type DialOptions, dial } from '../../src/upstream/dial.ts'
import { createUpstream } from '../../src/upstream/origin.ts'
import { stalledPort } from '../conformance/harness/stalled-port.ts'
import { createAuthority, createCertificate, type TestCertificate } from '../support/certificates.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { until } from '../support/until.ts'
import { deadPort } from '../support/wire.ts'

const authority = createAuthority('Test Authority')

/** Dials, and fails the test when the callback comes twice. */
function dialled(t: TestContext, upstream: Upstream, options: Partial<DialOptions> = {}): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let calls = 0
    const given = { clock: systemClock, timeout: 5000, alpn: ['http/1.1'], ...options }
    const attempt = dial(upstream, given, (error, socket) => {
      assert.equal(++calls, 1)
      socket?.on('error', () => {})
      if (socket === null) reject(error)
      else resolve(socket)
    })
    t.after(() => attempt.destroy())
  })
}

/** The code with which dialling fails; the message names the upstream, the original stands in `cause`. */
async function failure(t: TestContext, upstream: Upstream, options?: Partial<DialOptions>): Promise<ErrorCode> {
  const error = await dialled(t, upstream, options).then(
    () => assert.fail('it connected'),
    (reason: ProxyError) => reason,
  )
  assert.ok(error.message.startsWith(`${upstream.name}: `), error.message)
  return error.code
}

async function secureServer(
  t: TestContext,
  certificate: TestCertificate,
  options: tls.TlsOptions = {},
  onSocket: (socket: TLSSocket) => void = () => {},
): Promise<number> {
  const sockets = new Set<Socket>()
  const server = tls.createServer({ ...certificate, ...options }, onSocket)
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.on('tlsClientError', () => {})
  t.after(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const secure = (host: string, port: number, settings: UpstreamTls = {}): Upstream =>
  createUpstream('upstream', `https://${host}:${port}`, { tls: settings })

test('nobody listens: SP_CONNECT_REFUSED', async (t) => {
  assert.equal(
    await failure(t, createUpstream('upstream', `http://127.0.0.1:${await deadPort()}`)),
    'SP_CONNECT_REFUSED',
  )
})

test('no such Unix socket: SP_CONNECT_REFUSED', async (t) => {
  assert.equal(await failure(t, createUpstream('upstream', 'unix:/no/such.sock')), 'SP_CONNECT_REFUSED')
})

test('no such name: SP_DNS', async (t) => {
  assert.equal(await failure(t, createUpstream('upstream', 'http://nowhere.invalid')), 'SP_DNS')
})

test('a connection that does not stand in time: SP_CONNECT_TIMEOUT, by the clock that was handed in', async (t) => {
  const stalled = await stalledPort()
  t.after(() => stalled.close())
  const clock = fakeClock()
  let done = false
  const failing = failure(t, createUpstream('upstream', `http://127.0.0.1:${stalled.port}`), { clock, timeout: 3000 })
  failing.finally(() => {
    done = true
  })

  clock.advance(2999)
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(done, false)
  clock.advance(1)

  assert.equal(await failing, 'SP_CONNECT_TIMEOUT')
  assert.equal(clock.pending, 0)
})

test('a TLS handshake that never ends: SP_CONNECT_TIMEOUT', async (t) => {
  const server = net.createServer((socket) => t.after(() => socket.destroy())).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const upstream = secure('127.0.0.1', (server.address() as AddressInfo).port)

  assert.equal(await failure(t, upstream, { timeout: 100 }), 'SP_CONNECT_TIMEOUT')
})

test('a connection that stands leaves no timer behind', async (t) => {
  const server = net.createServer((socket) => t.after(() => socket.destroy())).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const clock = fakeClock()

  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const socket = await dialled(t, createUpstream('upstream', url), { clock })

  assert.equal(clock.pending, 0)
  assert.equal(socket.listenerCount('close'), 0)
})

test('the other side does not speak TLS: SP_TLS_PROTOCOL', async (t) => {
  const server = net.createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  t.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  assert.equal(await failure(t, secure('127.0.0.1', (server.address() as AddressInfo).port)), 'SP_TLS_PROTOCOL')
})

test('a certificate of a known authority for the right name is accepted', async (t) => {
  const port = await secureServer(t, createCertificate({ name: 'localhost', authority }))

  const socket = (await dialled(t, secure('localhost', port, { ca: authority.cert }))) as TLSSocket

  assert.equal(socket.authorized, true)
})

test('a certificate for an address is checked against the address', async (t) => {
  const port = await secureServer(t, createCertificate({ name: '127.0.0.1', authority }))

  const socket = (await dialled(t, secure('127.0.0.1', port, { ca: [authority.cert] }))) as TLSSocket

  assert.equal(socket.authorized, true)
})

const unproved: readonly [string, () => TestCertificate, UpstreamTls][] = [
  ['for another name', () => createCertificate({ name: 'other.test', authority }), { ca: authority.cert }],
  [
    'for an address, where the URL has a name',
    () => createCertificate({ name: '127.0.0.1', authority }),
    { ca: authority.cert },
  ],
  ['of an authority that nobody knows', () => createCertificate({ authority }), {}],
  [
    'of an authority of the same name, but another key',
    () => createCertificate({ authority: createAuthority('Test Authority') }),
    { ca: authority.cert },
  ],
  ['signed by itself', () => createCertificate(), {}],
  ['that has expired', () => createCertificate({ expiredDays: 3, authority }), { ca: authority.cert }],
]

for (const [why, make, settings] of unproved) {
  test(`a certificate ${why}: SP_TLS_CERTIFICATE`, async (t) => {
    const port = await secureServer(t, make())

    assert.equal(await failure(t, secure('localhost', port, settings)), 'SP_TLS_CERTIFICATE')
  })
}

test('rejectUnauthorized: false takes any certificate', async (t) => {
  const port = await secureServer(t, createCertificate({ name: 'other.test', expiredDays: 3 }))

  const socket = (await dialled(t, secure('localhost', port, { rejectUnauthorized: false }))) as TLSSocket

  assert.equal(socket.authorized, false)
})

test('servername is what is asked for, and what the certificate is checked against', async (t) => {
  let asked: string | undefined
  const port = await secureServer(t, createCertificate({ name: 'inside.test', authority }), {
    SNICallback: (name, callback) => {
      asked = name
      callback(null)
    },
  })

  const socket = (await dialled(
    t,
    secure('127.0.0.1', port, { ca: authority.cert, servername: 'inside.test' }),
  )) as TLSSocket

  assert.equal(asked, 'inside.test')
  assert.equal(socket.authorized, true)
})

test('the client certificate is shown to an upstream that asks for one', async (t) => {
  const names: string[] = []
  const asks = { requestCert: true, rejectUnauthorized: true, ca: authority.cert }
  const port = await secureServer(t, createCertificate({ authority }), asks, (socket) =>
    names.push(String(socket.getPeerCertificate().subject.CN)),
  )

  await dialled(t, secure('localhost', port, { ca: authority.cert, ...createCertificate({ name: 'gate', authority }) }))

  await until(() => names.length === 1, 'the certificate')
  assert.deepEqual(names, ['gate'])
})

test('ALPN is offered', async (t) => {
  const port = await secureServer(t, createCertificate({ authority }), { ALPNProtocols: ['h2', 'http/1.1'] })
  const upstream = secure('localhost', port, { ca: authority.cert })

  const one = (await dialled(t, upstream, { alpn: ['http/1.1'] })) as TLSSocket
  const two = (await dialled(t, upstream, { alpn: ['h2', 'http/1.1'] })) as TLSSocket

  assert.deepEqual([one.alpnProtocol, two.alpnProtocol], ['http/1.1', 'h2'])
})

test('an upstream older than minVersion: SP_TLS_PROTOCOL', async (t) => {
  const port = await secureServer(t, createCertificate({ authority }), { maxVersion: 'TLSv1.2' })

  assert.equal(
    await failure(t, secure('localhost', port, { ca: authority.cert, minVersion: 'TLSv1.3' })),
    'SP_TLS_PROTOCOL',
  )
})

test('a Unix socket and an IPv6 literal are dialled', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-'))
  t.after(() => rm(folder, { recursive: true }))
  const path = join(folder, 'app.sock')
  let connections = 0
  const listen = async (where: net.ListenOptions): Promise<net.Server> => {
    const server = net.createServer((socket) => {
      connections++
      t.after(() => socket.destroy())
    })
    t.after(() => server.close())
    await new Promise<void>((resolve) => server.listen(where, resolve))
    return server
  }
  await listen({ path })
  const six = await listen({ host: '::1', port: 0 })

  await dialled(t, createUpstream('upstream', `unix:${path}`))
  await dialled(t, createUpstream('upstream', `http://[::1]:${(six.address() as AddressInfo).port}`))

  await until(() => connections === 2, 'both connections')
})
