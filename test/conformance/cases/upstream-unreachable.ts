import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { isNeutralError } from '../harness/expect.ts'
import { get, ok, post } from '../harness/origin.ts'
import { until } from '../harness/patience.ts'
import { stalledPort } from '../harness/stalled-port.ts'

/** The origin cannot be reached, or goes away. */
export const upstreamUnreachable: readonly Case[] = [
  {
    id: 'refused',
    title: 'A refused connection is 502, and the client is told nothing of the inside',
    source: 'F144, RFC 9110 15.6.3',
    async run(ctx) {
      await ctx.start()
      const { authority } = ctx.origin
      await ctx.origin.close()
      isNeutralError(await ctx.ask(get('/')), [502, 503], [authority])
    },
  },
  {
    id: 'unknown-name',
    title: 'An origin whose name cannot be resolved is 502, 503 or 504, neutral',
    source: 'F144, RFC 9110 15.6.3',
    limit: 8000,
    async run(ctx) {
      await ctx.start({}, 'http://no-such-host.invalid:8080')
      isNeutralError(await ctx.ask(get('/'), 7000), [502, 503, 504], ['no-such-host'])
    },
  },
  {
    id: 'connect-hangs',
    title: 'A connection that neither stands nor fails is 504 (or 502) after the connect timeout',
    source: 'F145, RFC 9110 15.6.5',
    async run(ctx) {
      const stalled = await stalledPort()
      ctx.defer(() => stalled.close())
      await ctx.start({ timeouts: { connect: 500 } }, `http://127.0.0.1:${stalled.port}`)
      isNeutralError(await ctx.ask(get('/'), 4000), [504, 502, 503])
    },
  },
  {
    id: 'dies-before-head-get',
    title: 'FIN or RST instead of an answer is 502 for a GET, or the answer of a second attempt',
    source: 'F146, RFC 9110 15.6.3',
    async run(ctx) {
      for (const how of ['end', 'reset'] as const) {
        ctx.origin.answer = ({ connection }) => connection[how]()
        const before = ctx.origin.requests.length
        const answer = await ctx.ask(get('/'))
        isNeutralError(answer, [502, 503])
        const attempts = ctx.origin.requests.length - before
        assert.ok(attempts <= 2, `${attempts} attempts`)
      }
    },
  },
  {
    id: 'dies-before-head-post',
    title: 'FIN or RST instead of an answer is 502 for a POST, which is sent once',
    source: 'F146, F158, RFC 9110 9.2.2',
    async run(ctx) {
      for (const how of ['end', 'reset'] as const) {
        ctx.origin.answer = async (request) => {
          await request.ended()
          request.connection[how]()
        }
        const before = ctx.origin.requests.length
        isNeutralError(await ctx.ask(post('/', 'hello')), [502, 503])
        assert.equal(ctx.origin.requests.length - before, 1, 'the POST was sent again')
      }
    },
  },
  {
    id: 'stale-connection-get',
    title: 'An idle connection that the origin closed costs a GET nothing: 100 in a row, no error',
    source: 'F158, complaint 6, complaint 43, complaint 45, RFC 9112 9.3.1, fastify/fastify-reply-from#167',
    async run(ctx) {
      ctx.origin.answer = ({ connection }) => {
        connection.write(ok('ok'))
        setTimeout(() => connection.socket.destroy(), 3)
      }
      const client = await ctx.connect()
      for (let i = 0; i < 100; i++) {
        const answer = await client.ask(get(`/${i}`))
        assert.equal(answer.status, 200, `request ${i}: answered ${answer.startLine}`)
        if (i % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 3))
      }
    },
  },
  {
    id: 'stale-connection-reset',
    title: 'A reused connection that resets on the second request is replaced for a GET, once',
    source: 'F158, complaint 6, complaint 43, RFC 9112 9.3.1',
    async run(ctx) {
      let resets = 0
      ctx.origin.answer = (request) => {
        if (request.connection.requests.length === 1) return request.reply(ok('ok'))
        resets++
        request.connection.reset()
      }
      const client = await ctx.connect()
      for (let i = 0; i < 6; i++) {
        const answer = await client.ask(get('/'))
        assert.equal(answer.status, 200, `request ${i}: answered ${answer.startLine}`)
      }
      if (resets === 0) ctx.notApplicable('it never reuses a connection')
    },
  },
  {
    id: 'stale-connection-post',
    title: 'A POST on a reused connection that dies is never sent twice',
    source: 'F158, RFC 9110 9.2.2',
    async run(ctx) {
      ctx.origin.answer = async (request) => {
        await request.ended()
        if (request.connection.requests.length === 1) request.reply(ok('ok'))
        else request.connection.reset()
      }
      const client = await ctx.connect()
      for (let i = 0; i < 6; i++) {
        const answer = await client.ask(post(`/${i}`, 'hello'))
        assert.ok([200, 502, 503].includes(answer.status), `answered ${answer.startLine}`)
        const sent = ctx.origin.requests.filter(({ message }) => message.target === `/${i}`).length
        assert.ok(sent <= 1, `POST /${i} was sent ${sent} times`)
      }
    },
  },
  {
    id: 'keep-alive-hint',
    title: 'A connection is not used beyond the time that the origin gave in Keep-Alive',
    source: 'F158, complaint 43, nodejs/undici#3141',
    async run(ctx) {
      ctx.origin.answer = ({ connection }) =>
        connection.write(ok('ok', 'Connection: keep-alive', 'Keep-Alive: timeout=1'))
      const client = await ctx.connect()
      await client.ask(get('/1'))
      await new Promise((resolve) => setTimeout(resolve, 1100))
      // The origin forgets the connection without a word, as behind a firewall: what comes on it is lost.
      const old = ctx.origin.connections.length
      ctx.origin.answer = (request) => {
        if (ctx.origin.connections.indexOf(request.connection) >= old) request.reply(ok('fresh'))
        else if (request.connection.ended) request.reply('')
      }
      const answer = await client.ask(get('/2'), 2000)
      assert.equal(answer.body, 'fresh')
    },
  },
  {
    id: 'upstream-keep-alive',
    title: 'Connections to the origin are reused: 20 requests, at most 2 connections',
    source: 'complaint 36, RFC 9112 9.3',
    async run(ctx) {
      const client = await ctx.connect()
      for (let i = 0; i < 20; i++) assert.equal((await client.ask(get('/'))).status, 200)
      assert.ok(ctx.origin.connections.length <= 2, `${ctx.origin.connections.length} connections`)
    },
  },
  {
    id: 'unavailable-passed-on',
    title: '503 with Retry-After of the origin is passed on after one attempt',
    source: 'F159, complaint 5, complaint 45, RFC 9110 10.2.3, fastify/fastify-reply-from#193',
    async run(ctx) {
      for (const after of ['1', '30', 'Fri, 31 Dec 2032 23:59:59 GMT']) {
        ctx.origin.answer = `HTTP/1.1 503 Service Unavailable\r\nRetry-After: ${after}\r\nContent-Length: 4\r\n\r\nbusy`
        const before = ctx.origin.requests.length
        const answer = await ctx.ask(get('/'))
        assert.equal(answer.status, 503)
        assert.equal(answer.value('retry-after'), after)
        assert.equal(answer.body, 'busy')
        assert.equal(ctx.origin.requests.length - before, 1, `Retry-After: ${after}: attempts`)
      }
    },
  },
  {
    id: 'slow-head',
    title: 'An origin that does not begin to answer is 504 after the first-byte timeout, and is let go',
    source: 'F156, RFC 9110 15.6.5',
    async run(ctx) {
      await ctx.start({ timeouts: { firstByte: 400 } })
      ctx.origin.answer = () => {}
      // 502 of the peers that know no timeout of its own is right enough for RFC 9110; the client must not wait for ever.
      isNeutralError(await ctx.ask(get('/')), [504, 502])
      const { connection } = await ctx.origin.request()
      await until(() => connection.ended, 'the end of the upstream connection', 500)
    },
  },
]
