import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import { refuses, refusesOr, serves } from '../harness/expect.ts'
import { get, ok } from '../harness/origin.ts'

/** Start lines, field lines, limits. */
export const linesAndFields: readonly Case[] = [
  {
    id: 'bare-lf',
    title: 'Lines that end with a bare LF are refused, or go upstream with CRLF',
    source: 'A28, RFC 9112 2.2',
    run: (ctx) =>
      refusesOr(ctx, 'bare LF', 'GET / HTTP/1.1\nHost: a.test\nX-A: b\n\n', (_answer, requests) => {
        assert.doesNotMatch(requests[0]?.message.head ?? '', /[^\r]\n/)
      }),
  },
  {
    id: 'cr-nul-in-value',
    title: 'CR or NUL in a field value is refused or replaced by a space',
    source: 'A29, RFC 9110 5.5',
    async run(ctx) {
      for (const value of ['a\rb', 'a\rX-Evil: 1', 'a\0b']) {
        await refusesOr(ctx, JSON.stringify(value), get('/', `X-A: ${value}`), (_answer, requests) => {
          assert.doesNotMatch(requests[0]?.message.head ?? '', /\0|\r[^\n]/)
        })
      }
    },
  },
  {
    id: 'obs-text',
    title: 'Bytes 0x80 to 0xff in a field value arrive as they were sent, both ways',
    source: 'A30, RFC 9110 5.5',
    async run(ctx) {
      const value = Array.from({ length: 128 }, (_, i) => String.fromCharCode(128 + i)).join('')
      ctx.origin.answer = ok('ok', `X-Back: ${value}`)
      const answer = await ctx.ask(get('/', `X-Bytes: ${value}`))
      assert.equal(answer.status, 200)
      assert.equal(ctx.origin.requests[0]?.message.value('x-bytes'), value, 'the request field')
      assert.equal(answer.value('x-back'), value, 'the response field')
    },
  },
  {
    id: 'field-name-syntax',
    title: 'A field name that is not a token is refused, a space before the colon above all',
    source: 'A31, RFC 9112 5.1, CVE-2023-25725',
    async run(ctx) {
      for (const line of [
        'X-A : b',
        'X A: b',
        'X\x85A: b',
        ': b',
        'X-A',
        'X(A): b',
        'Content-Length : 5',
        'X-A\t: b',
      ]) {
        await refuses(ctx, JSON.stringify(line), get('/', line))
      }
    },
  },
  {
    id: 'space-before-first-field',
    title: 'A space before the first field line is refused, or the line is not sent on',
    source: 'A32, RFC 9112 2.2',
    run: (ctx) =>
      refusesOr(ctx, 'leading space', 'GET / HTTP/1.1\r\n X-A: b\r\nHost: a.test\r\n\r\n', (_answer, requests) => {
        assert.equal(requests[0]?.message.value('x-a'), undefined)
      }),
  },
  {
    id: 'crlf-cr-x',
    title: 'CRLF CR and a letter do not end the head',
    source: 'A33, CVE-2025-23167',
    run: (ctx) =>
      refuses(ctx, 'CRLF CR X', 'GET / HTTP/1.1\r\nHost: a.test\r\n\rXGET /evil HTTP/1.1\r\nHost: a.test\r\n\r\n'),
  },
  {
    id: 'fields-too-large',
    title: 'Fields of more than 16 KiB are refused with 431',
    source: 'A38, RFC 6585 5',
    async run(ctx) {
      await refuses(ctx, 'one of 20 KiB', get('/', `X-A: ${'a'.repeat(20_480)}`), { statuses: [431, 400] })
      const many = Array.from({ length: 40 }, (_, i) => `X-${i}: ${'a'.repeat(512)}`)
      await refuses(ctx, '40 of 512 B', get('/', ...many), { statuses: [431, 400] })
    },
  },
  {
    id: 'fields-too-many',
    title: 'More field lines than origins take (here 200) are refused with 431',
    source: 'A39, RFC 6585 5',
    async run(ctx) {
      const many = Array.from({ length: 200 }, (_, i) => `X-${i}: a`)
      await refuses(ctx, '200 fields', get('/', ...many), { statuses: [431, 400], mayGoOn: true })
    },
  },
  {
    id: 'prototype-names',
    title: 'Fields named `__proto__` and `constructor` do no harm to this request or the next',
    source: 'A41',
    async run(ctx) {
      for (const line of ['__proto__: x', 'constructor: x', 'hasOwnProperty: x', 'toString: x']) {
        const answer = await ctx.ask(get('/', line))
        assert.ok([200, 400].includes(answer.status), `${line}: answered ${answer.startLine}`)
        await serves(ctx, `after ${line}`, get('/'))
      }
    },
  },
  {
    id: 'integer-names',
    title: '2,000 fields with numbers as names are answered within half a second',
    source: 'A42, CVE-2026-21717',
    async run(ctx) {
      const names = Array.from({ length: 2000 }, (_, i) => `${i * 7919}: a`)
      const client = await ctx.connect()
      const began = performance.now()
      await client.ask(get('/', ...names))
      assert.ok(performance.now() - began < 500, `took ${Math.round(performance.now() - began)} ms`)
    },
  },
]
