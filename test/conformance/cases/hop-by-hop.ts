import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { refusesOr, serves } from '../harness/expect.ts'
import { get, ok, post } from '../harness/origin.ts'

/** A request field that must not go on, and the request all the same succeeds. */
function stays(id: string, name: string, line: string, gone: RegExp, source: string): Case {
  return {
    id: `request-${id}`,
    title: `The request field ${name} stays here, and the request succeeds`,
    source,
    async run(ctx) {
      const { message } = await serves(ctx, name, get('/', ...line.split('\n')))
      assert.doesNotMatch(message.head, gone)
    },
  }
}

/** A response field that must not reach the client. */
function held(id: string, name: string, value: string): Case {
  return {
    id: `response-${id}`,
    title: `The response field ${name} of the origin stays here`,
    source: 'A65, complaint 33, RFC 9110 7.6.1',
    async run(ctx) {
      ctx.origin.answer = ok('ok', `${name}: ${value}`)
      const answer = await ctx.ask(get('/'))
      assert.equal(answer.status, 200, `answered ${answer.startLine}`)
      assert.ok(!answer.values(name.toLowerCase()).includes(value), `the client was sent ${name}: ${value}`)
    },
  }
}

/** Fields of one connection, which end at it (RFC 9110 section 7.6.1). */
export const hopByHop: readonly Case[] = [
  stays('keep-alive', 'Keep-Alive', 'Keep-Alive: timeout=77', /timeout=77/, 'A64, RFC 9110 7.6.1'),
  stays(
    'proxy-connection',
    'Proxy-Connection',
    'Proxy-Connection: keep-alive',
    /proxy-connection/i,
    'A64, RFC 9110 7.6.1',
  ),
  stays('te', 'TE', 'TE: gzip, deflate;q=0.5', /\nte:.*gzip/i, 'A64, RFC 9110 10.1.4'),
  stays(
    'trailer',
    'Trailer (without trailers)',
    'Trailer: X-Sum\nConnection: Trailer',
    /\ntrailer:/i,
    'A64, RFC 9110 7.6.1',
  ),
  stays(
    'upgrade',
    'Upgrade (without Connection)',
    'Upgrade: foo/2',
    /\nupgrade:/i,
    'A64, complaint 7, fastify/fastify-reply-from#404',
  ),
  stays(
    'h2c',
    'Upgrade: h2c',
    'Connection: Upgrade, HTTP2-Settings\nUpgrade: h2c\nHTTP2-Settings: AAMAAABkAAQAAP__',
    /h2c|http2-settings/i,
    'A24, RFC 9113 3.1',
  ),
  stays(
    'proxy-authorization',
    'Proxy-Authorization',
    'Proxy-Authorization: Basic c2VjcmV0',
    /proxy-authorization/i,
    'A64, RFC 9110 11.7.2',
  ),
  stays(
    'nominated',
    'that Connection names',
    'Connection: close, X-Secret, x-other\nX-Secret: 1\nX-Other: 2',
    /x-secret|x-other/i,
    'A63, complaint 40, RFC 9110 7.6.1',
  ),
  {
    id: 'nominated-added',
    title: 'Connection cannot take away the forwarding fields that the proxy adds',
    source: 'A63, complaint 13, CVE-2026-33805',
    async run(ctx) {
      const { message } = await serves(ctx, 'plain', get('/'))
      const added = ['x-forwarded-for', 'forwarded', 'via', 'x-request-id'].filter(
        (name) => message.value(name) !== undefined,
      )
      if (added.length === 0) ctx.notApplicable('it adds no forwarding fields')
      const attack = await serves(ctx, 'nominated', get('/', `Connection: ${added.join(', ')}`))
      for (const name of added) assert.notEqual(attack.message.value(name), undefined, `${name} is gone`)
    },
  },
  {
    id: 'nominated-user-field',
    title: 'Connection cannot take away a field that the user has the proxy set',
    source: 'A63, complaint 13, CVE-2026-33805, fastify/fastify-reply-from c815dc4',
    async run(ctx) {
      await ctx.start({ requestFields: { 'x-added': 'by-proxy' } })
      const { message } = await serves(ctx, 'nominated', get('/', 'Connection: x-added', 'X-Added: by-client'))
      assert.deepEqual(message.values('x-added'), ['by-proxy'])
    },
  },
  {
    id: 'nominated-host',
    title: '`Connection: Host, Content-Length` is refused, or takes neither away',
    source: 'A63, complaint 40, VSV00010',
    run: (ctx) =>
      refusesOr(ctx, 'Host nominated', post('/', 'hello', 'Connection: Host, Content-Length'), (_answer, requests) => {
        assert.notEqual(requests[0]?.message.value('host'), undefined)
        assert.equal(requests[0]?.message.body, 'hello')
      }),
  },
  {
    id: 'nominated-cookie',
    title: '`Connection: Authorization, Cookie` is refused, or the fields go or stay together with their protection',
    source: 'A63, complaint 40, GHSA-79qm-7rj5-m7r9',
    run: (ctx) =>
      refusesOr(
        ctx,
        'Cookie nominated',
        get('/', 'Connection: Authorization, Cookie', 'Authorization: Basic eA==', 'Cookie: a=b'),
        (_answer, requests) => {
          const message = requests[0]?.message
          const kept = [message?.value('authorization'), message?.value('cookie')].filter(
            (value) => value !== undefined,
          )
          assert.notEqual(kept.length, 1, 'one was kept and one taken away')
          assert.doesNotMatch(message?.value('connection') ?? '', /cookie|authorization/i)
        },
      ),
  },
  held('keep-alive', 'Keep-Alive', 'timeout=77'),
  held('proxy-connection', 'Proxy-Connection', 'keep-alive'),
  held('proxy-authenticate', 'Proxy-Authenticate', 'Basic realm="inner"'),
  held('proxy-authentication-info', 'Proxy-Authentication-Info', 'nextnonce="x"'),
  held('te', 'TE', 'trailers'),
  held('upgrade', 'Upgrade', 'h2,h2c'),
  {
    id: 'response-nominated',
    title: 'Response fields that Connection names stay here',
    source: 'A65, complaint 33, complaint 40, GHSA-79qm-7rj5-m7r9, VSV00010',
    async run(ctx) {
      ctx.origin.answer = ok('ok', 'Connection: X-Secret, keep-alive', 'X-Secret: 1', 'X-Public: 2')
      const answer = await ctx.ask(get('/'))
      assert.equal(answer.value('x-secret'), undefined, 'the client was sent X-Secret')
      assert.equal(answer.value('x-public'), '2')
      assert.doesNotMatch(answer.value('connection') ?? '', /x-secret/i)
    },
  },
  {
    id: 'origin-connection-close',
    title: '`Connection: close` of the origin does not close the connection of the client',
    source: 'A65, RFC 9110 7.6.1',
    async run(ctx) {
      ctx.origin.answer = ({ connection }) => connection.end(ok('ok', 'Connection: close'))
      const client = await ctx.connect()
      assert.equal((await client.ask(get('/1'))).body, 'ok')
      assert.equal((await client.ask(get('/2'))).body, 'ok')
    },
  },
  {
    id: 'client-connection-close',
    title: '`Connection: close` of the client ends its connection after the answer',
    source: 'A63, RFC 9112 9.6',
    async run(ctx) {
      const client = await ctx.connect()
      assert.equal((await client.ask(get('/', 'Connection: close'))).body, 'ok')
      assert.equal(await client.closed(), 'clean')
    },
  },
]
