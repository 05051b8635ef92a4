import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { isNeutralError, serves } from '../harness/expect.ts'
import { get, ok, post } from '../harness/origin.ts'
import { quiet, until } from '../harness/patience.ts'

/** What passes must pass as it is: fields, streams, redirects; and the user's own additions. */
export const passingThrough: readonly Case[] = [
  {
    id: 'request-field-order',
    title: 'Repeated request fields arrive in their order and with their values apart or joined by a comma',
    source: 'RFC 9110 5.3',
    async run(ctx) {
      const { message } = await serves(ctx, 'fields', get('/', 'X-List: 1', 'X-Other: a', 'X-List: 2', 'x-list: 3'))
      assert.equal(message.value('x-list')?.replaceAll(' ', ''), '1,2,3')
    },
  },
  {
    id: 'response-cookies',
    title: 'Several Set-Cookie fields reach the client apart, in their order',
    source: 'RFC 6265 3, RFC 9110 5.3',
    async run(ctx) {
      ctx.origin.answer = ok(
        'ok',
        'Set-Cookie: a=1; Expires=Fri, 31 Dec 2032 23:59:59 GMT',
        'X-A: b',
        'Set-Cookie: c=2',
      )
      const answer = await ctx.ask(get('/'))
      assert.deepEqual(answer.values('set-cookie'), ['a=1; Expires=Fri, 31 Dec 2032 23:59:59 GMT', 'c=2'])
    },
  },
  {
    id: 'response-once',
    title: 'Date, Server and Content-Length of the origin reach the client once',
    source: 'complaint 37, complaint 50, RFC 9110 6.6.1',
    async run(ctx) {
      ctx.origin.answer = ok('ok', 'Date: Fri, 31 Dec 2032 23:59:59 GMT', 'Server: inner', 'Connection: keep-alive')
      const answer = await ctx.ask(get('/'))
      assert.deepEqual(answer.values('date'), ['Fri, 31 Dec 2032 23:59:59 GMT'])
      assert.deepEqual(answer.values('server'), ['inner'])
      assert.equal(answer.values('content-length').length + answer.values('transfer-encoding').length, 1)
    },
  },
  {
    id: 'response-streamed',
    title: 'A piece of an answer reaches the client before the next one exists',
    source: 'complaint 28, complaint 38',
    async run(ctx) {
      ctx.origin.answer = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n'
      const client = await ctx.connect()
      client.send(get('/'))
      const answer = await client.head()
      await until(() => answer.body === 'one', 'the first piece')
      ctx.origin.requests[0]?.reply('3\r\ntwo\r\n0\r\n\r\n')
      assert.equal((await client.response()).body, 'onetwo')
    },
  },
  {
    id: 'request-streamed',
    title: 'A piece of an upload reaches the origin before the next one exists',
    source: 'complaint 38, expressjs/express-http-proxy#27',
    async run(ctx) {
      const client = await ctx.connect()
      client.send('POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n')
      const { message } = await ctx.origin.request()
      await until(() => message.body === 'one', 'the first piece')
      client.send('3\r\ntwo\r\n0\r\n\r\n')
      assert.equal((await client.response()).status, 200)
      assert.equal(message.body, 'onetwo')
    },
  },
  {
    id: 'sse-both-ends',
    title: 'Server-sent events flow at once; the end of either side is seen by the other',
    source: 'complaint 28, chimurai/http-proxy-middleware#678, unjs/httpxy#84',
    async run(ctx) {
      ctx.origin.answer = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n'
      const first = await ctx.connect()
      first.send(get('/'))
      const answer = await first.head()
      await until(() => answer.body.includes('data: 1'), 'the first event')
      first.leave()
      await until(() => ctx.origin.requests[0]?.connection.ended === true, 'the end at the origin', 1000)

      const second = await ctx.connect()
      second.send(get('/'))
      await second.head()
      ;(await ctx.origin.request(2)).connection.end('data: 2\n\n')
      assert.match((await second.response()).body, /data: 2/)
    },
  },
  {
    id: 'location-passed',
    title: 'Redirects are passed on, not followed: 301, 302, 303, 307, 308, relative, absolute, protocol-relative',
    source: 'complaint 37, RFC 9110 10.2.2',
    async run(ctx) {
      for (const status of [301, 302, 303, 307, 308]) {
        for (const location of ['/next?q', 'https://other.test/x', '//other.test/x', 'next']) {
          ctx.origin.answer = `HTTP/1.1 ${status} Moved\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`
          const answer = await ctx.ask(get('/a/b'))
          assert.equal(answer.status, status)
          assert.equal(answer.value('location'), location)
        }
      }
      assert.equal(ctx.origin.requests.length, 20)
    },
  },
  {
    id: 'response-field-set',
    title: 'A response field that the user has the proxy set is there, in every answer of a connection',
    source: 'complaint 29, chimurai/http-proxy-middleware#472',
    async run(ctx) {
      await ctx.start({ responseFields: { 'x-added': 'by-proxy' } })
      const client = await ctx.connect()
      for (let i = 0; i < 5; i++) {
        const answer = await client.ask(get('/'))
        assert.equal(answer.status, 200)
        assert.deepEqual(answer.values('x-added'), ['by-proxy'])
      }
    },
  },
  {
    id: 'body-parser-before',
    title: 'A body that the host application has parsed already: it passes, or a clear error comes at once',
    source: 'complaint 30, chimurai/http-proxy-middleware#40',
    async run(ctx) {
      await ctx.start({ afterBodyParser: true })
      const answer = await ctx.ask(post('/', '{"a":1}', 'Content-Type: application/json'))
      if (answer.status === 200) assert.equal(ctx.origin.requests[0]?.message.body, '{"a":1}')
      else assert.ok(answer.status >= 500, `answered ${answer.startLine}`)
    },
  },
  {
    id: 'large-json',
    title: 'A JSON body of 5 MB passes: no limit that nobody set, nothing parsed',
    source: 'complaint 38, complaint 30',
    async run(ctx) {
      ctx.origin.answer = async (request) => request.reply(ok(String((await request.ended()).length)))
      const answer = await ctx.ask(post('/', 'x'.repeat(5_000_000), 'Content-Type: application/json'))
      assert.equal(answer.body, '5000000')
    },
  },
  {
    id: 'ipv6-upstream',
    title: 'An origin at an IPv6 literal is reached',
    source: 'complaint 37, RFC 3986 3.2.2',
    async run(ctx) {
      const origin = await ctx.anotherOrigin({ host: '::1' }).catch(() => ctx.notApplicable('this machine has no ::1'))
      await ctx.start({}, origin.url)
      assert.equal((await ctx.ask(get('/'))).body, 'ok')
      assert.equal(origin.requests.length, 1)
    },
  },
  {
    id: 'tls-unverified',
    title: 'An origin with a certificate that nobody trusts is not spoken to',
    source: 'F144, RFC 9110 4.3.4',
    async run(ctx) {
      const origin = await ctx.anotherOrigin({ tls: true })
      await ctx.start({}, origin.url)
      isNeutralError(await ctx.ask(get('/')), [500, 502, 503, 504], ['self-signed', 'DEPTH_ZERO'])
      assert.equal(origin.requests.length, 0, 'the origin was sent the request')
    },
  },
  {
    id: 'port-taken',
    title: 'A port that is taken fails the start with EADDRINUSE',
    source: 'complaint 18, fastify/fastify-http-proxy#130',
    async run(ctx) {
      await assert.rejects(ctx.start({ port: ctx.origin.port }), /EADDRINUSE/)
    },
  },
  {
    id: 'error-field-characters',
    title: 'Fields that Node itself would refuse to write do not end the process',
    source: 'complaint 37, unjs/httpxy#102',
    async run(ctx) {
      ctx.origin.answer = ok('ok', 'X-A: \x80\xff', 'X-Empty:')
      for (const line of ['X-A: \x80\xff', 'X-Empty:', 'X-Tab: a\tb']) {
        const answer = await ctx.ask(get('/', line))
        assert.ok([200, 502].includes(answer.status), `${line}: answered ${answer.startLine}`)
      }
    },
  },
  {
    id: 'http10-client',
    title: 'An HTTP/1.0 client gets the whole answer without chunks, and the end of the connection',
    source: 'RFC 9112 7.1',
    async run(ctx) {
      ctx.origin.answer = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n'
      const client = await ctx.connect()
      const answer = await client.ask('GET / HTTP/1.0\r\nHost: a.test\r\n\r\n')
      assert.equal(answer.value('transfer-encoding'), undefined)
      assert.equal(answer.body, 'onetwo')
      await client.closed()
    },
  },
  {
    id: 'drain',
    title: 'A proxy that stops lets the request in flight finish, and says that the connection ends',
    source: 'RFC 9112 9.6',
    async run(ctx) {
      ctx.origin.answer = () => {}
      const proxy = await ctx.start()
      const client = await ctx.connect()
      client.send(get('/'))
      const request = await ctx.origin.request()
      void proxy.close().catch(() => {})
      await quiet(30)
      request.reply(ok('in flight'))
      const answer = await client.response()
      assert.equal(answer.status, 200)
      assert.equal(answer.body, 'in flight')
      await client.closed()
    },
  },
]
