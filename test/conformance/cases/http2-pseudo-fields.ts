import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { malformed } from '../harness/expect-h2.ts'
import { getFields, type RawHttp2 } from '../harness/raw-http2.ts'

type Fields = Parameters<RawHttp2['headers']>[1]

/** Pseudo-fields over HTTP/2. */
export const http2PseudoFields: readonly Case[] = [
  {
    id: 'h2-host-authority',
    title: 'A host field that differs from :authority is refused, or never reaches the origin',
    source: 'B81, RFC 9113 8.3.1',
    async run(ctx) {
      const client = await ctx.http2()
      client.headers(1, getFields('/', ['host', 'evil.test']))
      await client.stream(1)
      assert.doesNotMatch(ctx.origin.received, /evil\.test/)
    },
  },
  {
    id: 'h2-authority-syntax',
    title: 'An :authority with userinfo, a list, a path or a bad port is refused',
    source: 'B81, A45, RFC 9113 8.3.1',
    async run(ctx) {
      for (const authority of ['u@a.test', 'a.test, b.test', 'a.test/x', 'a.test:99999', 'a b', '']) {
        const fields: Fields = [
          [':method', 'GET'],
          [':scheme', 'http'],
          [':path', '/'],
          [':authority', authority],
        ]
        await malformed(ctx, `:authority ${authority}`, fields)
      }
    },
  },
  {
    id: 'h2-pseudo-fields',
    title: 'Pseudo-fields twice, missing, late or unknown are malformed',
    source: 'B82, RFC 9113 8.3',
    async run(ctx) {
      const [method, scheme, path, authority] = getFields('/') as [Fields[0], Fields[0], Fields[0], Fields[0]]
      const wrong: Record<string, Fields> = {
        'two methods': [method, method, scheme, path, authority],
        'two paths': [method, scheme, path, path, authority],
        'no method': [scheme, path, authority],
        'no path': [method, scheme, authority],
        'no scheme': [method, path, authority],
        late: [method, scheme, path, ['x-a', 'b'], authority],
        unknown: [method, scheme, path, authority, [':evil', '1']],
        'a response': [method, scheme, path, authority, [':status', '200']],
      }
      for (const [about, fields] of Object.entries(wrong)) await malformed(ctx, about, fields)
    },
  },
  {
    id: 'h2-path-syntax',
    title: 'A :path that is empty, absolute, `*` for GET, or has a space or a fragment is refused',
    source: 'B82, RFC 9113 8.3.1',
    async run(ctx) {
      for (const path of ['', 'http://b.test/x', '*', '/a b', 'x', '/a#b', '/%zz', '/\r\n']) {
        await malformed(ctx, `:path ${JSON.stringify(path)}`, getFields(path))
      }
    },
  },
  {
    id: 'h2-method-syntax',
    title: 'A method with a space or a line end is malformed',
    source: 'B83, RFC 9113 8.3.1',
    async run(ctx) {
      for (const method of ['GE T', 'GET / HTTP/1.1\r\nHost: x', '']) {
        await malformed(ctx, method, [[':method', method], ...getFields('/').slice(1)])
      }
    },
  },
  {
    id: 'h2-method-names',
    title: 'Methods named after properties of objects are refused, and the next request is served',
    source: 'B83, CVE-2026-47219',
    async run(ctx) {
      const client = await ctx.http2()
      let stream = 1
      for (const method of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
        client.headers(stream, [[':method', method], ...getFields('/').slice(1)])
        const { status, resetCode } = await client.stream(stream)
        assert.ok(resetCode !== undefined || (status >= 400 && status !== 500), `${method}: answered ${status}`)
        stream += 2
      }
      client.headers(stream, getFields('/'))
      assert.equal((await client.stream(stream)).status, 200)
    },
  },
  {
    id: 'h2-connect',
    title: 'CONNECT, classic and extended, is refused where nobody enabled it',
    source: 'B90, RFC 9113 8.5, RFC 8441 3',
    async run(ctx) {
      const other = await ctx.anotherOrigin()
      await malformed(ctx, 'classic', [
        [':method', 'CONNECT'],
        [':authority', other.authority],
      ])
      assert.equal(other.connections.length, 0)
      const extended: Fields = [[':method', 'CONNECT'], [':protocol', 'websocket'], ...getFields('/').slice(1)]
      const client = await ctx.http2()
      await client.settled()
      const offered = client.frames.some(
        ({ type, payload }) => type === 4 && payload.includes(Buffer.from([0, 8, 0, 0, 0, 1])),
      )
      if (!offered) await malformed(ctx, 'extended', extended)
    },
  },
]
