import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { refuses, refusesOr, sawNothing, serves } from '../harness/expect.ts'
import { get, ok } from '../harness/origin.ts'
import { quiet, until } from '../harness/patience.ts'

/** Request lines: method, target length, version. */
export const requestLine: readonly Case[] = [
  {
    id: 'leading-empty-line',
    title: 'One empty line before the request line is ignored',
    source: 'A34, RFC 9112 2.2',
    async run(ctx) {
      await serves(ctx, 'CRLF first', `\r\n${get('/')}`)
    },
  },
  {
    id: 'leading-empty-lines',
    title: 'A thousand empty lines before a request lead to one request at most',
    source: 'A34, RFC 9112 2.2',
    async run(ctx) {
      const client = await ctx.connect()
      client.send(`${'\r\n'.repeat(1000)}${get('/')}`)
      const answer = await client.responseOrClose()
      assert.ok(answer === undefined || [200, 400].includes(answer.status), `answered ${answer?.startLine}`)
      assert.ok(ctx.origin.requests.length <= 1)
    },
  },
  {
    id: 'http-1-2',
    title: 'HTTP/1.2 is refused, or treated as HTTP/1.1 and said to be that upstream',
    source: 'A35, RFC 9110 2.5',
    run: (ctx) =>
      refusesOr(
        ctx,
        'HTTP/1.2',
        'GET / HTTP/1.2\r\nHost: a.test\r\n\r\n',
        (_answer, requests) => assert.match(requests[0]?.message.startLine ?? '', / HTTP\/1\.1$/),
        [400, 505],
      ),
  },
  {
    id: 'http-2-0-line',
    title: 'A request line that says HTTP/2.0 is refused on an HTTP/1 connection',
    source: 'A35, RFC 9110 15.6.6',
    run: (ctx) => refuses(ctx, 'HTTP/2.0', 'GET / HTTP/2.0\r\nHost: a.test\r\n\r\n', { statuses: [505, 400] }),
  },
  {
    id: 'http2-preface',
    title: 'The HTTP/2 preface on an HTTP/1 connection is refused, or begins HTTP/2; nothing goes upstream',
    source: 'A25, RFC 9113 3.4',
    async run(ctx) {
      const client = await ctx.connect()
      client.send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
      await until(() => client.received > 0 || client.ending !== 'open', 'an answer or the end')
      const status = client.answers[0]?.status
      assert.ok(status === undefined || [400, 405, 501, 505].includes(status), `answered ${status}`)
      await quiet(20)
      sawNothing(ctx.origin, 'the preface')
    },
  },
  {
    id: 'http-version-syntax',
    title: 'A version that is not HTTP/digit.digit is refused',
    source: 'A35, RFC 9112 2.3',
    async run(ctx) {
      for (const version of ['HTTP/1.1x', 'http/1.1', 'HTTP/11', 'HTTP/1.', 'HTTPS/1.1', 'HTTP/1,1']) {
        await refuses(ctx, version, `GET / ${version}\r\nHost: a.test\r\n\r\n`, { statuses: [400, 505] })
      }
    },
  },
  {
    id: 'http-0-9',
    title: 'An HTTP/0.9 request is refused at once',
    source: 'A35, RFC 9112 A.1',
    run: (ctx) => refuses(ctx, 'HTTP/0.9', 'GET /\r\n\r\n', { statuses: [400, 505], orClosed: true }),
  },
  {
    id: 'method-syntax',
    title: 'A method that is not a token is refused',
    source: 'A36, RFC 9110 9.1',
    async run(ctx) {
      for (const method of ['G=":', 'GE T', 'G\x00T', '"GET"', 'G{}']) {
        await refuses(ctx, JSON.stringify(method), `${method} / HTTP/1.1\r\nHost: a.test\r\n\r\n`)
      }
    },
  },
  {
    id: 'method-lower-case',
    title: '`get` is not GET: refused, or sent on in lower case',
    source: 'A36, RFC 9110 9.1',
    run: (ctx) =>
      refusesOr(
        ctx,
        'get',
        'get / HTTP/1.1\r\nHost: a.test\r\n\r\n',
        (_answer, requests) => assert.equal(requests[0]?.message.method, 'get'),
        [400, 405, 501],
      ),
  },
  {
    id: 'methods-registered',
    title: 'Methods beyond the common seven pass: PROPFIND, REPORT, PURGE, QUERY, MKCOL, LOCK',
    source: 'A36, RFC 9110 9.1',
    async run(ctx) {
      for (const method of ['PROPFIND', 'REPORT', 'PURGE', 'QUERY', 'MKCOL', 'LOCK', 'PATCH', 'DELETE']) {
        const fields = 'Host: a.test\r\nContent-Type: text/plain\r\nContent-Length: 2'
        const request = await serves(ctx, method, `${method} /dav HTTP/1.1\r\n${fields}\r\n\r\nab`)
        assert.equal(request.message.method, method)
        assert.equal(request.message.body, 'ab')
      }
    },
  },
  {
    id: 'trace-cookies',
    title: 'TRACE never shows a client its own cookies',
    source: 'A37, RFC 9110 9.3.8',
    async run(ctx) {
      ctx.origin.answer = (request) => request.reply(ok(request.message.head, 'Content-Type: message/http'))
      const answer = await ctx.ask('TRACE / HTTP/1.1\r\nHost: a.test\r\nCookie: session=secret\r\n\r\n')
      assert.doesNotMatch(answer.body, /secret/, `answered ${answer.startLine} with the cookie`)
    },
  },
  {
    id: 'uri-too-long',
    title: 'A target of 10 KB is refused with 414',
    source: 'A40, RFC 9110 15.5.15',
    run: (ctx) => refuses(ctx, '10 KB', get(`/${'a'.repeat(10_000)}`), { statuses: [414], mayGoOn: true }),
  },
  {
    id: 'uri-8000',
    title: 'A target of 8,000 octets passes',
    source: 'A40, RFC 9112 3',
    async run(ctx) {
      const target = `/${'a'.repeat(7999)}`
      const request = await serves(ctx, '8,000 octets', get(target))
      assert.equal(request.message.target, target)
    },
  },
  {
    id: 'head-never-complete',
    title: 'A head without its end sends nothing upstream when the client leaves',
    source: 'A34, RFC 9112 8',
    async run(ctx) {
      const client = await ctx.connect()
      client.send('GET /half HTTP/1.1\r\nHost: a.test\r\n')
      client.socket.end()
      await client.closed()
      sawNothing(ctx.origin, 'half a head')
    },
  },
]
