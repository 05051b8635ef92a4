import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import http from 'node:http'
import https, { type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import type { UpstreamTls } from '../../src/contract/pool.ts'
import { createAuthority, createCertificate } from '../support/certificates.ts'
import { ask } from './support/exchange.ts'
import { proxyTo } from './support/gate.ts'

const authority = createAuthority('authority.test')
const server = createCertificate({ name: 'app.test', authority })
const loopback = createCertificate({ name: '127.0.0.1', authority })
const client = createCertificate({ name: 'client.test', authority })

async function secureOrigin(t: TestContext, options: ServerOptions = loopback): Promise<string> {
  const origin = https.createServer(options, (request, response) => {
    const socket = request.socket as TLSSocket & { servername?: string }
    response.end(JSON.stringify({ peer: socket.getPeerCertificate().subject?.CN, sni: socket.servername }))
  })
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
  t.after(() => {
    origin.closeAllConnections()
    origin.close()
  })
  return `https://127.0.0.1:${(origin.address() as AddressInfo).port}`
}

const through = async (t: TestContext, upstream: string, tls?: UpstreamTls) => {
  const gate = await proxyTo(t, tls === undefined ? { upstream } : { upstream, tls })
  return ask(gate.url, '/')
}

test('a certificate that nobody vouches for is a 502', async (t) => {
  const answer = await through(t, await secureOrigin(t))

  assert.deepEqual([answer.status, answer.json().code], [502, 'SP_TLS_CERTIFICATE'])
  assert.equal(answer.headers['proxy-status'], 'gate; error=tls_certificate_error')
})

test('an authority of your own is believed', async (t) => {
  assert.equal((await through(t, await secureOrigin(t), { ca: authority.cert })).status, 200)
})

test('a certificate for another name is a 502, and servername says which name is meant', async (t) => {
  const upstream = await secureOrigin(t, server)

  assert.equal((await through(t, upstream, { ca: authority.cert })).json().code, 'SP_TLS_CERTIFICATE')
  const answer = await through(t, upstream, { ca: authority.cert, servername: 'app.test' })
  assert.deepEqual([answer.status, answer.json().sni], [200, 'app.test'])
})

test('a client certificate is shown', async (t) => {
  const upstream = await secureOrigin(t, {
    ...loopback,
    ca: authority.cert,
    requestCert: true,
    rejectUnauthorized: true,
  })

  const answer = await through(t, upstream, { ca: authority.cert, cert: client.cert, key: client.key })

  assert.equal(answer.json().peer, 'client.test')
  assert.equal((await through(t, upstream, { ca: authority.cert })).status, 502)
})

test('rejectUnauthorized: false takes any certificate', async (t) => {
  assert.equal((await through(t, await secureOrigin(t), { rejectUnauthorized: false })).status, 200)
})

test('a plain server behind an https URL is a 502', async (t) => {
  const origin = http.createServer((_, response) => response.end('plain')).listen(0, '127.0.0.1')
  await once(origin, 'listening')
  t.after(() => origin.close())

  const answer = await through(t, `https://127.0.0.1:${(origin.address() as AddressInfo).port}`)

  assert.deepEqual([answer.status, answer.json().code], [502, 'SP_TLS_PROTOCOL'])
})

test('an upstream may be a Unix socket, one that is not there is a 502', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-'))
  const file = path.join(folder, 'app.sock')
  const origin = http.createServer((request, response) => response.end(request.url)).listen(file)
  await once(origin, 'listening')
  t.after(() => {
    origin.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const gate = await proxyTo(t, { upstream: `http+unix:${file}` })
  const nobody = await through(t, `http+unix:${file}.none`)

  assert.equal((await ask(gate.url, '/a?b')).text, '/a?b')
  assert.equal(nobody.json().code, 'SP_CONNECT_REFUSED')
  assert.doesNotMatch(nobody.text, /sallyport-.*sock/)
})

test('an upstream may be an IPv6 literal', async (t) => {
  const origin = http.createServer((request, response) => response.end(request.headers.host)).listen(0, '::1')
  await once(origin, 'listening')
  t.after(() => origin.close())
  const { port } = origin.address() as AddressInfo

  const gate = await proxyTo(t, { upstream: `http://[::1]:${port}`, host: 'upstream' })

  assert.equal((await ask(gate.url, '/')).text, `[::1]:${port}`)
})
