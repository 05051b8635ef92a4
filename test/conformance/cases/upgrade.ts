import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import type { Context } from '../harness/context.ts'
import type { OriginRequest } from '../harness/origin.ts'
import { get, ok } from '../harness/origin.ts'
import { quiet, until } from '../harness/patience.ts'
import type { RawClient } from '../harness/raw-client.ts'
import { accepting, clientSays, closeFrame, handshake, originSays, switching, textFrame } from '../harness/websocket.ts'

/** A WebSocket through the proxy, open at both ends. */
async function open(
  ctx: Context,
  target = '/ws',
  ...fields: string[]
): Promise<{ client: RawClient; request: OriginRequest }> {
  ctx.origin.answer = accepting()
  const client = await ctx.connect()
  const nth = ctx.origin.requests.length + 1
  const answer = await client.ask(handshake(target, ...fields))
  assert.equal(answer.status, 101, `answered ${answer.startLine}`)
  return { client, request: await ctx.origin.request(nth) }
}

/** WebSocket: the handshake, the bytes, the end. */
export const upgrade: readonly Case[] = [
  {
    id: 'ws-both-ways',
    title: 'Texts pass both ways through a WebSocket',
    source: 'A22, RFC 6455 4',
    async run(ctx) {
      const { client, request } = await open(ctx, '/ws?x=1')
      assert.equal(request.message.target, '/ws?x=1')
      await clientSays(client, request, 'from the client')
      await originSays(client, request, 'from the origin')
    },
  },
  {
    id: 'ws-first-bytes',
    title: 'Bytes sent right behind the 101 arrive',
    source: 'A22, RFC 6455 4',
    async run(ctx) {
      ctx.origin.answer = ({ message, connection }) => {
        connection.detach()
        connection.write(Buffer.concat([Buffer.from(switching(message), 'latin1'), textFrame('at once', false)]))
      }
      const client = await ctx.connect()
      assert.equal((await client.ask(handshake('/ws'))).status, 101)
      await until(() => client.tunnel.includes('at once'), 'the text at the client')
    },
  },
  {
    id: 'ws-refused',
    title: 'A handshake that the origin refuses is refused, with its status, fields and body',
    source: 'A22, complaint 20, RFC 6455 4.2.2',
    async run(ctx) {
      ctx.origin.answer = 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 4\r\n\r\nnope'
      const answer = await ctx.ask(handshake('/ws'))
      assert.equal(answer.status, 401, `answered ${answer.startLine}`)
      assert.equal(answer.value('www-authenticate'), 'Basic')
      assert.equal(answer.body, 'nope')
      assert.ok(answer.complete)
    },
  },
  {
    id: 'ws-answered-200',
    title: '200 for an upgrade keeps the connection in HTTP: no tunnel without 101',
    source: 'A22, CVE-2024-23326',
    async run(ctx) {
      ctx.origin.answer = ok('plain')
      const client = await ctx.connect()
      const answer = await client.ask(handshake('/ws'))
      assert.equal(answer.status, 200, `answered ${answer.startLine}`)
      assert.equal(answer.body, 'plain')
      client.send('RAW BYTES NOT HTTP\r\n\r\n')
      await quiet()
      assert.doesNotMatch(ctx.origin.received, /RAW BYTES/)
    },
  },
  {
    id: 'ws-version',
    title: 'A WebSocket version that nobody speaks opens no tunnel',
    source: 'A23, RFC 6455 4.4',
    async run(ctx) {
      ctx.origin.answer = 'HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n'
      const client = await ctx.connect()
      const answer = await client.ask(handshake('/ws').replace('Version: 13', 'Version: 777'))
      assert.ok([400, 426].includes(answer.status), `answered ${answer.startLine}`)
      client.send('RAW BYTES NOT HTTP\r\n\r\n')
      await quiet()
      assert.doesNotMatch(ctx.origin.received, /RAW BYTES/)
    },
  },
  {
    id: 'upgrade-with-body',
    title: 'An upgrade with a body that is a request leads to one request at most before the 101',
    source: 'A21, CVE-2026-2833, CVE-2026-58055',
    async run(ctx) {
      ctx.origin.answer = () => {}
      const evil = get('/evil')
      const client = await ctx.connect()
      client.send(handshake('/ws', `Content-Length: ${evil.length}`) + evil)
      const second = await ctx.connect()
      second.send(handshake('/ws') + get('/evil'))
      await quiet(200)
      const targets = ctx.origin.requests.map(({ message }) => message.target)
      assert.ok(!targets.includes('/evil'), `the origin was sent ${targets.join(' ')}`)
    },
  },
  {
    id: 'ws-subprotocol',
    title: 'All subprotocols are offered to the origin, and its choice is the answer',
    source: 'complaint 19, fastify/fastify-http-proxy#256, RFC 6455 4.1',
    async run(ctx) {
      ctx.origin.answer = accepting('Sec-WebSocket-Protocol: third')
      const client = await ctx.connect()
      const answer = await client.ask(handshake('/ws', 'Sec-WebSocket-Protocol: first, second, third'))
      assert.equal(
        (await ctx.origin.request()).message.value('sec-websocket-protocol')?.replaceAll(' ', ''),
        'first,second,third',
      )
      assert.equal(answer.value('sec-websocket-protocol'), 'third')
    },
  },
  {
    id: 'ws-101-fields',
    title: 'Fields of the 101 reach the client, and Origin, Cookie and Authorization reach the origin',
    source: 'complaint 20, fastify/fastify-websocket#204',
    async run(ctx) {
      ctx.origin.answer = accepting('Set-Cookie: a=b', 'X-Node: 7')
      const client = await ctx.connect()
      const answer = await client.ask(
        handshake('/ws', 'Origin: http://o.test', 'Cookie: c=d', 'Authorization: Bearer e'),
      )
      const { message } = await ctx.origin.request()
      assert.equal(message.value('origin'), 'http://o.test')
      assert.equal(message.value('cookie'), 'c=d')
      assert.equal(message.value('authorization'), 'Bearer e')
      assert.equal(answer.value('set-cookie'), 'a=b')
      assert.equal(answer.value('x-node'), '7')
    },
  },
  {
    id: 'ws-subprotocol-rewritten',
    title: 'The user can have one subprotocol inside and another outside',
    source: 'complaint 49, unjs/crossws#190',
    async run(ctx) {
      const field = 'Sec-WebSocket-Protocol'
      await ctx.start({ requestFields: { [field]: 'inner' }, responseFields: { [field]: 'outer' } })
      ctx.origin.answer = accepting(`${field}: inner`)
      const client = await ctx.connect()
      const answer = await client.ask(handshake('/ws', `${field}: outer`))
      assert.equal((await ctx.origin.request()).message.value('sec-websocket-protocol'), 'inner')
      assert.equal(answer.value('sec-websocket-protocol'), 'outer')
    },
  },
  {
    id: 'upgrade-generic',
    title: 'An upgrade to another protocol passes like a WebSocket',
    source: 'A22, RFC 9110 7.8',
    async run(ctx) {
      ctx.origin.answer = ({ connection }) => {
        connection.detach()
        connection.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chess/1\r\n\r\n')
      }
      const client = await ctx.connect()
      const answer = await client.ask(get('/', 'Connection: Upgrade', 'Upgrade: chess/1'))
      assert.equal(answer.status, 101, `answered ${answer.startLine}`)
      const { connection } = await ctx.origin.request()
      client.send('e2e4\0\xff')
      await until(() => connection.tunnel.toString('latin1') === 'e2e4\0\xff', 'the bytes at the origin')
    },
  },
  {
    id: 'ws-client-leaves',
    title: 'A client that vanishes from a WebSocket is missed at the origin at once',
    source: 'complaint 31, chimurai/http-proxy-middleware#634, RFC 6455 7.1',
    async run(ctx) {
      for (const how of ['leave', 'reset'] as const) {
        const { client, request } = await open(ctx)
        client[how]()
        await until(() => request.connection.ended, `${how}: the end at the origin`, 1000)
      }
    },
  },
  {
    id: 'ws-origin-leaves',
    title: 'An origin that vanishes from a WebSocket is missed by the client at once, and nothing crashes',
    source: 'complaint 31, complaint 32, vitejs/vite#2974',
    async run(ctx) {
      for (const how of ['end', 'reset'] as const) {
        const { client, request } = await open(ctx)
        request.connection[how]()
        await until(() => client.ending !== 'open', `${how}: the end at the client`, 1000)
      }
      ctx.origin.answer = ok('ok')
      assert.equal((await ctx.ask(get('/'))).status, 200)
    },
  },
  {
    id: 'ws-close-frames',
    title: 'The close handshake passes, both ways',
    source: 'complaint 31, RFC 6455 7.1.2',
    async run(ctx) {
      const { client, request } = await open(ctx)
      client.send(closeFrame(true))
      await until(() => request.connection.tunnel.includes(Buffer.from([0x88])), 'the close frame at the origin')
      request.reply(closeFrame(false))
      request.connection.end()
      await until(() => client.tunnel.includes(Buffer.from([0x88])), 'the close frame at the client')
      await client.closed()
    },
  },
  {
    id: 'ws-hung-origin',
    title: 'A handshake that the origin never answers is ended in time (502, 504 or a close)',
    source: 'complaint 42, platformatic/platformatic#2820',
    async run(ctx) {
      await ctx.start({ timeouts: { firstByte: 400, connect: 400 } })
      ctx.origin.answer = () => {}
      const client = await ctx.connect()
      client.send(handshake('/ws'))
      const answer = await client.responseOrClose(3000)
      assert.ok(answer === undefined || [502, 504].includes(answer.status), `answered ${answer?.startLine}`)
      await until(() => ctx.origin.connections.every(({ ended }) => ended), 'the end at the origin', 1000)
    },
  },
  {
    id: 'ws-unreachable-origin',
    title: 'A handshake for an origin that is not there is refused (502, 503 or 504), and nothing crashes',
    source: 'complaint 32, http-party/node-http-proxy#1468',
    async run(ctx) {
      await ctx.start()
      await ctx.origin.close()
      for (let i = 0; i < 3; i++) {
        const answer = await ctx.ask(handshake('/ws'))
        assert.ok([502, 503, 504].includes(answer.status), `answered ${answer.startLine}`)
      }
    },
  },
  {
    id: 'ws-reset-in-handshake',
    title: 'A reset in the middle of a handshake, on either side, does no harm',
    source: 'complaint 32, unjs/httpxy#79',
    async run(ctx) {
      for (let i = 0; i < 20; i++) {
        ctx.origin.answer = ({ connection }) => (i % 2 === 0 ? connection.reset() : undefined)
        const client = await ctx.connect()
        client.send(handshake('/ws'))
        await ctx.origin.request(i + 1)
        if (i % 2 === 1) client.reset()
        else await client.responseOrClose()
      }
      ctx.origin.answer = ok('ok')
      assert.equal((await ctx.ask(get('/'))).status, 200)
    },
  },
  {
    id: 'ws-backpressure',
    title: 'A WebSocket client that reads nothing makes the origin wait',
    source: 'complaint 27, G166',
    limit: 10_000,
    async run(ctx) {
      const { client, request } = await open(ctx)
      client.socket.pause()
      // Binary frames of 65,536 bytes: fin and opcode 2, length in eight octets.
      const piece = Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]), Buffer.alloc(65_536)])
      let taken = 0
      for (let i = 0; i < 800; i++) request.connection.socket.write(piece, () => (taken += piece.length))
      let before = -1
      while (before !== taken) {
        before = taken
        await quiet(300)
      }
      assert.ok(taken < 20e6, `the proxy took ${Math.round(taken / 1e6)} MB that nobody read`)
    },
  },
  {
    id: 'ws-idle',
    title: 'A WebSocket on which nothing moves is closed after the idle timeout, at both ends',
    source: 'complaint 31, http-party/node-http-proxy#559',
    async run(ctx) {
      await ctx.start({ upgradeIdle: 400 })
      const { client, request } = await open(ctx)
      await client.closed(3000)
      await until(() => request.connection.ended, 'the end at the origin', 1000)
    },
  },
  {
    id: 'ws-two-mounts',
    title: 'Two mounts with WebSockets on one server do not disturb each other',
    source: 'complaint 17, fastify/fastify-http-proxy#258',
    async run(ctx) {
      await ctx.start({
        mounts: [
          { prefix: '/one', to: '/first' },
          { prefix: '/two', to: '/second' },
        ],
      })
      const one = await open(ctx, '/one/ws')
      const two = await open(ctx, '/two/ws')
      assert.equal(one.request.message.target, '/first/ws')
      assert.equal(two.request.message.target, '/second/ws')
      await clientSays(one.client, one.request, 'one')
      await clientSays(two.client, two.request, 'two')
    },
  },
  {
    id: 'ws-beside-plugin',
    title: '@fastify/websocket on the same server keeps its routes, and the proxy its own',
    source: 'complaint 16, fastify/fastify-http-proxy#314',
    async run(ctx) {
      await ctx.start({ besideWebsocketPlugin: true })
      const { client, request } = await open(ctx)
      await clientSays(client, request, 'proxied')
      const local = await ctx.connect()
      assert.equal((await local.ask(handshake('/local'))).status, 101)
      local.send(textFrame('echo', true))
      await until(() => local.tunnel.includes('echo'), 'the echo of the local route')
      assert.equal(ctx.origin.requests.length, 1)
    },
  },
]
