import assert from 'node:assert/strict'
import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import tls from 'node:tls'
import { stalledPort } from '../../conformance/harness/stalled-port.ts'
import { createAuthority, createCertificate } from '../../support/certificates.ts'
import { until } from '../../support/until.ts'
import { deadPort } from '../../support/wire.ts'
import { live } from './live.ts'

async function listen(t: TestContext, server: net.Server): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = []
  server.on('connection', (socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
  })
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, sockets }
}

test('an accepted connection is enough, and is closed without a byte', async (t) => {
  const { port, sockets } = await listen(
    t,
    net.createServer().on('connection', (socket) => socket.resume()),
  )

  assert.equal(await live(t, `http://127.0.0.1:${port}`, { kind: 'tcp' }).first(), 'up: connection accepted')

  await until(() => sockets[0]?.destroyed === true, 'the connection closed')
  assert.equal(sockets[0]?.bytesRead, 0)
})

test('a refused connection is down at once', async (t) => {
  const { verdicts, first } = live(t, `http://127.0.0.1:${await deadPort()}`, { kind: 'tcp' })

  assert.equal(await first(), 'down: connection refused')
  assert.equal(verdicts[0]?.up, false)
})

test('a name that DNS does not know is down', async (t) => {
  const said = await live(t, 'http://nobody.invalid', { kind: 'tcp' }).first()

  // Where the machine has no resolver that answers, it is no more than a failure to look it up.
  assert.match(said, /^down: (the name is not known|the name could not be looked up)$/)
})

test('a connection that neither stands nor fails is down when the time is up, and leaves no timer', async (t) => {
  const { port, close } = await stalledPort()
  t.after(close)
  const { clock, checks, first } = live(t, `http://127.0.0.1:${port}`, { kind: 'tcp', timeout: '1s' })

  clock.advance(1000)

  assert.equal(await first(), 'down: no connection within 1 s')
  checks.close()
  assert.equal(clock.pending, 0)
})

test('close while it connects ends the attempt and its timer', async (t) => {
  const { port, close } = await stalledPort()
  t.after(close)
  const { clock, checks, verdicts } = live(t, `http://127.0.0.1:${port}`, { kind: 'tcp' })

  checks.close()

  await until(() => clock.pending === 0, 'no timer')
  assert.equal(verdicts.length, 0)
})

test('an https upstream must also speak TLS, with a certificate that is accepted', async (t) => {
  const authority = createAuthority('Test CA')
  const { port } = await listen(t, tls.createServer(createCertificate({ name: '127.0.0.1', authority })))
  const url = `https://127.0.0.1:${port}`
  const own = { tls: { ca: authority.cert } }

  assert.equal(await live(t, url, { kind: 'tcp' }, own).first(), 'up: connection accepted')
  assert.match(await live(t, url, { kind: 'tcp' }).first(), /^down: the certificate is not accepted \([A-Z_]+\)$/)
  assert.equal(await live(t, url, { kind: 'tcp', ...own }).first(), 'up: connection accepted')
})

test('an https upstream that speaks no TLS is down', async (t) => {
  const { port } = await listen(
    t,
    net.createServer((socket) => socket.end('220 mail.test ESMTP\r\n')),
  )

  assert.match(await live(t, `https://127.0.0.1:${port}`, { kind: 'tcp' }).first(), /^down: no TLS connection \(/)
})
