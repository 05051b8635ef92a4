import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../src/contract/clock.ts'
import { ProxyError } from '../../src/contract/errors.ts'
import type { DispatchOptions } from '../../src/contract/layer.ts'
import { createUpstream } from '../../src/upstream/origin.ts'
import { createTransport, type Transport } from '../../src/upstream/transport.ts'
import { startOrigin } from '../support/app.ts'
import { createAuthority, createCertificate } from '../support/certificates.ts'
import { Recorder } from '../support/recorder.ts'
import { until } from '../support/until.ts'
import { answerHeads, listenWire } from '../support/wire.ts'

function newTransport(t: TestContext): Transport {
  const transport = createTransport({ clock: systemClock })
  t.after(() => transport.destroy(new Error('end of the test')))
  return transport
}

function ask(transport: Transport, options: Partial<DispatchOptions>): Promise<Recorder> {
  const recorder = new Recorder()
  transport.dispatch({ path: '/', method: 'GET', headers: [], ...options } as unknown as DispatchOptions, recorder)
  return recorder.over
}

/** Closed with the test. */
async function listening(t: TestContext, server: Server): Promise<void> {
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

test('it goes to the upstream that was picked, else to the origin', async (t) => {
  const one = await startOrigin(t, (_request, response) => response.end('one'))
  const two = await startOrigin(t, (_request, response) => response.end('two'))
  const transport = newTransport(t)

  const picked = await ask(transport, { upstream: createUpstream('upstream', one.url), origin: two.url })
  const named = await ask(transport, { origin: two.url })
  const asUrl = await ask(transport, { origin: new URL(two.url) })

  assert.deepEqual([picked.body, named.body, asUrl.body], ['one', 'two', 'two'])
})

test('calls to the same origin share their connections', async (t) => {
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => ok))
  const transport = newTransport(t)

  for (let i = 0; i < 3; i++) assert.equal((await ask(transport, { origin: origin.url })).status, 200)

  assert.equal(origin.wires.length, 1)
})

for (const origin of [undefined, '', 'ftp://a.test', 'http://user@a.test']) {
  test(`the origin ${JSON.stringify(origin)} is an error for the handler, and not thrown`, async (t) => {
    const { error, calls } = await ask(newTransport(t), { origin } as Partial<DispatchOptions>)

    assert.equal(error?.code, 'SP_BAD_OPTION')
    assert.deepEqual(calls, ['error'])
  })
}

test('a Unix socket serves', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-'))
  t.after(() => rm(folder, { recursive: true }))
  const path = join(folder, 'app.sock')
  const server = createServer((request, response) => response.end(`${request.headers.host}`)).listen(path)
  await listening(t, server)

  const { status, body } = await ask(newTransport(t), { origin: `unix:${path}`, headers: ['Host', 'a.test'] })

  assert.deepEqual([status, body], [200, 'a.test'])
})

test('an IPv6 literal serves', async (t) => {
  const server = createServer((_request, response) => response.end('six')).listen(0, '::1')
  await listening(t, server)

  const { body } = await ask(newTransport(t), { origin: `http://[::1]:${(server.address() as AddressInfo).port}` })

  assert.equal(body, 'six')
})

test('an authority of its own serves over TLS; the Host of a client does not change whom we ask for', async (t) => {
  const authority = createAuthority('Own Authority')
  const names: unknown[] = []
  const server = createSecureServer(createCertificate({ name: 'localhost', authority }), (request, response) => {
    names.push((request.socket as unknown as { servername: string }).servername)
    response.end('secure')
  }).listen(0, '127.0.0.1')
  await listening(t, server)
  const url = `https://localhost:${(server.address() as AddressInfo).port}`
  const transport = newTransport(t)
  const upstream = createUpstream('upstream', url, { tls: { ca: authority.cert } })

  for (const host of ['a.test', 'b.test', 'localhost']) {
    const { body, error } = await ask(transport, { upstream, headers: ['Host', host] })
    assert.deepEqual([body, error], ['secure', undefined])
  }
  const unknown = await ask(transport, { origin: url })

  assert.deepEqual(names, ['localhost', 'localhost', 'localhost'])
  assert.equal(unknown.error?.code, 'SP_TLS_CERTIFICATE')
})

