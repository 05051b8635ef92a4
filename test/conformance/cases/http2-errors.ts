import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import type { Context } from '../harness/context.ts'
import { flag, frame, frameType, headerBlock, uint32 } from '../harness/http2-frames.ts'
import { ok } from '../harness/origin.ts'
import { until } from '../harness/patience.ts'
import { getFields, headersFrame, postFields, RawHttp2 } from '../harness/raw-http2.ts'

/** The frames end the session, with one of the codes where GOAWAY is sent. */
async function endsSession(ctx: Context, about: string, codes: readonly number[], ...frames: Buffer[]): Promise<void> {
  const client = await ctx.http2()
  client.send(...frames)
  await client.sessionEnd(1500).catch(() => assert.fail(`${about}: the session goes on`))
  const code = client.goawayCode()
  assert.ok(code === undefined || codes.includes(code), `${about}: GOAWAY with ${code}, right is ${codes.join(' or ')}`)
  client.leave()
}

const protocolError = 1
const flowControlError = 3
const streamClosed = 5
const frameSizeError = 6
const compressionError = 9

/** HTTP/2 connection errors, cancellation, the end of a session. */
export const http2Errors: readonly Case[] = [
  {
    id: 'h2-stream-ids',
    title: 'Stream ids that are even or zero end the session; one below the last is never a request',
    source: 'B88, RFC 9113 5.1.1',
    async run(ctx) {
      const request = (stream: number) => headersFrame(stream, getFields('/'))
      await endsSession(ctx, 'even', [protocolError], request(2))
      await endsSession(ctx, 'zero', [protocolError], request(0))
      const client = await ctx.http2()
      client.send(request(5), request(3))
      await client.stream(5)
      await client.settled()
      assert.ok(ctx.origin.requests.length <= 1, 'the stream below the last became a request')
    },
  },
  {
    id: 'h2-idle-frames',
    title: 'DATA, RST_STREAM or WINDOW_UPDATE on an idle stream ends the session',
    source: 'B88, RFC 9113 5.1',
    async run(ctx) {
      await endsSession(ctx, 'DATA', [protocolError, streamClosed], frame(frameType.data, 0, 5, 'x'))
      await endsSession(ctx, 'RST_STREAM', [protocolError], frame(frameType.reset, 0, 5, uint32(8)))
      await endsSession(ctx, 'WINDOW_UPDATE', [protocolError], frame(frameType.windowUpdate, 0, 5, uint32(8)))
    },
  },
  {
    id: 'h2-frame-size',
    title: 'Frames of a wrong size end the session',
    source: 'B88, RFC 9113 4.2',
    async run(ctx) {
      const post = headersFrame(1, postFields('/'), false)
      await endsSession(
        ctx,
        'DATA of 17,000',
        [frameSizeError],
        post,
        frame(frameType.data, 0, 1, Buffer.alloc(17_000)),
      )
      await endsSession(ctx, 'SETTINGS of 5', [frameSizeError], frame(frameType.settings, 0, 0, 'abcde'))
      await endsSession(ctx, 'PING of 7', [frameSizeError], frame(frameType.ping, 0, 0, 'abcdefg'))
      await endsSession(ctx, 'WINDOW_UPDATE of 3', [frameSizeError], frame(frameType.windowUpdate, 0, 0, 'abc'))
    },
  },
  {
    id: 'h2-window-overflow',
    title: 'A connection window beyond 2^31-1, or more DATA than it allows, ends the session',
    source: 'B88, RFC 9113 6.9.1',
    async run(ctx) {
      ctx.origin.answer = () => {}
      await endsSession(ctx, 'overflow', [flowControlError], frame(frameType.windowUpdate, 0, 0, uint32(0x7fffffff)))
      await endsSession(ctx, 'zero', [protocolError], frame(frameType.windowUpdate, 0, 0, uint32(0)))
    },
  },
  {
    id: 'h2-hpack-error',
    title: 'A header block that cannot be decoded ends the session',
    source: 'B88, RFC 9113 4.3, RFC 7541 2.3.3',
    async run(ctx) {
      const block = (bytes: Buffer) => frame(frameType.headers, flag.endHeaders | flag.endStream, 1, bytes)
      await endsSession(ctx, 'index beyond the tables', [compressionError], block(Buffer.from([0xff, 0x80, 0x01])))
      await endsSession(ctx, 'index 0', [compressionError], block(Buffer.from([0x80])))
      await endsSession(ctx, 'string cut off', [compressionError], block(Buffer.from([0x00, 0x05, 0x61])))
    },
  },
  {
    id: 'h2-continuation-order',
    title: 'Anything but CONTINUATION inside a header block ends the session',
    source: 'B88, RFC 9113 6.10',
    async run(ctx) {
      const open = frame(frameType.headers, flag.endStream, 1, headerBlock(getFields('/')))
      await endsSession(ctx, 'PING inside', [protocolError], open, frame(frameType.ping, 0, 0, '01234567'))
      await endsSession(ctx, 'other stream', [protocolError], open, frame(frameType.continuation, 4, 3, ''))
      await endsSession(ctx, 'CONTINUATION alone', [protocolError], frame(frameType.continuation, 4, 1, ''))
    },
  },
  {
    id: 'h2-malformed-then-reset',
    title: 'Malformed HEADERS and a TCP reset over TLS: the next client is served',
    source: 'B91, CVE-2025-59465',
    async run(ctx) {
      const proxy = await ctx.start({ inbound: 'tls' })
      for (let i = 0; i < 10; i++) {
        const attacker = await RawHttp2.connect(proxy.port, { tls: true })
        attacker.send(
          frame(frameType.headers, 5, 1, Buffer.from([0xff, 0x80, 0x01, i])),
          frame(frameType.data, 0, 7, 'x'),
        )
        attacker.socket.destroy()
      }
      const client = await RawHttp2.connect(proxy.port, { tls: true })
      ctx.defer(() => client.leave())
      client.headers(1, getFields('/'))
      assert.equal((await client.stream(1)).status, 200)
    },
  },
  {
    id: 'h2-drain',
    title: 'A proxy that stops lets streams in flight finish, says GOAWAY, and takes no new ones',
    source: 'B92, RFC 9113 6.8',
    async run(ctx) {
      ctx.origin.answer = () => {}
      const proxy = await ctx.start({ inbound: 'http2' })
      const client = await ctx.http2()
      client.headers(1, getFields('/'))
      const request = await ctx.origin.request()
      const closing = proxy.close()
      closing.catch(() => {})
      await until(() => client.goawayCode() !== undefined, 'GOAWAY')
      client.headers(3, getFields('/new'))
      request.reply(ok('in flight'))
      const answer = await client.stream(1)
      assert.equal(answer.body, 'in flight')
      assert.equal(ctx.origin.requests.length, 1, 'the new stream went upstream')
      assert.equal(client.goawayCode(), 0)
    },
  },
  {
    id: 'h2-cancel',
    title: 'A stream that the client cancels is cancelled upstream at once, waiting or in the middle of the answer',
    source: 'B93, G165, complaint 1',
    async run(ctx) {
      ctx.origin.answer = (request) => {
        if (request.message.target === '/begun') request.reply('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nbegun')
      }
      const client = await ctx.http2()
      for (const [stream, target] of [
        [1, '/waiting'],
        [3, '/begun'],
      ] as const) {
        client.headers(stream, getFields(target))
        const request = await ctx.origin.request(stream === 1 ? 1 : 2)
        if (target === '/begun') await until(() => client.frames.some(({ type }) => type === frameType.data), 'DATA')
        client.reset(stream)
        await until(() => request.connection.ended, `${target}: the end of the upstream connection`, 500)
      }
    },
  },
  {
    id: 'h2-upstream-broken',
    title: 'An answer that breaks off upstream is RST_STREAM for the client, never END_STREAM',
    source: 'F148, F149, RFC 9113 8.1.1',
    async run(ctx) {
      const client = await ctx.http2()
      for (const [stream, framing] of [
        [1, 'Content-Length: 10\r\n\r\nhello'],
        [3, 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'],
      ] as const) {
        ctx.origin.answer = ({ connection }) => connection.end(`HTTP/1.1 200 OK\r\n${framing}`)
        client.headers(stream, getFields('/'))
        const { complete, resetCode, status } = await client.stream(stream)
        assert.ok(!complete || status >= 500, 'the answer looks complete')
        assert.ok(resetCode !== undefined || client.ended || status >= 500)
      }
    },
  },
]
