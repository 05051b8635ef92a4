import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { get, ok, post } from '../harness/origin.ts'
import { quiet, until } from '../harness/patience.ts'

/** Several requests on one connection. */
export const pipelining: readonly Case[] = [
  {
    id: 'pipelined-two',
    title: 'Two requests in one packet are answered in order',
    source: 'A70, RFC 9112 9.3.2',
    async run(ctx) {
      ctx.origin.answer = (request) => request.reply(ok(request.message.target))
      const client = await ctx.connect()
      client.send(get('/1') + get('/2'))
      assert.equal((await client.response()).body, '/1')
      assert.equal((await client.response()).body, '/2')
    },
  },
  {
    id: 'pipelined-slow-first',
    title: 'A fast answer behind a slow one waits for its turn',
    source: 'A70, RFC 9112 9.3.2',
    async run(ctx) {
      ctx.origin.answer = async (request) => {
        if (request.message.target === '/slow') await quiet(100)
        request.reply(ok(request.message.target))
      }
      const client = await ctx.connect()
      client.send(get('/slow') + get('/fast') + get('/faster'))
      for (const target of ['/slow', '/fast', '/faster']) assert.equal((await client.response()).body, target)
    },
  },
  {
    id: 'pipelined-bad-second',
    title: 'A good request before a malformed one is answered, then 400, then the end',
    source: 'A70, RFC 9112 9.3.2',
    async run(ctx) {
      const client = await ctx.connect()
      client.send(`${get('/good')}GET /bad HTTP/1.1\r\nHost: a.test\r\nX A: b\r\n\r\n`)
      assert.equal((await client.response()).status, 200, 'the answer to the good request')
      assert.equal((await client.response()).status, 400)
      await client.closed()
      assert.deepEqual(
        ctx.origin.requests.map(({ message }) => message.target),
        ['/good'],
      )
    },
  },
  {
    id: 'pipelined-refused-second',
    title: 'A good request before a refused one is answered first',
    source: 'A70, RFC 9112 9.3.2',
    async run(ctx) {
      const client = await ctx.connect()
      client.send(get('/good') + get('/%zz') + get('/after'))
      assert.equal((await client.response()).status, 200)
      assert.equal((await client.response()).status, 400)
    },
  },
  {
    id: 'pipelined-thousands',
    title: '2,000 requests in a row on one connection do not become 2,000 requests upstream at one time',
    source: 'A70',
    limit: 8000,
    async run(ctx) {
      ctx.origin.answer = () => {}
      const client = await ctx.connect()
      client.send(get('/').repeat(2000))
      await until(() => ctx.origin.requests.length > 0, 'a first request', 4000)
      await quiet(300)
      assert.ok(ctx.origin.requests.length <= 500, `${ctx.origin.requests.length} requests at the origin`)
    },
  },
  {
    id: 'keep-alive-posts',
    title: 'A hundred exchanges with bodies on one connection keep their bodies apart',
    source: 'A18, RFC 9112 9.3',
    async run(ctx) {
      ctx.origin.answer = async (request) => request.reply(ok((await request.ended()).body))
      const client = await ctx.connect()
      for (let i = 0; i < 100; i++) {
        const body = `${i}`.repeat(i % 7)
        assert.equal((await client.ask(post('/', body))).body, body)
      }
    },
  },
  {
    id: 'answer-before-body',
    title: 'The rest of a body that was answered early is never the next request',
    source: 'A18, CVE-2025-4366, RFC 9112 9.3',
    async run(ctx) {
      ctx.origin.answer = ({ connection }) => connection.end(ok('early', 'Connection: close'))
      const client = await ctx.connect()
      const rest = get('/evil')
      client.send(`POST /first HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${rest.length + 5}\r\n\r\nhello`)
      await client.responseOrClose()
      client.send(rest)
      await quiet(100)
      assert.ok(
        ctx.origin.requests.every(({ message }) => message.target !== '/evil'),
        'the body became a request',
      )
    },
  },
  {
    id: 'range-many',
    title: 'A Range of 1,000 parts asks the origin once and passes its answer on',
    source: 'A71, RFC 9110 14.2, CVE-2011-3192',
    async run(ctx) {
      const ranges = Array.from({ length: 1000 }, (_, i) => `${i}-${i}`).join(',')
      for (const value of [`bytes=${ranges}`, 'bytes=', 'bytes=-', 'lines=1-2']) {
        const before = ctx.origin.requests.length
        const answer = await ctx.ask(get('/', `Range: ${value}`))
        assert.ok([200, 400, 416].includes(answer.status), `answered ${answer.startLine}`)
        assert.ok(answer.length < 1000)
        assert.ok(ctx.origin.requests.length - before <= 1)
      }
    },
  },
]
