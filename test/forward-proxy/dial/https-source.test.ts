import assert from 'node:assert/strict'
import http2 from 'node:http2'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Answer, decode, encode, type Packet } from 'dns-packet'
import { systemClock } from '../../../src/contract/clock.ts'
import { resolverFrom } from '../../../src/forward-proxy/dial/dns-options.ts'
import { a } from '../../balance/discovery/dns-server.ts'
import { createAuthority, createCertificate } from '../../support/certificates.ts'

const authority = createAuthority('DNS over HTTPS test')

interface Asked {
  readonly method: string
  readonly path: string
  readonly version: string
  readonly contentType: string
  readonly authority: string
  readonly packet: Packet
  readonly bytes: Buffer
}

interface Given {
  readonly status?: number
  readonly fields?: Record<string, string>
  readonly body?: Buffer
  readonly answers?: Answer[]
  readonly authorities?: Answer[]
  readonly rcode?: number
}

async function dohServer(t: TestContext, give: (asked: Asked) => Given, name = 'dns.test', h2 = true) {
  const asked: Asked[] = []
  const keys = createCertificate({ name, authority })
  const answer: https.ServerOptions & object = keys
  const listener = (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse): void => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const bytes = Buffer.concat(chunks)
      const packet = decode(bytes)
      const one = {
        method: request.method,
        path: request.url,
        version: request.httpVersion,
        contentType: String(request.headers['content-type']),
        authority: String(request.headers[':authority'] ?? request.headers.host),
        packet,
        bytes,
      }
      asked.push(one)
      const given = give(one)
      const questions = packet.questions ?? []
      const body =
        given.body ??
        encode({
          type: 'response',
          id: packet.id ?? 0,
          flags: given.rcode ?? 0,
          questions,
          answers: (given.answers ?? []).filter(({ type }) => type === questions[0]?.type || type === 'CNAME'),
          authorities: given.authorities ?? [],
        })
      response.writeHead(given.status ?? 200, { 'content-type': 'application/dns-message', ...given.fields })
      response.end(body)
    })
  }
  const server = h2
    ? http2.createSecureServer({ ...answer, allowHTTP1: true }, listener)
    : https.createServer(answer, listener as never)
  const sockets = new Set<{ destroy(): void }>()
  server.on('secureConnection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { asked, port: (server.address() as AddressInfo).port }
}

/** Comes to addresses, or to the code of the error. */
function lookUp(t: TestContext, port: number, options: { host?: string; addresses?: string[]; name?: string } = {}) {
  const { host = 'a.test', addresses = ['127.0.0.1'], name = 'dns.test' } = options
  const resolver = resolverFrom(systemClock, {
    https: { url: `https://${name}:${port}/dns-query`, addresses, tls: { ca: authority.cert } },
    minTtl: false,
  })
  t.after(() => resolver.close())
  return () =>
    new Promise<readonly string[] | string>((resolve) => {
      const found: string[] = []
      resolver.resolve(host, {
        found: (more) => void found.push(...more),
        end: (error) => resolve(error?.code ?? found),
      })
    })
}

test('A and AAAA are asked for by POST over HTTP/2, id 0, padded (RFC 8484, RFC 8467)', async (t) => {
  const server = await dohServer(t, () => ({ answers: [a('a.test', '8.8.8.8'), a('a.test', '2606:4700::1')] }))

  const addresses = await lookUp(t, server.port)()

  assert.deepEqual([...addresses].sort(), ['2606:4700::1', '8.8.8.8'])
  assert.deepEqual(server.asked.map(({ packet }) => packet.questions?.[0]?.type).sort(), ['A', 'AAAA'])
  for (const { method, path, version, contentType, packet, bytes, authority } of server.asked) {
    assert.deepEqual(
      { method, path, version, contentType, authority },
      {
        method: 'POST',
        path: '/dns-query',
        version: '2.0',
        contentType: 'application/dns-message',
        authority: `dns.test:${server.port}`,
      },
    )
    assert.equal(packet.id, 0)
    assert.equal(bytes.length, 128)
  }
})

test('a server that has HTTP/1.1 alone is asked by that', async (t) => {
  const server = await dohServer(t, () => ({ answers: [a('a.test', '8.8.8.8')] }), 'dns.test', false)

  assert.deepEqual(await lookUp(t, server.port)(), ['8.8.8.8'])
  assert.equal(server.asked[0]?.version, '1.1')
})

test('an alias is followed in the answer; the shortest TTL counts, less the Age', async (t) => {
  const server = await dohServer(t, () => ({
    fields: { age: '100' },
    answers: [{ type: 'CNAME', name: 'a.test', ttl: 100, data: 'b.test' }, a('b.test', '8.8.8.8', 300)],
  }))
  const again = lookUp(t, server.port)

  assert.deepEqual(await again(), ['8.8.8.8'])
  assert.deepEqual(await again(), ['8.8.8.8'])

  // 100 s less 100 s of age: nothing is kept.
  assert.equal(server.asked.length, 4)
})

test('that a name does not exist is kept as long as the SOA record says (RFC 2308)', async (t) => {
  const soa = (minimum: number): Answer => ({
    type: 'SOA',
    name: 'test',
    ttl: 300,
    data: { mname: 'a', rname: 'b', serial: 1, refresh: 1, retry: 1, expire: 1, minimum },
  })
  const kept = await dohServer(t, () => ({ rcode: 3, authorities: [soa(60)] }))
  const again = lookUp(t, kept.port)
  assert.equal(await again(), 'SP_DNS')
  assert.equal(await again(), 'SP_DNS')
  assert.equal(kept.asked.length, 2)

  const loose = await dohServer(t, () => ({ rcode: 3, authorities: [soa(0)] }))
  const anew = lookUp(t, loose.port)
  assert.equal(await anew(), 'SP_DNS')
  assert.equal(await anew(), 'SP_DNS')
  assert.equal(loose.asked.length, 4)
})

test('an answer that is none, or a failure, is SP_DNS', async (t) => {
  const bad: Given[] = [
    { status: 500 },
    { status: 302, fields: { location: 'https://evil.test/' } },
    { fields: { 'content-type': 'text/html' } },
    { body: Buffer.from('<html>') },
    { body: Buffer.alloc(0) },
    { body: Buffer.alloc(70_000) },
    {
      body: encode({
        type: 'response',
        questions: [{ type: 'A', name: 'other.test' }],
        answers: [a('other.test', '9.9.9.9')],
      }),
    },
    { rcode: 2 },
  ]

  for (const given of bad) {
    const server = await dohServer(t, () => given)
    assert.equal(await lookUp(t, server.port)(), 'SP_DNS', JSON.stringify(given).slice(0, 100))
  }
})

test('a server that cannot prove who it is is not believed', async (t) => {
  const server = await dohServer(t, () => ({ answers: [a('a.test', '8.8.8.8')] }), 'evil.test')

  assert.equal(await lookUp(t, server.port)(), 'SP_DNS')
  assert.equal(server.asked.length, 0)
})

test('the next address of the server is asked when the first does not serve, and is kept to', async (t) => {
  const server = await dohServer(t, () => ({ answers: [a('a.test', '8.8.8.8', 0)] }))
  const again = lookUp(t, server.port, { addresses: ['127.0.0.2', '127.0.0.1'] })

  assert.deepEqual(await again(), ['8.8.8.8'])
  assert.deepEqual(await again(), ['8.8.8.8'])
})
