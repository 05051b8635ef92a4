import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { get, ok } from '../harness/origin.ts'

/** Answers that have no body, whatever the origin sends. */
export const bodiless: readonly Case[] = [
  {
    id: 'bodiless-with-body',
    title: 'A body behind 204 or 304 is dropped, and the next answer is the next answer',
    source: 'F154, RFC 9112 6.3',
    async run(ctx) {
      const client = await ctx.connect()
      for (const [status, fields] of [
        ['204 No Content', ''],
        ['304 Not Modified', 'ETag: "a"\r\n'],
        ['204 No Content', 'Content-Length: 4\r\n'],
        ['204 No Content', 'Transfer-Encoding: chunked\r\n'],
      ]) {
        ctx.origin.answer = `HTTP/1.1 ${status}\r\n${fields}\r\nevil`
        const answer = await client.ask(get('/none'))
        assert.ok([Number(status?.slice(0, 3)), 502].includes(answer.status), `${status}: answered ${answer.startLine}`)
        ctx.origin.answer = ok('next')
        const next = await client.ask(get('/next'))
        assert.ok(next.body === 'next' || next.status === 502, `${status}: then ${next.startLine} ${next.body}`)
      }
    },
  },
  {
    id: 'no-content-fields',
    title: '204 reaches the client with neither Content-Length nor Transfer-Encoding',
    source: 'F154, complaint 37, RFC 9110 8.6',
    async run(ctx) {
      ctx.origin.answer = 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n'
      const answer = await ctx.ask(get('/'))
      assert.equal(answer.status, 204)
      assert.equal(answer.value('content-length'), undefined, 'a server MUST NOT send it with 204')
      assert.equal(answer.value('transfer-encoding'), undefined)
    },
  },
  {
    id: 'not-modified-length',
    title: '304 with a Content-Length passes',
    source: 'F154, RFC 9110 8.6',
    async run(ctx) {
      ctx.origin.answer = 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 1234\r\n\r\n'
      const client = await ctx.connect()
      const answer = await client.ask(get('/'))
      assert.equal(answer.status, 304)
      assert.equal(answer.value('etag'), '"a"')
      assert.equal(answer.value('transfer-encoding'), undefined)
      ctx.origin.answer = ok('next')
      assert.equal((await client.ask(get('/'))).body, 'next')
    },
  },
  {
    id: 'reset-content',
    title: '205 reaches the client without a body',
    source: 'F154, complaint 37, RFC 9110 15.3.6',
    async run(ctx) {
      ctx.origin.answer = 'HTTP/1.1 205 Reset Content\r\nContent-Length: 4\r\n\r\nbody'
      const client = await ctx.connect()
      const answer = await client.ask(get('/'))
      assert.equal(answer.status, 205)
      assert.equal(answer.body, '', 'a server MUST NOT generate content in a 205')
      ctx.origin.answer = ok('next')
      assert.equal((await client.ask(get('/'))).body, 'next')
    },
  },
  {
    id: 'head-length',
    title: 'HEAD keeps the Content-Length of the origin, has no body, and leaves the connection usable',
    source: 'F154, RFC 9110 9.3.2',
    async run(ctx) {
      const client = await ctx.connect()
      ctx.origin.answer = 'HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n'
      const answer = await client.ask('HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n')
      assert.equal(answer.value('content-length'), '1234')
      ctx.origin.answer = ok('next')
      assert.equal((await client.ask(get('/'))).body, 'next')
    },
  },
  {
    id: 'head-with-body',
    title: 'A body behind an answer to HEAD is dropped',
    source: 'F154, RFC 9112 6.3',
    async run(ctx) {
      const client = await ctx.connect()
      ctx.origin.answer = ok('evil')
      const answer = await client.ask('HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n')
      assert.ok([200, 502].includes(answer.status))
      ctx.origin.answer = ok('next')
      const next = await client.ask(get('/'))
      assert.ok(next.body === 'next' || next.status === 502, `then ${next.startLine} ${next.body}`)
    },
  },
  {
    id: 'empty-answer',
    title: 'An answer of length 0 stays one',
    source: 'F154, RFC 9112 6.3',
    async run(ctx) {
      ctx.origin.answer = ok('')
      const answer = await ctx.ask(get('/'))
      assert.equal(answer.body, '')
      assert.ok(answer.complete)
    },
  },
]
