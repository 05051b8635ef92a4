import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { openWebsocket } from '../harness/open-websocket.ts'
import { get, ok } from '../harness/origin.ts'
import { quiet, until } from '../harness/patience.ts'
import { clientSays, closeFrame, handshake, saysClose, textFrame } from '../harness/websocket.ts'

/** WebSockets that live, end and share a server. */
export const upgradeLife: readonly Case[] = [
  {
    id: 'ws-client-leaves',
    title: 'A client that vanishes from a WebSocket is missed at the origin at once',
    source: 'complaint 31, chimurai/http-proxy-middleware#634, RFC 6455 7.1',
    async run(ctx) {
      for (const how of ['leave', 'reset'] as const) {
        const { client, request } = await openWebsocket(ctx)
        client[how]()
        const isTold = () => request.connection.ended || saysClose(request.connection.tunnel)
        await until(isTold, `${how}: the end, or a close frame, at the origin`, 1000)
      }
    },
  },
  {
    id: 'ws-origin-leaves',
    title: 'An origin that vanishes from a WebSocket is missed by the client at once, and nothing crashes',
    source: 'complaint 31, complaint 32, vitejs/vite#2974',
    async run(ctx) {
      for (const how of ['end', 'reset'] as const) {
        const { client, request } = await openWebsocket(ctx)
        request.connection[how]()
        const isTold = () => client.ending !== 'open' || saysClose(client.tunnel)
        await until(isTold, `${how}: the end, or a close frame, at the client`, 1000)
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
      const { client, request } = await openWebsocket(ctx)
      client.send(closeFrame(true))
      await until(() => saysClose(request.connection.tunnel), 'the close frame at the origin')
      request.reply(closeFrame(false))
      request.connection.end()
      await until(() => saysClose(client.tunnel), 'the close frame at the client')
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
      const { client, request } = await openWebsocket(ctx)
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
      const { client, request } = await openWebsocket(ctx)
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
      const one = await openWebsocket(ctx, '/one/ws')
      const two = await openWebsocket(ctx, '/two/ws')
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
      const { client, request } = await openWebsocket(ctx)
      await clientSays(client, request, 'proxied')
      const local = await ctx.connect()
      assert.equal((await local.ask(handshake('/local'))).status, 101)
      local.send(textFrame('echo', true))
      await until(() => local.tunnel.includes('echo'), 'the echo of the local route')
      assert.equal(ctx.origin.requests.length, 1)
    },
  },
]
