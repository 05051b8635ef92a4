import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import type { Context } from '../harness/context.ts'
import { refuses, refusesOr, sawNothing } from '../harness/expect.ts'
import { get, type Origin, ok } from '../harness/origin.ts'

/** Host, absolute-form, host rules. */
export const authority: readonly Case[] = [
  {
    id: 'host-missing',
    title: 'HTTP/1.1 without Host is refused',
    source: 'A43, RFC 9112 3.2',
    run: (ctx) => refuses(ctx, 'no Host', 'GET / HTTP/1.1\r\nX-A: b\r\n\r\n'),
  },
  {
    id: 'host-twice',
    title: 'Two Host fields are refused, equal ones too',
    source: 'A44, RFC 9112 3.2',
    async run(ctx) {
      const how = { mayGoOn: true }
      await refuses(ctx, 'different', 'GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n', how)
      await refuses(ctx, 'equal', 'GET / HTTP/1.1\r\nHost: a.test\r\nhost: a.test\r\n\r\n', how)
    },
  },
  {
    id: 'host-syntax',
    title: 'A Host that is not host and port is refused',
    source: 'A45, RFC 9112 3.2',
    async run(ctx) {
      for (const host of [
        'a.test, b.test',
        'user@a.test',
        'a.test/b',
        'a.test:99999',
        'a b',
        '[::1',
        'a#b',
        'a?b',
        'a\\b',
        'a.test:8x',
      ]) {
        await refuses(ctx, `Host: ${host}`, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`, { mayGoOn: true })
      }
    },
  },
  {
    id: 'host-empty',
    title: 'An empty Host is refused: an http URI has one',
    source: 'A45, RFC 9110 4.2.1',
    run: (ctx) => refuses(ctx, 'empty', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', { mayGoOn: true }),
  },
  {
    id: 'absolute-form',
    title: 'An absolute-form target is accepted: its host wins over the Host field, and only its path goes upstream',
    source: 'A46, RFC 9112 3.2.2',
    async run(ctx) {
      const answer = await ctx.ask('GET http://a.test/path?q HTTP/1.1\r\nHost: evil.test\r\n\r\n')
      assert.equal(answer.status, 200, `answered ${answer.startLine}`)
      const { message } = await ctx.origin.request()
      assert.equal(message.target, '/path?q')
      assert.doesNotMatch(message.value('host') ?? '', /evil/)
    },
  },
  {
    id: 'absolute-form-ssrf',
    title: 'An absolute-form target never chooses where the proxy connects to',
    source: 'A46, complaint 23, fastify/fast-proxy#44',
    async run(ctx) {
      const other = await ctx.anotherOrigin()
      await ctx.ask(`GET ${other.url}/x HTTP/1.1\r\nHost: ${other.authority}\r\n\r\n`)
      await ctx.ask(`GET http://a.test@${other.authority}/x HTTP/1.1\r\nHost: a.test\r\n\r\n`)
      assert.equal(other.connections.length, 0, 'the proxy connected to the host of the target')
    },
  },
  {
    id: 'target-scheme',
    title: 'A target with another scheme, or none but with a colon, is refused',
    source: 'A47, RFC 9112 3.2',
    async run(ctx) {
      for (const target of [
        'ftp://a.test/',
        'evil:80',
        'javascript:alert(1)',
        'file:///etc/passwd',
        'a.test/x',
        'http:/x',
      ]) {
        await refuses(ctx, target, get(target), { statuses: [400, 404, 421], mayGoOn: true })
      }
    },
  },
  {
    id: 'host-rule-equivalents',
    title: 'A host rule matches the same name in upper case, with a port, with the dot of the root',
    source: 'A48, RFC 9110 4.2.3',
    async run(ctx) {
      await startWithRules(ctx)
      for (const host of ['a.test', 'A.TEST', 'a.test:80', 'a.test.']) {
        const answer = await ctx.ask(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
        assert.equal(answer.body, 'a', `Host: ${host} answered ${answer.startLine}`)
      }
    },
  },
  {
    id: 'host-rule-whole-name',
    title: 'A host rule does not match a name that only contains it',
    source: 'A50, complaint 22, CVE-2026-55602',
    async run(ctx) {
      const { a, b } = await startWithRules(ctx)
      for (const host of ['evil-a.test', 'a.test.evil', 'xa.test', 'a-test', 'a.test:80.evil', 'evil/a.test']) {
        const answer = await ctx.ask(`GET /a.test HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
        assert.notEqual(answer.body, 'a', `Host: ${host} was served by the rule for a.test`)
      }
      sawNothing(a, 'names that contain a.test')
      sawNothing(b, 'names that contain a.test')
    },
  },
  {
    id: 'host-rules-apart',
    title: 'Two host rules lead to two origins',
    source: 'A49, complaint 22, fastify/fastify-http-proxy#181',
    async run(ctx) {
      await startWithRules(ctx)
      assert.equal((await ctx.ask('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')).body, 'a')
      assert.equal((await ctx.ask('GET / HTTP/1.1\r\nHost: b.test\r\n\r\n')).body, 'b')
    },
  },
  {
    id: 'chosen-upstream',
    title: 'An upstream chosen for each request by a function is taken, and not kept for the next request',
    source: 'complaint 21, fastify/fastify-http-proxy#199',
    async run(ctx) {
      await startChosen(ctx)
      const client = await ctx.connect()
      for (const name of ['a', 'b', 'a', 'a', 'b']) {
        assert.equal((await client.ask(`GET /same HTTP/1.1\r\nHost: ${name}.test\r\n\r\n`)).body, name)
      }
    },
  },
  {
    id: 'chosen-upstreams-never-cross',
    title: 'Two upstreams under one path never cross in 200 interleaved requests',
    source: 'complaint 12, GHSA-v574-6498-x57v',
    async run(ctx) {
      await startChosen(ctx)
      const clients = await Promise.all(Array.from({ length: 10 }, () => ctx.connect()))
      for (let round = 0; round < 20; round++) {
        const names = clients.map((_, i) => ((round + i) % 2 === 0 ? 'a' : 'b'))
        const answers = await Promise.all(
          clients.map((client, i) => client.ask(`GET /same?q HTTP/1.1\r\nHost: ${names[i]}.test\r\n\r\n`)),
        )
        assert.deepEqual(
          answers.map(({ body }) => body),
          names,
        )
      }
    },
  },
  {
    id: 'host-http10',
    title: 'HTTP/1.0 without Host is served or refused, and the origin is sent a valid request',
    source: 'A43, RFC 9112 3.2',
    run: (ctx) =>
      refusesOr(ctx, 'HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', (_answer, requests) => {
        const message = requests[0]?.message
        const needsHost = message?.startLine.endsWith('HTTP/1.1')
        assert.ok(needsHost !== true || message?.value('host') !== undefined, 'HTTP/1.1 without Host upstream')
      }),
  },
]

async function startWithRules(ctx: Context): Promise<{ a: Origin; b: Origin }> {
  const b = await ctx.anotherOrigin()
  ctx.origin.answer = ok('a')
  b.answer = ok('b')
  await ctx.start({ hostRules: { 'a.test': ctx.origin.url, 'b.test': b.url } })
  return { a: ctx.origin, b }
}

async function startChosen(ctx: Context): Promise<void> {
  const b = await ctx.anotherOrigin()
  ctx.origin.answer = ok('a')
  b.answer = ok('b')
  await ctx.start({ chosenByHost: { 'a.test': ctx.origin.url, 'b.test': b.url } })
}