test('an upstream that wants a certificate and gets none: a TLS failure, and no crash', async (t) => {
  const authority = createAuthority('Own Authority')
  const server = createSecureServer(
    { ...createCertificate({ authority }), requestCert: true, rejectUnauthorized: true, ca: authority.cert },
    (_request, response) => response.end('never'),
  ).listen(0, '127.0.0.1')
  await listening(t, server)
  const url = `https://localhost:${(server.address() as AddressInfo).port}`
  const transport = newTransport(t)
  const upstream = createUpstream('upstream', url, { tls: { ca: authority.cert } })

  const codes = await Promise.all(
    Array.from({ length: 10 }, async () => (await ask(transport, { upstream })).error?.code),
  )

  for (const code of codes) assert.match(String(code), /^SP_(TLS_PROTOCOL|UPSTREAM_RESET|CONNECT_FAILED)$/)
})

test('an upstream that is forgotten has its idle connections closed', async (t) => {
  const origin = await listenWire(t, (wire) => {
    answerHeads(wire, () => ok)
    wire.socket.on('end', () => wire.socket.end())
  })
  const transport = newTransport(t)
  await ask(transport, { origin: origin.url })

  for (let port = 1; port <= 1000; port++) transport.upstreams.get(`http://127.0.0.1:${port}`)

  await until(() => origin.wires[0]?.over === true, 'the end of the connection')
})

test('close() closes every connection', async (t) => {
  const origins = [0, 1].map(() => listenWire(t, (wire) => answerHeads(wire, () => ok)))
  const [one, two] = await Promise.all(origins)
  const transport = newTransport(t)
  await ask(transport, { origin: String(one?.url) })
  await ask(transport, { origin: String(two?.url) })

  await transport.close()

  await one?.wires[0]?.ended()
  await two?.wires[0]?.ended()
})

test('an upstream that is forgotten with an error keeps no connection that is still being made', async (t) => {
  const wire = await listenWire(t, () => {})
  const transport = newTransport(t)
  // It accepts, and never says a word of TLS.
  const upstream = createUpstream('upstream', wire.url.replace('http:', 'https:'))
  const over = ask(transport, { upstream, connectTimeout: 60_000 } as Partial<DispatchOptions>)
  await until(() => wire.wires.length === 1, 'the dial')

  transport.forget(upstream, new Error('done with it'))

  assert.match(String((await over).error?.message), /done with it/)
})

test('an upstream that was forgotten while it answers: close() waits for it, destroy() ends it', async (t) => {
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no'))
  const transport = newTransport(t)
  const upstream = createUpstream('upstream', origin.url)
  const recorder = new Recorder()
  transport.dispatch({ path: '/', method: 'GET', headers: [], upstream } as unknown as DispatchOptions, recorder)
  await recorder.answered
  transport.forget(upstream)
  let closed = false
  const closing = transport.close().then(() => {
    closed = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(closed, false)

  transport.destroy(new ProxyError('SP_SHUTDOWN', 'the server is gone'))

  assert.equal((await recorder.over).error?.code, 'SP_SHUTDOWN')
  await closing
})

test('once it closes, no connection to another upstream is made', async (t) => {
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => ok))
  const transport = newTransport(t)
  await transport.close()

  const late = await ask(transport, { origin: origin.url })
  const upgrade = await ask(transport, { origin: origin.url, upgrade: 'x' })

  assert.deepEqual([late.error?.code, upgrade.error?.code], ['SP_SHUTDOWN', 'SP_SHUTDOWN'])
  assert.equal(origin.wires.length, 0)
})
