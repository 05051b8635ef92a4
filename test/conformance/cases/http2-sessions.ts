import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { flag, frame, frameType, headerBlock, indexed, indexedLiteral, uint32 } from '../harness/http2-frames.ts'
import { ok } from '../harness/origin.ts'
import { quiet, until } from '../harness/patience.ts'
import { getFields, headersFrame, postFields, type RawHttp2 } from '../harness/raw-http2.ts'

/** What every reset attack does: a request, then a reason to take it back. */
const resets: Record<string, (client: RawHttp2, stream: number) => Buffer[]> = {
  'WINDOW_UPDATE of 0': (_client, stream) => [
    headersFrame(stream, getFields('/')),
    frame(frameType.windowUpdate, 0, stream, uint32(0)),
  ],
  'window overflow': (_client, stream) => [
    headersFrame(stream, getFields('/')),
    frame(frameType.windowUpdate, 0, stream, uint32(0x7fffffff)),
  ],
  'DATA after the end': (_client, stream) => [
    headersFrame(stream, getFields('/')),
    frame(frameType.data, 0, stream, 'x'),
  ],
  'HEADERS after the end': (_client, stream) => [
    headersFrame(stream, getFields('/')),
    headersFrame(stream, getFields('/')),
  ],
  'PRIORITY of a wrong length': (_client, stream) => [
    headersFrame(stream, getFields('/')),
    frame(frameType.priority, 0, stream, 'abc'),
  ],
}

