import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { refuses, serves } from '../harness/expect.ts'
import { get, post } from '../harness/origin.ts'

/** What a target may look like, and that it arrives as it was sent. */
export const targetForms: readonly Case[] = [
  {
    id: 'encoded-twice',
    title: '`%252e%252e` passes as it is: nothing is ever decoded',
    source: 'A55, complaint 11',
    async run(ctx) {
      const request = await serves(ctx, 'double encoding', get('/a/%252e%252e/%2541?q=%252e'))
      assert.equal(request.message.target, '/a/%252e%252e/%2541?q=%252e')
    },
  },
  {
    id: 'percent-syntax',
    title: 'A percent sign without two hex digits is refused',
    source: 'A60, RFC 3986 2.1',
    async run(ctx) {
      for (const target of ['/%zz', '/a%', '/a%2']) await refuses(ctx, target, get(target), { mayGoOn: true })
    },
  },
  {
    id: 'fragment',
    title: 'A fragment in the target is refused',
    source: 'A61, RFC 9112 3.2, CVE-2023-45539',
    async run(ctx) {
      for (const target of ['/a#b', '/#', '/a?b#c']) await refuses(ctx, target, get(target), { mayGoOn: true })
    },
  },
  {
    id: 'asterisk-get',
    title: '`GET *` is refused',
    source: 'A62, RFC 9112 3.2.4',
    run: (ctx) => refuses(ctx, 'GET *', get('*'), { mayGoOn: true }),
  },
  {
    id: 'asterisk-options',
    title: '`OPTIONS *` goes upstream as `*`, or is answered here; never as a path',
    source: 'A62, RFC 9112 3.2.4',
    async run(ctx) {
      const answer = await ctx.ask('OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n')
      assert.ok(answer.status < 300, `answered ${answer.startLine}`)
      for (const { message } of ctx.origin.requests) assert.equal(message.startLine, 'OPTIONS * HTTP/1.1')
    },
  },
  {
    id: 'raw-fidelity',
    title: 'Inner `//`, `%2F`, `;`, `+`, an empty query and odd characters arrive as they were sent',
    source: 'complaint 23, complaint 37, RFC 3986 6.2.2',
    async run(ctx) {
      const targets = [
        '/a//b',
        '/a%2Fb%2fc',
        '/a;v=1/b',
        '/a+b',
        '/a?',
        '/a?b=//c',
        '/a?b=c?d',
        "/a'b(c)!*",
        '/%7Euser/~x',
        '/a%20b',
        '/a?x=[1]&y={2}|3',
      ]
      for (const target of targets) {
        const request = await serves(ctx, target, get(target))
        assert.equal(request.message.target, target)
      }
    },
  },
  {
    id: 'innocent-dots',
    title: 'Dots that are no dot segments pass',
    source: 'complaint 4, fastify/fastify-reply-from#460',
    async run(ctx) {
      for (const target of [
        '/[...slug].js',
        '/.well-known/x',
        '/a..b/c',
        '/a/...',
        '/a/..b',
        '/file.',
        '/a?next=../b',
      ]) {
        const request = await serves(ctx, target, get(target))
        assert.equal(request.message.target, target)
      }
    },
  },
  {
    id: 'upstream-base-path',
    title: 'The path of the upstream URL stands before every path, with one slash between',
    source: 'complaint 9, complaint 37, fastify/fastify-reply-from#208',
    async run(ctx) {
      await ctx.start({}, `${ctx.origin.url}/base`)
      assert.equal((await serves(ctx, 'base', get('/x?q'))).message.target, '/base/x?q')
      assert.match((await serves(ctx, 'base', get('/'))).message.target, /^\/base\/?$/)
    },
  },
  {
    id: 'content-type-bytes',
    title: 'Any Content-Type passes as it was written, and the body with it',
    source: 'complaint 11, GHSA-v2v2-hph8-q5xp, CVE-2023-51701',
    async run(ctx) {
      const body = '{ "a" :1,  "__proto__":\xff }'
      for (const type of [
        'application/json ; charset=utf-8',
        'application/json\t',
        'APPLICATION/JSON',
        'text/plain;;',
        'nonsense',
      ]) {
        const request = await serves(ctx, type, post('/', body, `Content-Type: ${type}`))
        assert.equal(request.message.value('content-type'), type.trim())
        assert.equal(request.message.body, body)
      }
    },
  },
]
