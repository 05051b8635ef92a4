import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import type { Context } from '../harness/context.ts'
import { is502 } from '../harness/expect-502.ts'
import { get, ok, post } from '../harness/origin.ts'
import { quiet, until } from '../harness/patience.ts'

/** 502, or the client gets a broken answer: what was sent cannot be called back. */
async function isBroken(ctx: Context, about: string, bytes: string): Promise<void> {
  ctx.origin.answer = ({ connection }) => connection.end(bytes)
  const client = await ctx.connect()
  client.send(get('/'))
  const answer = await client.responseOrClose().catch((error: Error) => assert.fail(`${about}: ${error.message}`))
  const isOpen = answer?.complete === true && answer.status < 500
  assert.ok(!isOpen, `${about}: the client was told that the answer is whole`)
  client.leave()
}

const head = 'HTTP/1.1 200 OK\r\n'

/** What an origin may say and what it may not. */
export const upstreamAnswers: readonly Case[] = [
  {
    id: 'answer-too-short',
    title: 'A body shorter than its Content-Length breaks the connection of the client',
    source: 'F148, complaint 3, RFC 9112 8',
    run: (ctx) => isBroken(ctx, 'Content-Length', `${head}Content-Length: 10\r\n\r\nhello`),
  },
  {
    id: 'answer-chunks-cut',
    title: 'A chunked body without its last chunk breaks the connection of the client',
    source: 'F149, complaint 3, RFC 9112 8',
    async run(ctx) {
      const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`
      for (const body of [
        '5\r\nhello\r\n',
        '5\r\nhel',
        '5\r\nhello\r\n0\r\n',
        '5\r\nhello\r\nzz\r\n',
        '5\r\nhelloxx\r\n0\r\n\r\n',
      ]) {
        await isBroken(ctx, JSON.stringify(body), `${chunked}${body}`)
      }
    },
  },
  {
    id: 'answer-until-close',
    title: 'A body that ends with the connection arrives whole',
    source: 'F148, RFC 9112 6.3',
    async run(ctx) {
      ctx.origin.answer = ({ connection }) => connection.end(`${head}\r\nhello`)
      const answer = await ctx.ask(get('/', 'Connection: close'))
      assert.equal(answer.body, 'hello')
      assert.ok(answer.complete)
      ctx.origin.answer = ({ connection }) => connection.end('HTTP/1.0 200 OK\r\n\r\nhello')
      assert.equal((await ctx.ask(get('/', 'Connection: close'))).body, 'hello')
    },
  },
  {
    id: 'answer-too-long',
    title: 'Bytes after the body, a second answer above all, never reach another client',
    source: 'F150, complaint 47, CVE-2026-48931',
    async run(ctx) {
      const evil = ok('evil')
      for (const first of [
        `${ok('ok')}${evil}`,
        `${head}Content-Length: 2\r\n\r\nok!!!!`,
        `${head}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n${evil}`,
      ]) {
        ctx.origin.answer = first
        assert.equal((await ctx.ask(get('/first'))).body, 'ok')
        ctx.origin.answer = ok('second')
        const answer = await ctx.ask(get('/second'))
        assert.ok(answer.body === 'second' || answer.status === 502, `the next client was sent ${answer.body}`)
      }
    },
  },
  {
    id: 'answer-before-request',
    title: 'An answer on an idle connection is never the answer to the next request',
    source: 'F151, complaint 47, GHSA-35p6-xmwp-9g52',
    async run(ctx) {
      await ctx.ask(get('/first'))
      for (const connection of ctx.origin.connections) connection.write(ok('evil'))
      await quiet(50)
      ctx.origin.answer = ok('second')
      const answer = await ctx.ask(get('/second'))
      assert.equal(answer.body, 'second')
    },
  },
  {
    id: 'answer-two-framings',
    title: 'An answer with two framings that differ is 502, or chunked wins',
    source: 'F152, RFC 9112 6.3',
    async run(ctx) {
      await is502(ctx, 'two lengths', `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc`)
      ctx.origin.answer = ({ connection }) =>
        connection.end(`${head}Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`)
      const answer = await ctx.ask(get('/'))
      const isSafe =
        answer.status === 502 || (answer.body === 'ok' && answer.complete && answer.value('content-length') !== '9')
      assert.ok(isSafe, `answered ${answer.head}`)
    },
  },
  {
    id: 'answer-fields-malformed',
    title: 'NUL or CR in a field of the answer, or a name that is no token, is 502',
    source: 'F152, RFC 9110 5.5',
    async run(ctx) {
      for (const line of ['X-A: b\0c', 'X-A: b\rc', 'X A: b', ': b']) {
        await is502(ctx, JSON.stringify(line), `${head}${line}\r\nContent-Length: 2\r\n\r\nok`)
      }
    },
  },
  {
    id: 'answer-transfer-coding',
    title: 'A transfer coding that nobody here can decode is 502: gzip is never lost in silence',
    source: 'F152, A10, RFC 9112 6.1',
    run: (ctx) => isBroken(ctx, 'gzip, chunked', `${head}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`),
  },
  {
    id: 'answer-lenient-lines',
    title: 'Bare LF and folded fields in the answer are 502, or clean for the client',
    source: 'F152, RFC 9112 5.2',
    async run(ctx) {
      for (const bytes of [
        'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
        `${head}X-A: b\r\n c\r\nContent-Length: 2\r\n\r\nok`,
      ]) {
        ctx.origin.answer = ({ connection }) => connection.end(bytes)
        const answer = await ctx.ask(get('/'))
        assert.ok([200, 502, 503].includes(answer.status), `answered ${answer.startLine}`)
        assert.doesNotMatch(answer.head, /[^\r]\n|\n[ \t]/)
      }
    },
  },
  {
    id: 'answer-fields-too-large',
    title: 'An answer with fields of 64 KiB, or 3,000 of them, is 502',
    source: 'F153, RFC 9110 5.4',
    async run(ctx) {
      await is502(ctx, '64 KiB', `${head}X-A: ${'a'.repeat(65_536)}\r\nContent-Length: 2\r\n\r\nok`)
      const many = Array.from({ length: 3000 }, (_, i) => `X-${i}: a\r\n`).join('')
      await is502(ctx, '3,000 fields', `${head}${many}Content-Length: 2\r\n\r\nok`)
    },
  },
  {
    id: 'answer-early',
    title: 'A final answer in the middle of an upload is passed on, and the upload ends',
    source: 'F157, RFC 9112 9.3',
    async run(ctx) {
      ctx.origin.answer = ({ connection }) => {
        connection.write('HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig')
        connection.socket.end()
      }
      const client = await ctx.connect()
      client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10000000\r\n\r\nhello')
      const answer = await client.response()
      assert.equal(answer.status, 413)
      assert.equal(answer.body, 'big')
      const { connection } = await ctx.origin.request()
      await until(() => connection.ended, 'the end of the upload', 1000)
    },
  },
  {
    id: 'answer-stalls',
    title: 'An answer that stalls half-way breaks the connection of the client after the timeout, and nothing crashes',
    source: 'F156, complaint 3, fastify/fastify-reply-from#328',
    async run(ctx) {
      await ctx.start({ timeouts: { betweenBytes: 400 } })
      ctx.origin.answer = `${head}Content-Length: 10\r\n\r\nhello`
      const client = await ctx.connect()
      client.send(get('/'))
      const answer = await client.responseOrClose(3000)
      assert.ok(answer === undefined || !answer.complete)
      ctx.origin.answer = ok('ok')
      assert.equal((await ctx.ask(get('/'))).status, 200)
    },
  },
  {
    id: 'answer-encodings',
    title: 'Fifty Content-Encodings, and a body that is no gzip, pass untouched',
    source: 'F164, complaint 39, CVE-2026-22036',
    async run(ctx) {
      const codings = Array.from({ length: 50 }, () => 'gzip').join(', ')
      for (const coding of [codings, 'gzip', 'br', 'zstd']) {
        ctx.origin.answer = ok('\x1f\x8b not gzip \xff', `Content-Encoding: ${coding}`)
        const answer = await ctx.ask(get('/'))
        assert.equal(answer.value('content-encoding'), coding)
        assert.equal(answer.body, '\x1f\x8b not gzip \xff')
      }
    },
  },
  {
    id: 'post-after-broken',
    title: 'After every kind of broken answer the next request is served',
    source: 'F147, F152, complaint 32',
    async run(ctx) {
      for (const bytes of [
        'garbage',
        '',
        `${head}Content-Length: x\r\n\r\n`,
        `${head}Transfer-Encoding: chunked\r\n\r\nxx`,
      ]) {
        ctx.origin.answer = ({ connection }) => connection.end(bytes)
        const client = await ctx.connect()
        client.send(post('/', 'hello'))
        await client.responseOrClose()
        ctx.origin.answer = ok('ok')
        assert.equal((await ctx.ask(post('/', 'hello'))).status, 200)
      }
    },
  },
]
