import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { refuses, refusesOr, sawNothing, serves } from '../harness/expect.ts'
import { get, ok } from '../harness/origin.ts'

/** Start lines, field lines, limits. */
export const linesAndFields: readonly Case[] = [
  {
    id: 'bare-lf',
    title: 'Lines that end with a bare LF are refused, or go upstream with CRLF',
    source: 'A28, RFC 9112 2.2',
    run: (ctx) =>
      refusesOr(ctx, 'bare LF', 'GET / HTTP/1.1\nHost: a.test\nX-A: b\n\n', (_answer, requests) => {
        assert.doesNotMatch(requests[0]?.message.head ?? '', /[^\r]\n/)
      }),
  },
  {
    id: 'cr-nul-in-value',
    title: 'CR or NUL in a field value is refused or replaced by a space',
    source: 'A29, RFC 9110 5.5',
    async run(ctx) {
      for (const value of ['a\rb', 'a\rX-Evil: 1', 'a\0b']) {
        await refusesOr(ctx, JSON.stringify(value), get('/', `X-A: ${value}`), (_answer, requests) => {
          assert.doesNotMatch(requests[0]?.message.head ?? '', /\0|\r[^\n]/)
        })
      }
    },
  },
  {
    id: 'obs-text',
    title: 'Bytes 0x80 to 0xff in a field value arrive as they were sent, both ways',
    source: 'A30, RFC 9110 5.5',
    async run(ctx) {
      const value = Array.from({ length: 128 }, (_, i) => String.fromCharCode(128 + i)).join('')
      ctx.origin.answer = ok('ok', `X-Back: ${value}`)
      const answer = await ctx.ask(get('/', `X-Bytes: ${value}`))
      assert.equal(answer.status, 200)
      assert.equal(ctx.origin.requests[0]?.message.value('x-bytes'), value, 'the request field')
      assert.equal(answer.value('x-back'), value, 'the response field')
    },
  },
  {
    id: 'field-name-syntax',
    title: 'A field name that is not a token is refused, a space before the colon above all',
    source: 'A31, RFC 9112 5.1, CVE-2023-25725',
    async run(ctx) {
      for (const line of [
        'X-A : b',
        'X A: b',
        'X\x85A: b',
        ': b',
        'X-A',
        'X(A): b',
        'Content-Length : 5',
        'X-A\t: b',
      ]) {
        await refuses(ctx, JSON.stringify(line), get('/', line))
      }
    },
  },
  {
    id: 'space-before-first-field',
    title: 'A space before the first field line is refused, or the line is not sent on',
    source: 'A32, RFC 9112 2.2',
    run: (ctx) =>
      refusesOr(ctx, 'leading space', 'GET / HTTP/1.1\r\n X-A: b\r\nHost: a.test\r\n\r\n', (_answer, requests) => {
        assert.equal(requests[0]?.message.value('x-a'), undefined)
      }),
  },
  {
    id: 'crlf-cr-x',
    title: 'CRLF CR and a letter do not end the head',
    source: 'A33, CVE-2025-23167',
    run: (ctx) =>
      refuses(ctx, 'CRLF CR X', 'GET / HTTP/1.1\r\nHost: a.test\r\n\rXGET /evil HTTP/1.1\r\nHost: a.test\r\n\r\n'),
  },
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
    id: 'fields-too-large',
    title: 'Fields of more than 16 KiB are refused with 431',
    source: 'A38, RFC 6585 5',
    async run(ctx) {
      await refuses(ctx, 'one of 20 KiB', get('/', `X-A: ${'a'.repeat(20_480)}`), { statuses: [431, 400] })
      const many = Array.from({ length: 40 }, (_, i) => `X-${i}: ${'a'.repeat(512)}`)
      await refuses(ctx, '40 of 512 B', get('/', ...many), { statuses: [431, 400] })
    },
  },
  {
    id: 'fields-too-many',
    title: 'More field lines than origins take (here 200) are refused with 431',
    source: 'A39, RFC 6585 5',
    async run(ctx) {
      const many = Array.from({ length: 200 }, (_, i) => `X-${i}: a`)
      await refuses(ctx, '200 fields', get('/', ...many), { statuses: [431, 400], mayGoOn: true })
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
    id: 'prototype-names',
    title: 'Fields named `__proto__` and `constructor` do no harm to this request or the next',
    source: 'A41',
    async run(ctx) {
      for (const line of ['__proto__: x', 'constructor: x', 'hasOwnProperty: x', 'toString: x']) {
        const answer = await ctx.ask(get('/', line))
        assert.ok([200, 400].includes(answer.status), `${line}: answered ${answer.startLine}`)
        await serves(ctx, `after ${line}`, get('/'))
      }
    },
  },
  {
    id: 'integer-names',
    title: '2,000 fields with numbers as names are answered within half a second',
    source: 'A42, CVE-2026-21717',
    async run(ctx) {
      const names = Array.from({ length: 2000 }, (_, i) => `${i * 7919}: a`)
      const client = await ctx.connect()
      const began = performance.now()
      await client.ask(get('/', ...names))
      assert.ok(performance.now() - began < 500, `took ${Math.round(performance.now() - began)} ms`)
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
