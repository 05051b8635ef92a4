import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { refuses, refusesOr, serves } from '../harness/expect.ts'
import { quiet } from '../harness/patience.ts'

const head = 'POST /chunks HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n'

/** A streaming proxy may have sent the head; what matters is that the origin never gets an end. */
const broken = { mayHaveBegun: true, orClosed: true } as const

/** The chunked coding of requests. */
export const chunks: readonly Case[] = [
  {
    id: 'chunk-size-syntax',
    title: 'A chunk size that is not a row of hex digits is refused',
    source: 'A14, RFC 9112 7.1',
    async run(ctx) {
      for (const size of ['0x2', '+2', ' 2', '', '-2', '2_', '2g', '２']) {
        await refuses(ctx, `chunk size '${size}'`, `${head}${size}\r\nab\r\n0\r\n\r\n`, broken)
      }
    },
  },
  {
    id: 'chunk-size-trailing-space',
    title: 'A chunk size with a space behind it is refused, or read as the number',
    source: 'A14, RFC 9112 7.1',
    run: (ctx) =>
      refusesOr(ctx, 'trailing space', `${head}2 \r\nab\r\n0\r\n\r\n`, (_answer, requests) => {
        assert.equal(requests[0]?.message.body, 'ab')
        assert.doesNotMatch(ctx.origin.received, /\n2 +\r/)
      }),
  },
  {
    id: 'chunk-size-overflow',
    title: 'A chunk size of more than 64 bits is refused, never wrapped round',
    source: 'A14, RFC 9112 7.1',
    async run(ctx) {
      for (const size of ['10000000000000002', 'f'.repeat(17), `1${'0'.repeat(64)}2`]) {
        await refuses(ctx, size, `${head}${size}\r\nab\r\n0\r\n\r\n`, { ...broken, statuses: [400, 413] })
      }
    },
  },
  {
    id: 'chunk-extension-line-ends',
    title: 'LF or CR inside a chunk extension is refused, in quotes too',
    source: 'A15, RFC 9112 7.1.1',
    async run(ctx) {
      for (const extension of [';a\n', ';a\rb', ';a="\n"', ';a="\r"']) {
        await refuses(ctx, JSON.stringify(extension), `${head}2${extension}\r\nab\r\n0\r\n\r\n`, broken)
      }
    },
  },
  {
    id: 'chunk-extension-endless',
    title: 'Chunk extensions of more than 16 KiB are refused',
    source: 'A15, CVE-2024-22019',
    run: (ctx) =>
      refuses(ctx, '64 KiB', `${head}2;a=${'b'.repeat(65_536)}\r\nab\r\n0\r\n\r\n`, {
        ...broken,
        statuses: [400, 413, 431],
      }),
  },
  {
    id: 'chunk-extension-removed',
    title: 'A harmless chunk extension is understood, and not sent on',
    source: 'A15, RFC 9112 7.1.1',
    async run(ctx) {
      const request = await serves(ctx, 'extension', `${head}2;name="value"\r\nab\r\n0\r\n\r\n`)
      assert.equal(request.message.body, 'ab')
      assert.doesNotMatch(ctx.origin.received, /name="value"/)
    },
  },
  {
    id: 'chunk-end-missing',
    title: 'A chunk that does not end with CRLF is refused',
    source: 'A16, RFC 9112 7.1, VSV00016',
    async run(ctx) {
      for (const body of ['2\r\nab0\r\n\r\n', '2\r\nab\n0\r\n\r\n', '2\r\nabcd\r\n0\r\n\r\n', '2\nab\r\n0\r\n\r\n']) {
        await refuses(ctx, JSON.stringify(body), `${head}${body}`, broken)
      }
    },
  },
  {
    id: 'last-chunk-lf',
    title: 'A body that ends with `0\\r\\n\\n` is refused',
    source: 'A16, RFC 9112 7.1',
    run: (ctx) => refuses(ctx, '0 CRLF LF', `${head}0\r\n\nGET /evil HTTP/1.1\r\nHost: a.test\r\n\r\n`, broken),
  },
  {
    id: 'trailer-framing',
    title: 'Content-Length, Transfer-Encoding and Host in a trailer are refused or dropped',
    source: 'A17, RFC 9110 6.5.1',
    async run(ctx) {
      for (const field of ['Content-Length: 9', 'Transfer-Encoding: chunked', 'Host: evil.test']) {
        await refusesOr(ctx, field, `${head}2\r\nab\r\n0\r\n${field}\r\n\r\n`, (_answer, requests) => {
          assert.equal(requests.length, 1)
          assert.equal(requests[0]?.message.body, 'ab')
          assert.deepEqual(requests[0]?.message.trailers, [], 'the origin was sent the trailer')
          assert.deepEqual(requests[0]?.message.values('host').includes('evil.test'), false)
        })
      }
    },
  },
  {
    id: 'chunked-delivered',
    title: 'A chunked body arrives byte for byte, whatever the pieces',
    source: 'RFC 9112 7.1',
    async run(ctx) {
      const client = await ctx.connect()
      const body = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')
      client.send(head)
      for (const piece of ['100\r\n', body.slice(0, 7), body.slice(7), '\r\n1', '\r\n!\r\n0\r\n', '\r\n'])
        client.send(piece)
      assert.equal((await client.response()).status, 200)
      assert.equal(ctx.origin.requests[0]?.message.body, `${body}!`)
    },
  },
  {
    id: 'delete-options-chunked',
    title: 'DELETE and OPTIONS with a chunked body are framed as what they are',
    source: 'complaint 34, GHSA-ggv3-7p47-pfv8',
    async run(ctx) {
      for (const method of ['DELETE', 'OPTIONS']) {
        const evil = 'GET /evil HTTP/1.1\r\nHost: a.test\r\n\r\n'
        const request = await serves(
          ctx,
          method,
          `${method} /x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n${evil.length.toString(16)}\r\n${evil}\r\n0\r\n\r\n`,
        )
        assert.equal(request.message.body, evil, `${method}: the body at the origin`)
        await quiet(20)
        assert.ok(
          ctx.origin.requests.every(({ message }) => message.target === '/x'),
          `${method}: the body became a request`,
        )
      }
    },
  },
]
