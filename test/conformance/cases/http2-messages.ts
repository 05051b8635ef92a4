import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { sawNoWholeRequest } from '../harness/expect.ts'
import { malformed } from '../harness/expect-h2.ts'
import { ok } from '../harness/origin.ts'
import { quiet } from '../harness/patience.ts'
import { getFields, postFields } from '../harness/raw-http2.ts'

/** Requests over HTTP/2: what is malformed, what arrives. */
export const http2Messages: readonly Case[] = [
  {
    id: 'h2-get',
    title: 'A GET over HTTP/2 arrives with its authority as Host',
    source: 'B82, complaint 24, RFC 9113 8.3.1',
    async run(ctx) {
      const client = await ctx.http2()
      client.headers(1, getFields('/x?y', ['x-a', 'b']))
      const answer = await client.stream(1)
      assert.equal(answer.status, 200)
      assert.equal(answer.body, 'ok')
      const { message } = await ctx.origin.request()
      assert.equal(message.target, '/x?y')
      assert.ok([message.value('host'), message.value('x-forwarded-host')].includes('a.test'), message.head)
      assert.doesNotMatch(message.head, /undefined/)
    },
  },
  {
    id: 'h2-field-names',
    title: 'Upper case in a field name is malformed',
    source: 'B79, RFC 9113 8.2.1',
    run: (ctx) => malformed(ctx, 'X-Upper', getFields('/', ['X-Upper', '1'])),
  },
  {
    id: 'h2-connection-fields',
    title: 'Fields of one connection are malformed: connection, transfer-encoding, te: gzip and their like',
    source: 'B79, RFC 9113 8.2.2',
    async run(ctx) {
      for (const [name, value] of [
        ['connection', 'close'],
        ['transfer-encoding', 'chunked'],
        ['te', 'gzip'],
        ['keep-alive', 'timeout=5'],
        ['proxy-connection', 'close'],
        ['upgrade', 'foo'],
      ] as const) {
        await malformed(ctx, `${name}: ${value}`, getFields('/', [name, value]))
      }
    },
  },
  {
    id: 'h2-controls-refused',
    title: 'CR, LF or NUL in a name or value is malformed',
    source: 'B80, RFC 9113 8.2.1',
    async run(ctx) {
      for (const [name, value] of [
        ['x-a', 'b\r\nx-evil: 1'],
        ['x-a', 'b\nc'],
        ['x-a', 'b\0c'],
        ['x-a\r\nx-evil', '1'],
        ['x a', '1'],
      ] as const) {
        await malformed(ctx, JSON.stringify([name, value]), getFields('/', [name, value]))
      }
    },
  },
  {
    id: 'h2-controls-never-lines',
    title: 'CR, LF or NUL in a name or value never becomes a line upstream',
    source: 'B80, RFC 9113 10.3',
    async run(ctx) {
      const client = await ctx.http2()
      let stream = 1
      for (const [name, value] of [
        ['x-a', 'b\r\nx-evil: 1'],
        ['x-a\r\nx-evil', '1'],
        [':path', '/ HTTP/1.1\r\nx-evil: 1\r\n'],
        [':authority', 'a\r\nx-evil: 1'],
      ] as const) {
        const fields = getFields('/').filter(([key]) => key !== name)
        client.headers(stream, name.startsWith(':') ? [[name, value], ...fields] : [...fields, [name, value]])
        await client.stream(stream)
        stream += 2
      }
      assert.doesNotMatch(ctx.origin.received, /x-evil: 1/)
    },
  },
  {
    id: 'h2-content-length-wrong',
    title: 'DATA that is not what content-length says is a stream error, and no whole request upstream',
    source: 'B84, RFC 9113 8.1.1',
    async run(ctx) {
      for (const [length, body] of [
        ['3', 'hello'],
        ['10', 'hello'],
        ['0', 'hello'],
      ] as const) {
        const client = await ctx.http2()
        client.headers(1, postFields('/', ['content-length', length]), false)
        client.data(1, body)
        const { status, resetCode } = await client.stream(1)
        const isOver = client.ended || client.goawayCode() !== undefined
        assert.ok(resetCode !== undefined || status >= 400 || isOver, `content-length ${length}: answered ${status}`)
        client.leave()
        sawNoWholeRequest(ctx.origin, `content-length ${length} for ${body.length} bytes`)
      }
    },
  },
  {
    id: 'h2-body-without-length',
    title: 'A body with neither content-length nor content-type arrives complete',
    source: 'B85, RFC 9113 8.1',
    async run(ctx) {
      const client = await ctx.http2()
      for (const [stream, method] of [
        [1, 'POST'],
        [3, 'PUT'],
        [5, 'DELETE'],
        [7, 'GET'],
      ] as const) {
        client.headers(stream, [[':method', method], ...postFields('/').slice(1)], false)
        client.data(stream, 'hel', false)
        client.data(stream, 'lo')
        assert.equal((await client.stream(stream)).status, 200)
        assert.equal(ctx.origin.requests.at(-1)?.message.body, 'hello', `${method}: the body at the origin`)
      }
    },
  },
  {
    id: 'h2-data-like-request',
    title: 'DATA that begins like a request arrives as a body',
    source: 'B86, RFC 9113 10.3',
    async run(ctx) {
      const body = 'GET /evil HTTP/1.1\r\nHost: a.test\r\n\r\n'
      const client = await ctx.http2()
      for (const [stream, fields] of [
        [1, []],
        [3, [['content-length', String(body.length)]]],
      ] as const) {
        client.headers(stream, postFields('/', ...fields), false)
        client.data(stream, body)
        assert.equal((await client.stream(stream)).status, 200)
      }
      await quiet(20)
      assert.deepEqual(
        ctx.origin.requests.map(({ message }) => message.target),
        ['/', '/'],
      )
      assert.deepEqual(
        ctx.origin.requests.map(({ message }) => message.body),
        [body, body],
      )
    },
  },
  {
    id: 'h2-trailers-pseudo',
    title: 'Trailers with pseudo-fields are a stream error',
    source: 'B87, RFC 9113 8.1',
    async run(ctx) {
      const client = await ctx.http2()
      client.headers(1, postFields('/'), false)
      client.data(1, 'hello', false)
      client.headers(1, [[':path', '/evil']])
      const { status, resetCode } = await client.stream(1)
      assert.ok(resetCode !== undefined || status >= 400 || client.ended, `answered ${status}`)
      sawNoWholeRequest(ctx.origin, 'trailers with :path')
    },
  },
  {
    id: 'h2-fields-too-large',
    title: 'Fields beyond the limit of HTTP/1 are refused over HTTP/2 too: 20 KiB, 200 fields',
    source: 'B89, RFC 6585 5, RFC 9113 10.5.1',
    async run(ctx) {
      await malformed(
        ctx,
        '20 KiB',
        getFields('/', ...Array.from({ length: 10 }, (_, i) => [`x-${i}`, 'a'.repeat(2048)] as const)),
      )
      const client = await ctx.http2()
      client.headers(1, getFields('/', ...Array.from({ length: 200 }, (_, i) => [`x-${i}`, 'a'] as const)))
      const { status, resetCode } = await client.stream(1)
      assert.ok(status >= 400 || resetCode !== undefined || client.ended, `200 fields: answered ${status}`)
    },
  },
  {
    id: 'h2-large-answer',
    title: 'An answer of 1 MB arrives complete under flow control',
    source: 'B78, RFC 9113 5.2',
    async run(ctx) {
      ctx.origin.answer = ok('x'.repeat(1_000_000))
      const client = await ctx.http2()
      client.headers(1, getFields('/'))
      const answer = await client.stream(1)
      assert.ok(answer.complete)
      assert.equal(answer.body.length, 1_000_000)
    },
  },
]
