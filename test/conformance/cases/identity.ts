import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { serves } from '../harness/expect.ts'
import { get, ok } from '../harness/origin.ts'
import { quiet } from '../harness/patience.ts'
import { RawClient } from '../harness/raw-client.ts'
import { accepting, handshake } from '../harness/websocket.ts'

const forged = [
  'X-Forwarded-For: 6.6.6.6',
  'X-Forwarded-Host: evil.test',
  'X-Forwarded-Proto: https',
  // So long that no request id, which is made by chance, has it in it.
  'X-Forwarded-Port: 6666666666',
  'Forwarded: for=6.6.6.6;host=evil.test;proto=https',
  'X-Real-IP: 6.6.6.6',
]

/** Who the client is, and the way the message came. */
export const identity: readonly Case[] = [
  {
    id: 'forwarded-for',
    title: 'The origin is told the address of the client',
    source: 'A66, RFC 7239 5.2',
    async run(ctx) {
      const { message } = await serves(ctx, 'plain', get('/'))
      const told = `${message.value('x-forwarded-for')} ${message.value('forwarded')}`
      assert.match(told, /127\.0\.0\.1/, 'neither X-Forwarded-For nor Forwarded')
    },
  },
  {
    id: 'forwarded-proto-host',
    title: 'The origin is told the scheme and the host that the client used',
    source: 'A66, complaint 39, RFC 7239 5.3',
    async run(ctx) {
      const { message } = await serves(ctx, 'plain', get('/'))
      const host = message.value('x-forwarded-host') ?? /host="?([^;"]+)/.exec(message.value('forwarded') ?? '')?.[1]
      const proto = message.value('x-forwarded-proto') ?? /proto=([a-z]+)/.exec(message.value('forwarded') ?? '')?.[1]
      assert.equal(host, 'a.test')
      assert.equal(proto, 'http')
    },
  },
  {
    id: 'forged-replaced',
    title: 'Forwarding fields forged by an unknown peer do not reach the origin',
    source: 'A66, complaint 37, RFC 7239 8.1',
    async run(ctx) {
      const { message } = await serves(ctx, 'forged', get('/', ...forged))
      assert.doesNotMatch(message.head, /6\.6\.6\.6|evil\.test|https|6666666666/)
    },
  },
  {
    id: 'forged-replaced-upgrade',
    title: 'Forwarding fields forged by an unknown peer do not reach the origin with a WebSocket either',
    source: 'A66, RFC 7239 8.1',
    async run(ctx) {
      ctx.origin.answer = accepting()
      const client = await ctx.connect()
      client.send(handshake('/', ...forged))
      const { message } = await ctx.origin.request()
      assert.doesNotMatch(message.head, /6\.6\.6\.6|evil\.test|https|6666666666/)
    },
  },
  {
    id: 'forged-underscore',
    title: '`X_Forwarded_For`, which some origins read as X-Forwarded-For, does not reach the origin',
    source: 'A66, A13',
    async run(ctx) {
      const { message } = await serves(ctx, 'underscore', get('/', 'X_Forwarded_For: 6.6.6.6'))
      assert.doesNotMatch(message.head, /6\.6\.6\.6/)
    },
  },
  {
    id: 'trusted-appended',
    title: 'A trusted peer is believed: its X-Forwarded-For is kept and its own address added',
    source: 'A66, complaint 37, RFC 7239 5.2',
    async run(ctx) {
      await ctx.start({ trustLoopback: true })
      const { message } = await serves(
        ctx,
        'trusted',
        get('/', 'X-Forwarded-For: 203.0.113.7', 'X-Forwarded-Proto: https'),
      )
      assert.deepEqual(message.value('x-forwarded-for')?.split(/\s*,\s*/), ['203.0.113.7', '127.0.0.1'])
      assert.equal(message.value('x-forwarded-proto'), 'https')
    },
  },
  {
    id: 'forwarded-for-long',
    title: 'An X-Forwarded-For of 1,000 entries from a trusted peer costs a bounded time',
    source: 'A67',
    async run(ctx) {
      await ctx.start({ trustLoopback: true })
      const entries = Array.from({ length: 1000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`)
      const began = performance.now()
      const answer = await ctx.ask(get('/', `X-Forwarded-For: ${entries.join(',')}`))
      assert.ok([200, 400, 431].includes(answer.status), `answered ${answer.startLine}`)
      assert.ok(performance.now() - began < 500, `took ${Math.round(performance.now() - began)} ms`)
    },
  },
  {
    id: 'via',
    title: 'Via is added on the way in, with the protocol that was received',
    source: 'A68, RFC 9110 7.6.3',
    async run(ctx) {
      const { message } = await serves(ctx, 'via', get('/', 'Via: 1.0 fred'))
      assert.match(
        message.value('via') ?? '',
        /^1\.0 fred, ?(HTTP\/)?1\.1 \S+/,
        'RFC 9110 7.6.3: a gateway MUST send Via',
      )
    },
  },
  {
    id: 'via-own-name',
    title: 'A request that carries our own name in Via is refused: it has been here',
    source: 'A68, RFC 9110 7.6.3, RFC 5842 7.2',
    async run(ctx) {
      await ctx.start({ pseudonym: 'gate' })
      const answer = await ctx.ask(get('/', 'Via: 1.1 other, 1.1 gate'))
      assert.ok([508, 400].includes(answer.status), `answered ${answer.startLine}`)
      assert.equal(ctx.origin.requests.length, 0)
    },
  },
  {
    id: 'loop',
    title: 'A proxy that is its own upstream ends the loop by itself',
    source: 'A68, RFC 9110 7.6.3',
    async run(ctx) {
      const proxy = await ctx.start()
      const pairs: RawClient[] = []
      ctx.defer(() => pairs.forEach((each) => void each.leave()))
      ctx.origin.answer = async (request) => {
        if (ctx.origin.requests.length > 50) return request.connection.reset()
        const back = await RawClient.connect(proxy.port)
        pairs.push(back)
        const answer = await back.ask(`${request.message.head}\r\n\r\n`, 2000)
        request.reply(`HTTP/1.1 ${answer.status} Loop\r\nContent-Length: 0\r\n\r\n`)
      }
      const answer = await ctx.ask(get('/loop'), 4000)
      assert.ok(ctx.origin.requests.length <= 2, `the request went round ${ctx.origin.requests.length} times`)
      assert.ok(answer.status >= 400, `answered ${answer.startLine}`)
    },
  },
  {
    id: 'max-forwards-zero',
    title: '`Max-Forwards: 0` on OPTIONS is answered here',
    source: 'A68, RFC 9110 7.6.2',
    async run(ctx) {
      const answer = await ctx.ask('OPTIONS /x HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 0\r\n\r\n')
      await quiet(20)
      assert.equal(ctx.origin.requests.length, 0, 'the origin was asked')
      assert.ok(answer.status < 300 || answer.status === 405, `answered ${answer.startLine}`)
    },
  },
  {
    id: 'max-forwards-less',
    title: '`Max-Forwards: 3` on OPTIONS is 2 upstream',
    source: 'A68, RFC 9110 7.6.2',
    async run(ctx) {
      const options = 'OPTIONS /x HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 3\r\n\r\n'
      const { message } = await serves(ctx, 'Max-Forwards', options)
      assert.equal(message.value('max-forwards'), '2')
    },
  },
  {
    id: 'host-preserved-port',
    title: 'X-Forwarded-Host, or Host itself, keeps the port that the client used',
    source: 'complaint 24, fastify/fast-proxy#6',
    async run(ctx) {
      const { message } = await serves(ctx, 'port', 'GET / HTTP/1.1\r\nHost: a.test:8443\r\n\r\n')
      assert.ok([message.value('host'), message.value('x-forwarded-host')].includes('a.test:8443'), message.head)
    },
  },
  {
    id: 'accept-delivered',
    title: 'Accept, Accept-Encoding, Accept-Language, Origin, Referer and Authorization arrive as they were sent',
    source: 'complaint 39, nuxt/nuxt#28655',
    async run(ctx) {
      const lines = [
        'Accept: text/event-stream',
        'Accept-Encoding: br;q=1, zstd',
        'Accept-Language: de',
        'Origin: http://o.test',
        'Referer: http://o.test/x',
        'Authorization: Bearer abc',
      ]
      ctx.origin.answer = ok('ok')
      const { message } = await serves(ctx, 'fields', get('/', ...lines))
      for (const line of lines) {
        const [name = '', value] = line.split(': ')
        assert.deepEqual(message.values(name.toLowerCase()), [value])
      }
    },
  },
]
