import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { openWebsocket } from '../harness/open-websocket.ts'
import { get, ok } from '../harness/origin.ts'
import { quiet, until } from '../harness/patience.ts'
import { accepting, clientSays, handshake, originSays, switching, textFrame } from '../harness/websocket.ts'

/** WebSocket: the handshake, the bytes, the end. */
export const upgrade: readonly Case[] = [
  {
    id: 'ws-both-ways',
    title: 'Texts pass both ways through a WebSocket',
    source: 'A22, RFC 6455 4',
    async run(ctx) {
      const { client, request } = await openWebsocket(ctx, '/ws?x=1')
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
]
