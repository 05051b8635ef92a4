import assert from 'node:assert/strict'
import { once } from 'node:events'
import type net from 'node:net'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import tls from 'node:tls'
import { WebSocketServer } from 'ws'
import { createUpstream } from '../../src/upstream/origin.ts'
import { createCertificate } from '../support/certificates.ts'
import { rawOrigin, send, wsFields } from '../support/raw-upgrade.ts'

test('fields go out as they are given: case, order, duplicates, nothing added', async (t) => {
  let seen = ''
  const url = await rawOrigin(t, (socket, head) => {
    seen = head
    socket.end('HTTP/1.1 101 Switching\r\nX-One: 1\r\nx-one: 2\r\nUpgrade: foo\r\nConnection: upgrade\r\n\r\n')
  })
  const headers = ['Host', 'a.test', 'x-LOUD', '1', 'X-loud', '2', 'Connection', 'Upgrade', 'Upgrade', 'foo/1']

  const got = await send(`${url}/base`, { headers, path: '/p//q?x=%2F', upgrade: 'foo/1' }).over

  assert.equal(
    seen,
    'GET /base/p//q?x=%2F HTTP/1.1\r\nHost: a.test\r\nx-LOUD: 1\r\nX-loud: 2\r\nConnection: Upgrade\r\nUpgrade: foo/1\r\n\r\n',
  )
  assert.deepEqual(got.calls, ['start', 'upgrade'])
  assert.deepEqual(got.raw.slice(0, 4), ['X-One', '1', 'x-one', '2'])
  got.socket?.destroy()
})

test('a named upgrade is asked for where the fields do not', async (t) => {
  let seen = ''
  const url = await rawOrigin(t, (socket, head) => {
    seen = head
    socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n')
  })

  await send(url, { headers: ['Host', 'a'], upgrade: 'websocket' }).over

  assert.match(seen, /Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n$/)
})

test('bytes right behind the 101 reach the new protocol, and nothing of it is read as HTTP', async (t) => {
  const url = await rawOrigin(t, (socket) => {
    socket.write('HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nHTTP/1.1 200 OK\r\n')
    socket.on('data', (chunk) => socket.end(`\r\necho ${chunk}`))
  })

  const got = await send(url).over
  const socket = got.socket as net.Socket
  socket.write('hi')
  let all = ''
  socket.on('data', (chunk) => {
    all += chunk
  })
  await once(socket, 'end')
  socket.destroy()

  assert.equal(all, 'HTTP/1.1 200 OK\r\n\r\necho hi')
  assert.deepEqual(got.calls, ['start', 'upgrade'])
})

test('a WebSocket server chooses its subprotocol', async (t) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'second' })
  await once(server, 'listening')
  t.after(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  const headers = [
    ...wsFields,
    ...['Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ...['Sec-WebSocket-Protocol', 'first, second'],
  ]

  const got = await send(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`, { headers }).over

  assert.equal(got.headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
  assert.equal(got.headers['sec-websocket-protocol'], 'second')
  got.socket?.destroy()
})

test('a refusal passes as it is, with its body', async (t) => {
  const url = await rawOrigin(t, (socket) => {
    socket.write('HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\nHTTP/1.1 401 No Way\r\nWWW-Authenticate: Basic\r\n')
    socket.end('Transfer-Encoding: chunked\r\n\r\n4\r\nnope\r\n0\r\nX-T: 1\r\n\r\n')
  })

  const got = await send(url).over

  assert.deepEqual(got.calls, ['start', 'interim', 'head', 'data', 'end'])
  assert.deepEqual(got.interim, [{ status: 103, raw: ['Link', '</a>'] }])
  assert.equal(`${got.status} ${got.statusMessage} ${got.body}`, '401 No Way nope')
  assert.deepEqual(got.trailers, ['X-T', '1'])
})

test('a body without a length goes out in chunks, one with a length as it is', async (t) => {
  const seen: string[] = []
  const url = await rawOrigin(t, (socket, head) => {
    let all = head
    const answer = () => {
      if (!/\r\n\r\n.*yz/s.test(all)) return
      seen.push(all.replace(/^.*?\r\n\r\n/s, ''))
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    }
    socket.on('data', (chunk) => {
      all += chunk
      answer()
    })
    answer()
  })
  const post = { method: 'POST', upgrade: 'x' }

  await send(url, { ...post, headers: ['Host', 'a'], body: Readable.from([Buffer.from('x'), Buffer.from('yz')]) }).over
  const headers = ['Host', 'a', 'Content-Length', '3']
  await send(url, { ...post, headers, body: Readable.from([Buffer.from('x'), Buffer.from('yz')]) }).over

  assert.match(seen[0] as string, /^(1\r\nx\r\n2\r\nyz|3\r\nxyz)\r\n/)
  assert.equal(seen[1], 'xyz')
})

test('an upgrade goes over TLS when the certificate proves itself, and not when it does not', async (t) => {
  const { cert, key } = createCertificate()
  const server = tls.createServer({ cert, key }, (socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.write('HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'))
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const url = `https://localhost:${(server.address() as net.AddressInfo).port}`

  const trusted = await send(url, { upstream: createUpstream('test', url, { tls: { ca: cert } }) }).over
  const unknown = await send(url).over
  trusted.socket?.destroy()

  assert.deepEqual(trusted.calls, ['start', 'upgrade'])
  assert.equal(unknown.error?.code, 'SP_TLS_CERTIFICATE')
})
