import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import fastifyWebsocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import { type ServerOptions, type WebSocket as ServerSocket, WebSocket, WebSocketServer } from 'ws'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { openGate, proxyTo } from './support/gate.ts'
import { eventually } from './support/wire.ts'

async function echo(t: TestContext, options: ServerOptions = {}, onSocket = echoes): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options })
  server.on('connection', onSocket)
  await once(server, 'listening')
  t.after(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function echoes(socket: ServerSocket): void {
  socket.on('message', (data, binary) => socket.send(data, { binary }))
}

async function open(t: TestContext, url: string, protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'), protocols)
  t.after(() => socket.terminate())
  await once(socket, 'open')
  return socket
}

test('a WebSocket echoes through the gate, text and 5 MB of noise', async (t) => {
  const gate = await proxyTo(t, { upstream: await echo(t) })
  const socket = await open(t, gate.url)

  socket.send('hello')
  assert.equal(String((await once(socket, 'message'))[0]), 'hello')
  const noise = randomBytes(5_000_000)
  socket.send(noise)
  assert.ok(noise.equals((await once(socket, 'message'))[0]))

  socket.close(4001, 'enough')
  const [code, reason] = await once(socket, 'close')
  assert.deepEqual([code, String(reason)], [4001, 'enough'])
  await eventually(() => gate.settled.length === 1, 'settled')
})

test('the upstream chooses the subprotocol, or refuses all of them', async (t) => {
  const upstream = await echo(t, { handleProtocols: (offered) => (offered.has('b') ? 'b' : false) })
  const gate = await proxyTo(t, { upstream })

  assert.equal((await open(t, gate.url, ['a', 'b', 'c'])).protocol, 'b')
})

test('a close code of the upstream reaches the client', async (t) => {
  const upstream = await echo(t, {}, (socket) => socket.close(4321, 'bye'))
  const gate = await proxyTo(t, { upstream })

  const socket = new WebSocket(gate.url.replace('http', 'ws'))

  const [code, reason] = await once(socket, 'close')
  assert.deepEqual([code, String(reason)], [4321, 'bye'])
})

test('a client that does not read holds the upstream back, and memory stays flat', async (t) => {
  let sent = 0
  const piece = Buffer.alloc(256 * 1024)
  const upstream = await echo(t, { perMessageDeflate: false }, (socket) => {
    const more = (): void => {
      if (socket.readyState !== socket.OPEN || sent >= 256) return
      sent++
      socket.send(piece, more)
    }
    more()
  })
  const gate = await proxyTo(t, { upstream })
  const socket = await open(t, gate.url)
  socket.pause()

  let before = -1
  await eventually(() => {
    const still = sent === before && sent > 0
    before = sent
    return still
  }, 'the upstream is held back')

  assert.ok(sent < 128, `${sent} pieces of 256 were taken`)
})

for (const order of ['before', 'after']) {
  test(`@fastify/websocket registered ${order} lives on the same server`, async (t) => {
    const upstream = await echo(t)
    const own = async (app: FastifyInstance): Promise<void> => {
      await app.register(fastifyWebsocket)
      await app.register(async (child) => {
        child.get('/own', { websocket: true }, (socket) => {
          socket.on('message', (data: Buffer) => socket.send(`own ${data}`))
        })
      })
    }
    const gate = await openGate(t, async (app) => {
      if (order === 'before') await own(app)
      await app.register(reverseProxy, { upstream, prefix: '/proxied' })
      if (order === 'after') await own(app)
    })

    const ours = await open(t, `${gate.url}/own`)
    const theirs = await open(t, `${gate.url}/proxied`)
    ours.send('1')
    assert.equal(String((await once(ours, 'message'))[0]), 'own 1')
    theirs.send('2')
    assert.equal(String((await once(theirs, 'message'))[0]), '2')
    for (const socket of [ours, theirs]) {
      socket.close()
      await once(socket, 'close')
    }
  })
}

test('two hundred WebSockets at a time, none crosses another', async (t) => {
  const gate = await proxyTo(t, { upstream: await echo(t) })

  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      const socket = await open(t, gate.url)
      socket.send(String(i))
      const [data] = await once(socket, 'message')
      socket.close()
      return Number(String(data))
    }),
  )

  assert.deepEqual(
    answers,
    Array.from({ length: 200 }, (_, i) => i),
  )
})
