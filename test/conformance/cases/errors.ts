import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { isNeutralError } from '../harness/expect.ts'
import { get } from '../harness/origin.ts'

/** The answers that the proxy makes itself. */
export const errors: readonly Case[] = [
  {
    id: 'error-neutral',
    title: 'Whatever the origin does wrong, the client learns no address, no code of Node, no parser message',
    source: 'F144, F146, F147, RFC 9110 17.13',
    async run(ctx) {
      for (const bytes of [
        'garbage\r\n\r\n',
        '',
        'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n',
        'HTTP/1.1 200 OK\r\nX-A: b\0\r\n\r\n',
      ]) {
        ctx.origin.answer = ({ connection }) => connection.end(bytes)
        isNeutralError(await ctx.ask(get('/')), [500, 502, 503, 504], [ctx.origin.authority])
      }
    },
  },
  {
    id: 'error-proxy-status',
    title: 'An error that the proxy made itself says so in Proxy-Status',
    source: 'F144, RFC 9209 2',
    async run(ctx) {
      ctx.origin.answer = ({ connection }) => connection.end('garbage\r\n\r\n')
      const answer = await ctx.ask(get('/'))
      assert.match(answer.value('proxy-status') ?? '', /;\s*error=[a-z_]+/)
    },
  },
  {
    id: 'error-type',
    title: 'An error says what it is made of: Content-Type, a length, and nothing that a browser would run',
    source: 'F144, RFC 9110 8.3',
    async run(ctx) {
      ctx.origin.answer = ({ connection }) => connection.end('garbage\r\n\r\n')
      for (const accept of ['text/html', 'application/json', '*/*']) {
        const answer = await ctx.ask(get('/<script>alert(1)</script>', `Accept: ${accept}`))
        assert.ok(answer.value('content-type') !== undefined || answer.length === 0, 'no Content-Type')
        assert.doesNotMatch(answer.body, /<script>alert/)
      }
    },
  },
  {
    id: 'error-keeps-connection',
    title: 'An error of the origin leaves the connection of the client usable',
    source: 'F146, RFC 9112 9.3',
    async run(ctx) {
      ctx.origin.answer = ({ connection }) => connection.reset()
      const client = await ctx.connect()
      assert.ok((await client.ask(get('/1'))).status >= 500)
      assert.ok((await client.ask(get('/2'))).status >= 500)
    },
  },
  {
    id: 'error-secrets',
    title: 'No error answer repeats Authorization, Cookie or Proxy-Authorization',
    source: 'F144, CVE-2025-62168',
    async run(ctx) {
      ctx.origin.answer = ({ connection }) => connection.reset()
      const secrets = ['Authorization: Bearer topsecret', 'Cookie: s=topsecret', 'Proxy-Authorization: Basic topsecret']
      const answer = await ctx.ask(get('/', ...secrets))
      assert.ok(answer.status >= 400)
      assert.doesNotMatch(answer.head + answer.body, /topsecret/)
      const malformed = await ctx.ask(get('/', ...secrets, 'X A: b'))
      assert.doesNotMatch(malformed.head + malformed.body, /topsecret/)
    },
  },
  {
    id: 'error-malformed-answered',
    title: 'A malformed request gets its 400 as a whole HTTP answer with a length',
    source: 'A31, RFC 9112 2.2',
    async run(ctx) {
      const client = await ctx.connect()
      const answer = await client.ask(get('/', 'X A: b'))
      assert.equal(answer.status, 400)
      assert.ok(answer.complete)
      assert.equal(await client.closed(), 'clean')
    },
  },
]
