import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { is502 } from '../harness/expect-502.ts'
import { get } from '../harness/origin.ts'

/** Status lines of origins. */
export const upstreamStatus: readonly Case[] = [
  {
    id: 'answer-garbage',
    title: 'Garbage, half a head, another protocol or a bad version instead of an answer is 502',
    source: 'F147, RFC 9110 15.6.3',
    async run(ctx) {
      for (const bytes of [
        'garbage\r\n\r\n',
        'HTTP/1.1 200 OK\r\nX-A: b',
        'SSH-2.0-OpenSSH_9.2\r\n',
        '\x16\x03\x01\x00\x05hello',
        'HTTP/9.9 200 OK\r\n\r\n',
        'ICY 200 OK\r\n\r\n',
      ]) {
        await is502(ctx, JSON.stringify(bytes), bytes)
      }
    },
  },
  {
    id: 'answer-http2-line',
    title: 'An answer that says HTTP/2.0 on an HTTP/1 connection is 502',
    source: 'F147, A35, RFC 9112 2.3',
    run: (ctx) => is502(ctx, 'HTTP/2.0', 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'),
  },
  {
    id: 'answer-status',
    title: 'A status that is not three digits from 100 is 502',
    source: 'F147, RFC 9112 4',
    async run(ctx) {
      for (const status of ['99', '099', '20', '2000', 'abc', '-200', '']) {
        await is502(ctx, `status '${status}'`, `HTTP/1.1 ${status} OK\r\nContent-Length: 0\r\n\r\n`)
      }
    },
  },
  {
    id: 'answer-status-odd',
    title: 'A status from 600 to 999 is passed on or 502, and does no harm',
    source: 'F147, RFC 9110 15',
    async run(ctx) {
      for (const status of [600, 799, 999]) {
        ctx.origin.answer = `HTTP/1.1 ${status} Odd\r\nContent-Length: 2\r\n\r\nok`
        const answer = await ctx.ask(get('/'))
        assert.ok([status, 502].includes(answer.status), `answered ${answer.startLine}`)
      }
    },
  },
  {
    id: 'answer-status-passed',
    title: 'Unusual statuses and their reason phrases are passed on as they are',
    source: 'complaint 37, RFC 9110 15',
    async run(ctx) {
      for (const line of ['299 Almost', '418 I am a Teapot', '451 Because', '599 Odd', '404 Nichts da']) {
        ctx.origin.answer = `HTTP/1.1 ${line}\r\nContent-Length: 2\r\n\r\nok`
        const answer = await ctx.ask(get('/'))
        assert.equal(`${answer.status} ${answer.reason}`, line)
      }
    },
  },
]
