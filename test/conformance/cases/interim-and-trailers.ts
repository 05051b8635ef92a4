import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { frameType } from '../harness/http2-frames.ts'
import { http2Origin } from '../harness/http2-origin.ts'
import { get, ok, post } from '../harness/origin.ts'
import { quiet, until } from '../harness/patience.ts'
import { getFields } from '../harness/raw-http2.ts'

const hint = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n'

/** 1xx, Expect, trailers. */
export const interimAndTrailers: readonly Case[] = [
  {
    id: 'early-hints',
    title: '103 is passed on, before the answer and with its fields',
    source: 'F155, RFC 9110 15.2, RFC 8297',
    async run(ctx) {
      ctx.origin.answer = (request) => request.reply(hint)
      const client = await ctx.connect()
      client.send(get('/'))
      await until(() => client.interim.length > 0, '103 at the client, before the final answer')
      ;(await ctx.origin.request()).reply(ok('ok'))
      const answer = await client.response()
      assert.equal(answer.body, 'ok')
      assert.equal(answer.interim[0]?.status, 103)
      assert.equal(answer.interim[0]?.value('link'), '</a.css>; rel=preload')
    },
  },
  {
    id: 'early-hints-http10',
    title: '1xx is not sent to an HTTP/1.0 client',
    source: 'F155, RFC 9110 15.2',
    async run(ctx) {
      ctx.origin.answer = hint + ok('ok')
      const answer = await ctx.ask('GET / HTTP/1.0\r\nHost: a.test\r\n\r\n')
      assert.equal(answer.interim.length, 0)
      assert.equal(answer.body, 'ok')
    },
  },
  {
    id: 'early-hints-chain',
    title: '103 passes two proxies in a row, once, with nothing doubled',
    source: 'F155, complaint 50, caddyserver/caddy#6041',
    async run(ctx) {
      ctx.origin.answer = hint + ok('ok', 'X-Once: 1')
      const inner = await ctx.start()
      const outer = await ctx.start({}, `http://127.0.0.1:${inner.port}`)
      const client = await ctx.connect(outer)
      const answer = await client.ask(get('/'))
      assert.deepEqual(
        answer.interim.map(({ status }) => status),
        [103],
      )
      assert.deepEqual(answer.interim[0]?.values('link'), ['</a.css>; rel=preload'])
      assert.deepEqual(answer.values('x-once'), ['1'])
      assert.equal(answer.values('date').length <= 1, true)
    },
  },
  {
    id: 'interim-http2-client',
    title: '103 is passed on to an HTTP/2 client',
    source: 'F155, RFC 9113 8.1',
    async run(ctx) {
      ctx.origin.answer = hint + ok('ok')
      const client = await ctx.http2()
      client.headers(1, getFields('/'))
      const answer = await client.stream(1)
      assert.deepEqual(answer.interim, [103])
      assert.equal(answer.status, 200)
    },
  },
  {
    id: 'interim-http2-upstream',
    title: '103 of an HTTP/2 origin is passed on',
    source: 'F155, complaint 46, nodejs/undici#5712',
    async run(ctx) {
      const { url } = await http2Origin(ctx, (stream) => {
        stream.additionalHeaders({ ':status': 103, link: '</a.css>; rel=preload' })
        stream.respond({ ':status': 200 })
        stream.end('ok')
      })
      await ctx.start({ upstreamHttp2: true }, url)
      const answer = await ctx.ask(get('/'))
      assert.equal(answer.body, 'ok')
      assert.deepEqual(
        answer.interim.map(({ status }) => status),
        [103],
      )
    },
  },
  {
    id: 'interim-100-unsolicited',
    title: '100 that nobody asked for is ignored',
    source: 'F155, RFC 9110 15.2',
    async run(ctx) {
      ctx.origin.answer = `HTTP/1.1 100 Continue\r\n\r\n${ok('ok')}`
      const answer = await ctx.ask(get('/'))
      assert.equal(
        answer.status,
        200,
        `answered ${answer.startLine}: a client MUST be able to parse 1xx it does not expect`,
      )
      assert.equal(answer.body, 'ok')
    },
  },
  {
    id: 'interim-many',
    title: 'Interim answers without end are cut off (502, or a bounded number)',
    source: 'F155, RFC 9110 15.2',
    async run(ctx) {
      ctx.origin.answer = ({ connection }) => connection.write(hint.repeat(1000) + ok('ok'))
      const client = await ctx.connect()
      const answer = await client.ask(get('/'))
      assert.ok(answer.status === 502 || answer.interim.length <= 32, `${answer.interim.length} interim answers passed`)
      assert.equal(answer.status, 502, `1,000 interim answers, then ${answer.startLine}`)
    },
  },
  {
    id: 'interim-101-unsolicited',
    title: '101 that nobody asked for is 502',
    source: 'F155, RFC 9110 15.2.2',
    async run(ctx) {
      ctx.origin.answer = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: evil\r\n\r\nraw bytes'
      const client = await ctx.connect()
      const answer = await client.ask(get('/'))
      assert.equal(answer.status, 502, `answered ${answer.startLine}`)
    },
  },
  {
    id: 'expect-continue',
    title: '`Expect: 100-continue` gets 100 before the body, and the upload succeeds',
    source: 'A26, complaint 44, RFC 9110 10.1.1, nodejs/undici#197',
    async run(ctx) {
      const client = await ctx.connect()
      client.send('POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n')
      const hasHead = () => client.interim.some(({ status }) => status === 100)
      await until(() => hasHead() || client.answers.length > 0, '100 or a final answer')
      client.send('hello')
      const answer = await client.response()
      assert.equal(answer.status, 200, `answered ${answer.startLine}`)
      assert.equal((await ctx.origin.request()).message.body, 'hello')
      assert.equal((await client.ask(get('/next'))).status, 200)
    },
  },
  {
    id: 'expect-impatient',
    title: 'A client that does not wait for the 100 is served all the same, and the connection stays in step',
    source: 'A26, RFC 9110 10.1.1',
    async run(ctx) {
      const client = await ctx.connect()
      client.send(post('/first', 'hello', 'Expect: 100-continue') + get('/second'))
      assert.equal((await client.response()).status, 200)
      assert.equal((await client.response()).status, 200)
      assert.deepEqual(
        ctx.origin.requests.map(({ message }) => message.target),
        ['/first', '/second'],
      )
      assert.equal(ctx.origin.requests[0]?.message.body, 'hello')
    },
  },
  {
    id: 'expect-variants',
    title: 'An expectation that is not exactly 100-continue is 417, or one clean answer',
    source: 'A26, RFC 9110 10.1.1',
    async run(ctx) {
      for (const lines of [
        'Expect: y 100-continue',
        'Expect: 100-continue\r\nExpect: 100-continue',
        'Expect: 200-ok',
        'Expect: 100-continue, x',
        'Expect:',
      ]) {
        const client = await ctx.connect()
        client.send(post('/', 'GET /evil HTTP/1.1\r\nHost: a.test\r\n\r\n', lines))
        const answer = await client.responseOrClose()
        assert.ok(
          answer === undefined || [200, 400, 417].includes(answer.status),
          `${lines}: answered ${answer?.startLine}`,
        )
        assert.ok((answer?.interim.length ?? 0) <= 1, `${lines}: more than one interim answer`)
        await quiet(20)
        assert.ok(
          ctx.origin.requests.every(({ message }) => message.target === '/'),
          `${lines}: the body became a request`,
        )
        client.leave()
      }
    },
  },
  {
    id: 'response-trailers',
    title: 'Trailers of the answer are passed on, or neither they nor their announcement',
    source: 'A64, RFC 9110 6.5',
    async run(ctx) {
      ctx.origin.answer =
        'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n'
      const answer = await ctx.ask(get('/', 'TE: trailers', 'Connection: TE'))
      assert.equal(answer.body, 'ok')
      if (answer.value('trailer') !== undefined) {
        assert.deepEqual(
          answer.trailers.map(([name, value]) => [name.toLowerCase(), value]),
          [['x-sum', '42']],
          'announced, but not sent',
        )
      }
    },
  },
  {
    id: 'response-trailers-delivered',
    title: 'Trailers of the answer reach a client that says it takes them',
    source: 'A64, RFC 9110 6.5.1',
    async run(ctx) {
      ctx.origin.answer =
        'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n'
      const answer = await ctx.ask(get('/', 'TE: trailers', 'Connection: TE'))
      assert.deepEqual(
        answer.trailers.map(([name, value]) => [name.toLowerCase(), value]),
        [['x-sum', '42']],
      )
    },
  },
  {
    id: 'response-trailers-http2',
    title: 'Trailers of the answer reach an HTTP/2 client',
    source: 'A64, RFC 9113 8.1',
    async run(ctx) {
      ctx.origin.answer =
        'HTTP/1.1 200 OK\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-sum: 42\r\n\r\n'
      const client = await ctx.http2()
      client.headers(1, getFields('/', ['te', 'trailers']))
      const answer = await client.stream(1)
      assert.equal(answer.body, 'ok')
      const blocks = client.frames.filter(({ type, stream }) => type === frameType.headers && stream === 1)
      assert.equal(blocks.length, 2, 'a second HEADERS frame')
    },
  },
  {
    id: 'request-trailers',
    title: 'Trailers of a request do no harm: the body arrives, the answer comes',
    source: 'A17, RFC 9110 6.5',
    async run(ctx) {
      const chunked =
        'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nab\r\n0\r\nX-Sum: 1\r\n\r\n'
      const answer = await ctx.ask(chunked)
      assert.equal(answer.status, 200, `answered ${answer.startLine}`)
      assert.equal(ctx.origin.requests[0]?.message.body, 'ab')
    },
  },
]
