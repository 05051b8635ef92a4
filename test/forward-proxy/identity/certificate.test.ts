import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { readCertificate } from '../../../src/forward-proxy/identity/certificate.ts'
import { createAuthority, createCertificate, type TestCertificate } from '../../support/certificates.ts'
import { basic, client, open } from './identity-bed.ts'

const authority = createAuthority('clients')
const server = createCertificate()

/** The server's end of a connection of a client with that certificate, or with none. */
async function accepted(t: TestContext, mine?: TestCertificate): Promise<TLSSocket> {
  const listener = createServer({ ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: false })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const outer = connect({ port: (listener.address() as AddressInfo).port, ca: server.cert, ...mine })
  outer.on('error', () => {})
  const [socket] = (await once(listener, 'secureConnection')) as [TLSSocket]
  t.after(() => {
    outer.destroy()
    socket.destroy()
    listener.close()
  })
  return socket
}

test('a certificate that is trusted names the user, by its common name or by another one', async (t) => {
  const socket = await accepted(t, createCertificate({ name: 'ann.a.test', authority }))

  for (const user of ['cn', 'dns'] as const) {
    const identity = open(t, { certificate: { user } })
    assert.deepEqual(identity.authenticate([], client, socket), { user: 'ann.a.test', groups: [] })
  }
  assert.equal(open(t, { certificate: { user: 'email' } }).authenticate([], client, socket), 'wrong')
})

test('a certificate that nobody trusts is wrong', async (t) => {
  const socket = await accepted(t, createCertificate({ name: 'ann.a.test' }))

  assert.equal(open(t, { certificate: {} }).authenticate([], client, socket), 'wrong')
})

test('without a certificate the others count; where there are no others, it is 403', async (t) => {
  const socket = await accepted(t)
  const users = [{ user: 'bob', password: 'right' }]

  const only = open(t, { certificate: {} })
  const both = open(t, { certificate: {}, basic: { users } })

  assert.equal(only.authenticate(basic('bob', 'right'), client, socket), 'missing')
  assert.equal(only.refusal('missing', client).status, 403)
  assert.deepEqual(await both.authenticate(basic('bob', 'right'), client, socket), { user: 'bob', groups: [] })
})

test('CVE-2021-44532: a name that could pass for two is nobody', () => {
  const read = (user: 'cn' | 'dns', subject: string, subjectAltName?: string) => {
    const certificate = { subject, subjectAltName }
    const socket = { authorized: true, getPeerX509Certificate: () => certificate }
    return readCertificate('certificate', { user }).read(socket)
  }
  const nobody = { user: undefined, wrong: true }

  assert.deepEqual(read('dns', '', 'DNS:"evil.test, DNS:ann.test"'), nobody)
  assert.deepEqual(read('dns', '', 'DNS:a.test, DNS:b.test'), nobody)
  assert.deepEqual(read('cn', 'CN=ann\nO=x\nCN=eve'), nobody)
  assert.deepEqual(read('cn', 'CN=ann + OU=y'), nobody)
  assert.deepEqual(read('cn', 'CN=ann\\0A'), nobody)
  assert.deepEqual(read('cn', 'O=x'), nobody)
  assert.deepEqual(read('cn', 'O=x\nCN=ann'), { user: 'ann', wrong: false })
})
