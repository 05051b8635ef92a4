import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { refuses, refusesOr, serves } from '../harness/expect.ts'
import type { OriginRequest } from '../harness/origin.ts'
import { get, post } from '../harness/origin.ts'

const head = 'POST /framing HTTP/1.1\r\nHost: a.test\r\n'
const smuggled = 'GET /evil HTTP/1.1\r\nHost: a.test\r\n\r\n'

/** Where a message ends: nothing may be left to interpretation. */
export const framing: readonly Case[] = [
  {
    id: 'content-length-and-chunked',
    title: 'Content-Length beside Transfer-Encoding is refused, or chunked wins and Content-Length is gone upstream',
    source: 'A1, RFC 9112 6.1',
    async run(ctx) {
      for (const fields of [
        'Content-Length: 6\r\nTransfer-Encoding: chunked',
        'Transfer-Encoding: chunked\r\nContent-Length: 6',
      ]) {
        await refusesOr(ctx, fields, `${head}${fields}\r\n\r\n0\r\n\r\n${smuggled}`, (_answer, requests) => {
          assert.equal(requests.length, 1, 'the rest of the bytes became a request')
          assert.equal(framings(requests[0]), 1, 'the origin was sent two framings')
        })
      }
    },
  },
  {
    id: 'content-length-twice',
    title: 'Two equal Content-Length fields are refused or merged into one',
    source: 'A2, RFC 9112 6.3',
    run: (ctx) =>
      refusesOr(ctx, 'two of 2', `${head}Content-Length: 2\r\nContent-Length: 2\r\n\r\nab`, (_answer, requests) => {
        assert.deepEqual(requests[0]?.message.values('content-length'), ['2'])
      }),
  },
  {
    id: 'content-length-two-values',
    title: 'Two different Content-Length fields are refused',
    source: 'A3, RFC 9112 6.3',
    async run(ctx) {
      await refuses(ctx, '2 and 3', `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc`)
      await refuses(ctx, '3 and 2', `${head}Content-Length: 3\r\nContent-Length: 2\r\n\r\nabc`)
    },
  },
  {
    id: 'content-length-list',
    title: 'A Content-Length list is refused, or merged where all values are the same',
    source: 'A4, RFC 9110 8.6',
    async run(ctx) {
      await refusesOr(ctx, '2, 2', `${head}Content-Length: 2, 2\r\n\r\nab`, (_answer, requests) => {
        assert.deepEqual(requests[0]?.message.values('content-length'), ['2'])
      })
    },
  },
  {
    id: 'content-length-list-of-two',
    title: 'A Content-Length list of different values is refused',
    source: 'A4, RFC 9110 8.6',
    run: (ctx) => refuses(ctx, '2, 3', `${head}Content-Length: 2, 3\r\n\r\nabc`),
  },
  {
    id: 'content-length-syntax',
    title: 'A Content-Length that is not a row of digits is refused',
    source: 'A5, RFC 9110 8.6',
    async run(ctx) {
      for (const value of ['+2', '-1', '0x2', '1_0', '2 2', '', '2.0', '\xb2']) {
        await refuses(ctx, `Content-Length: ${value}`, `${head}Content-Length: ${value}\r\n\r\nab`)
      }
    },
  },
  {
    id: 'content-length-overflow',
    title: 'A Content-Length beyond 64 bits is refused, never wrapped round',
    source: 'A6, CVE-2021-40346',
    async run(ctx) {
      for (const value of ['18446744073709551618', '9223372036854775808000', '9'.repeat(400)]) {
        await refuses(ctx, value, `${head}Content-Length: ${value}\r\n\r\nab`, { statuses: [400, 413] })
      }
    },
  },
  {
    id: 'content-length-leading-zero',
    title: 'A Content-Length with leading zeros or spaces around it is what it says',
    source: 'A7, RFC 9110 8.6',
    async run(ctx) {
      for (const value of ['002', '2  ', '\t2']) {
        const request = await serves(ctx, value, `${head}Content-Length: ${value}\r\n\r\nab`)
        assert.equal(request.message.body, 'ab')
        assert.equal(framings(request), 1)
      }
    },
  },
  {
    id: 'transfer-coding-unknown',
    title: 'A transfer coding that is not exactly `chunked` at the end is refused',
    source: 'A8, RFC 9112 6.1',
    async run(ctx) {
      for (const value of [
        'xchunked',
        'chunked, identity',
        'chunked, chunked',
        '\x0bchunked',
        'identity',
        'chunked;q=1',
        '"chunked"',
      ]) {
        await refuses(ctx, value, `${head}Transfer-Encoding: ${value}\r\n\r\n0\r\n\r\n`, { statuses: [400, 501] })
      }
      const twice = 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'
      await refuses(ctx, 'two fields', `${head}${twice}\r\n0\r\n\r\n`, { statuses: [400, 501] })
      const behind = 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n'
      await refuses(ctx, 'identity behind', `${head}${behind}\r\n0\r\n\r\n`, { statuses: [400, 501] })
    },
  },
  {
    id: 'transfer-coding-empty-element',
    title: '`Transfer-Encoding: ,chunked` is chunked or refused, and never goes upstream as it is',
    source: 'A9, RFC 9110 5.6.1',
    run: (ctx) =>
      refusesOr(
        ctx,
        ',chunked',
        `${head}Transfer-Encoding: ,chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n${smuggled}`,
        (_answer, requests) => {
          assert.equal(requests[0]?.message.body, 'ab')
          assert.doesNotMatch(ctx.origin.received, /,\s*chunked/i)
        },
        [400, 501],
      ),
  },
  {
    id: 'transfer-coding-gzip',
    title: '`Transfer-Encoding: gzip, chunked` is refused: the gzip coding is never lost in silence',
    source: 'A10, RFC 9112 6.1',
    run: (ctx) =>
      refuses(ctx, 'gzip, chunked', `${head}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`, {
        statuses: [501, 400],
      }),
  },
  {
    id: 'transfer-encoding-http10',
    title: 'Transfer-Encoding on HTTP/1.0 is refused, or the connection is not used again',
    source: 'A11, RFC 9112 6.1, CVE-2026-2835',
    run: (ctx) =>
      refusesOr(
        ctx,
        'HTTP/1.0',
        `POST / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n${smuggled}`,
        (_answer, requests) => {
          assert.equal(requests.length, 1, 'the connection was used again')
          assert.equal(framings(requests[0]), 1)
        },
        [400, 501],
      ),
  },
  {
    id: 'transfer-encoding-folded',
    title: 'A folded Transfer-Encoding is refused',
    source: 'A12, RFC 9112 5.2',
    run: (ctx) =>
      refuses(ctx, 'obs-fold', `${head}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`, { statuses: [400, 501] }),
  },
  {
    id: 'obs-fold',
    title: 'A folded field is refused, or goes upstream in one line',
    source: 'A12, RFC 9112 5.2',
    run: (ctx) =>
      refusesOr(ctx, 'obs-fold', get('/', 'X-Folded: a', ' b'), (_answer, requests) => {
        assert.doesNotMatch(requests[0]?.message.head ?? '', /\n[ \t]/)
      }),
  },
  {
    id: 'transfer-encoding-underscore',
    title: '`Transfer_Encoding` never reaches an origin that may read `_` as `-`',
    source: 'A13',
    run: (ctx) =>
      refusesOr(ctx, 'underscore', get('/', 'Transfer_Encoding: chunked'), (_answer, requests) => {
        assert.doesNotMatch(requests[0]?.message.head ?? '', /transfer_encoding/i)
      }),
  },
  {
    id: 'empty-body-then-bytes',
    title: 'Bytes after a body of length 0 are the next request, not a body',
    source: 'A18, RFC 9112 6.3',
    async run(ctx) {
      const client = await ctx.connect()
      client.send(`${head}Content-Length: 0\r\n\r\n${get('/second')}`)
      assert.equal((await client.response()).status, 200)
      assert.equal((await client.response()).status, 200)
      const targets = ctx.origin.requests.map(({ message }) => `${message.method} ${message.target} ${message.body}`)
      assert.deepEqual(targets, ['POST /framing ', 'GET /second '])
    },
  },
  {
    id: 'get-with-request-as-body',
    title: 'A request in the body of a GET stays a body, or is dropped',
    source: 'A19, RFC 9110 9.3.1',
    async run(ctx) {
      const client = await ctx.connect()
      client.send(`GET /first HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`)
      assert.equal((await client.response()).status, 200)
      client.send(get('/second'))
      assert.equal((await client.response()).status, 200)
      assert.deepEqual(
        ctx.origin.requests.map(({ message }) => message.target),
        ['/first', '/second'],
      )
    },
  },
  {
    id: 'get-body-delivered',
    title: 'The body of a GET is delivered',
    source: 'A19, RFC 9110 9.3.1',
    async run(ctx) {
      const request = await serves(ctx, 'GET', `GET / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello`)
      assert.equal(request.message.body, 'hello')
    },
  },
  {
    id: 'framing-nominated',
    title: '`Connection: Transfer-Encoding` and `Connection: Content-Length` take no framing away',
    source: 'A20, CVE-2026-26365',
    async run(ctx) {
      const chunked = `${head}Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`
      for (const bytes of [chunked, post('/', smuggled, 'Connection: Content-Length')]) {
        await refusesOr(ctx, 'nominated framing', bytes, (_answer, requests) => {
          assert.equal(requests.length, 1, 'the body became a request')
          assert.equal(requests[0]?.message.body, smuggled)
        })
      }
    },
  },
]

/** How many fields say where the body ends. */
function framings(request: OriginRequest | undefined): number {
  const message = request?.message
  return (message?.values('content-length').length ?? 0) + (message?.values('transfer-encoding').length ?? 0)
}