/** HTTP/2 connections: limits, floods, errors, the end. */
export const http2Sessions: readonly Case[] = [
  {
    id: 'h2-max-streams',
    title: 'Streams beyond the limit are refused at once, before SETTINGS are acknowledged too',
    source: 'B72, RFC 9113 5.1.2',
    async run(ctx) {
      ctx.origin.answer = () => {}
      const client = await ctx.http2()
      client.send(...Array.from({ length: 400 }, (_, i) => headersFrame(1 + 2 * i, getFields('/'))))
      await until(() => client.frames.some(({ type }) => type === frameType.reset) || client.ended, 'a refused stream')
      await quiet(100)
      assert.ok(ctx.origin.requests.length <= 200, `${ctx.origin.requests.length} of 400 requests at the origin`)
    },
  },
  {
    id: 'h2-rapid-reset',
    title: 'Rapid reset (500 at once) ends the session with at most 100 requests upstream',
    source: 'B73, CVE-2023-44487',
    async run(ctx) {
      ctx.origin.answer = () => {}
      const client = await ctx.http2()
      const pair = (stream: number) => [
        headersFrame(stream, getFields('/')),
        frame(frameType.reset, 0, stream, uint32(8)),
      ]
      client.send(...Array.from({ length: 500 }, (_, i) => pair(1 + 2 * i)).flat())
      await client.sessionEnd()
      assert.ok(ctx.origin.requests.length <= 100, `${ctx.origin.requests.length} requests at the origin`)
    },
  },
  {
    id: 'h2-made-you-reset',
    title: 'Resets provoked by illegal frames (500, five ways) end the session with at most 100 requests upstream',
    source: 'B74, CVE-2025-8671',
    limit: 15_000,
    async run(ctx) {
      ctx.origin.answer = () => {}
      for (const [about, attack] of Object.entries(resets)) {
        const before = ctx.origin.requests.length
        const client = await ctx.http2()
        client.send(...Array.from({ length: 500 }, (_, i) => attack(client, 1 + 2 * i)).flat())
        await client.sessionEnd(2000)
        const asked = ctx.origin.requests.length - before
        assert.ok(asked <= 100, `${about}: ${asked} requests at the origin`)
        client.leave()
      }
    },
  },
  {
    id: 'h2-honest-resets',
    title: 'A browser that gives up 50 requests at once keeps its session',
    source: 'B73, complaint 41, vercel-labs/portless#231',
    async run(ctx) {
      ctx.origin.answer = (request) => (request.message.target === '/held' ? undefined : request.reply(ok('ok')))
      const client = await ctx.http2()
      for (let i = 0; i < 50; i++) client.headers(1 + 2 * i, getFields('/held'))
      await ctx.origin.request(50)
      for (let i = 0; i < 50; i++) client.reset(1 + 2 * i)
      client.headers(201, getFields('/next'))
      assert.equal((await client.stream(201)).status, 200)
    },
  },
  {
    id: 'h2-continuation-flood',
    title: 'CONTINUATION without end closes the connection before a megabyte is taken',
    source: 'B75, CVE-2024-27983',
    async run(ctx) {
      const client = await ctx.http2()
      client.send(frame(frameType.headers, flag.endStream, 1, headerBlock(getFields('/'))))
      const piece = frame(frameType.continuation, 0, 1, headerBlock([['x-a', 'b'.repeat(1000)]]))
      for (let i = 0; i < 1000 && !client.ended && client.goawayCode() === undefined; i++) {
        client.send(piece)
        if (i % 50 === 0) await quiet(2)
      }
      await client.sessionEnd(1000)
      assert.equal(ctx.origin.requests.length, 0)
    },
  },
  {
    id: 'h2-floods',
    title: 'PING, SETTINGS, empty DATA, PRIORITY and WINDOW_UPDATE floods (10,000) do not hold up other clients',
    source: 'B76, CVE-2019-9512, CVE-2019-9515, CVE-2019-9518',
    limit: 15_000,
    async run(ctx) {
      const floods: Record<string, Buffer> = {
        PING: frame(frameType.ping, 0, 0, '01234567'),
        SETTINGS: frame(frameType.settings, 0, 0),
        DATA: frame(frameType.data, 0, 1),
        PRIORITY: frame(frameType.priority, 0, 1, Buffer.from([0, 0, 0, 0, 1])),
        WINDOW_UPDATE: frame(frameType.windowUpdate, 0, 0, uint32(1)),
      }
      for (const [about, one] of Object.entries(floods)) {
        const attacker = await ctx.http2()
        attacker.headers(1, postFields('/'), false)
        attacker.send(...Array.from({ length: 10_000 }, () => one))
        const other = await ctx.http2()
        const began = performance.now()
        other.headers(1, getFields('/'))
        assert.equal((await other.stream(1)).status, 200, `${about}: another client`)
        assert.ok(
          performance.now() - began < 1000,
          `${about}: another client waited ${Math.round(performance.now() - began)} ms`,
        )
        attacker.leave()
        other.leave()
      }
    },
  },
  {
    id: 'h2-hpack-bomb',
    title: 'A 4 KB entry referred to 15 times in each of 1,000 requests costs less than 50 MB',
    source: 'B77, CVE-2026-49975',
    limit: 10_000,
    async run(ctx) {
      ctx.origin.answer = () => {}
      const proxy = await ctx.start({ inbound: 'http2' })
      const client = await ctx.http2()
      const before = await proxy.memory()
      const block = Buffer.concat([headerBlock(getFields('/')), indexedLiteral('x-a', 'b'.repeat(3900))])
      client.send(frame(frameType.headers, 5, 1, block))
      const bomb = Buffer.concat([headerBlock(getFields('/')), ...Array.from({ length: 15 }, () => indexed(62))])
      client.send(...Array.from({ length: 1000 }, (_, i) => frame(frameType.headers, 5, 3 + 2 * i, bomb)))
      await quiet(300)
      const grown = ((await proxy.memory()) - before) / 1e6
      assert.ok(grown < 50, `grew by ${Math.round(grown)} MB`)
    },
  },
  {
    id: 'h2-tiny-references',
    title: 'A hundred tiny references in each of 1,000 unanswered requests are bounded by the stream limit',
    source: 'B77, CVE-2026-47774',
    limit: 10_000,
    async run(ctx) {
      ctx.origin.answer = () => {}
      const client = await ctx.http2()
      client.send(
        frame(frameType.headers, 5, 1, Buffer.concat([headerBlock(getFields('/')), indexedLiteral('cookie', 'a')])),
      )
      const crumbs = Buffer.concat([headerBlock(getFields('/')), ...Array.from({ length: 90 }, () => indexed(62))])
      client.send(...Array.from({ length: 1000 }, (_, i) => frame(frameType.headers, 5, 3 + 2 * i, crumbs)))
      await quiet(300)
      assert.ok(ctx.origin.requests.length <= 200, `${ctx.origin.requests.length} requests at the origin`)
    },
  },
  {
    id: 'h2-zero-window',
    title: 'A client that takes nothing of 100 answers of 1 MB makes the proxy hold back the origin',
    source: 'B78, CVE-2019-9511',
    limit: 10_000,
    async run(ctx) {
      const body = Buffer.alloc(1_000_000, 120)
      let taken = 0
      ctx.origin.answer = (request) => {
        request.reply('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n')
        for (let i = 0; i < 16; i++) {
          const piece = body.subarray(i * 62_500, (i + 1) * 62_500)
          request.connection.socket.write(piece, () => {
            taken += piece.length
          })
        }
      }
      const proxy = await ctx.start({ inbound: 'http2' })
      const client = await ctx.http2({ settings: [[4, 0]] })
      client.autoWindow = false
      const before = await proxy.memory()
      for (let i = 0; i < 100; i++) client.headers(1 + 2 * i, getFields('/'))
      await quiet(800)
      const grown = ((await proxy.memory()) - before) / 1e6
      assert.ok(ctx.origin.requests.length > 0, 'no request at the origin')
      // The kernel's own socket buffers on loopback hold some 0.4 MB a connection; the proxy must not read on without end.
      assert.ok(
        taken < 95e6 || grown < 50,
        `the proxy took ${Math.round(taken / 1e6)} MB and grew by ${Math.round(grown)} MB`,
      )
    },
  },
]
