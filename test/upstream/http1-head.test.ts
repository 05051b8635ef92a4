import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import type { DispatchOptions } from '../../src/contract/layer.ts'
import { contentOf } from '../../src/upstream/http1-body.ts'
import { type RequestHead, requestHead } from '../../src/upstream/http1-head.ts'
import { createUpstream } from '../../src/upstream/origin.ts'

const upstream = createUpstream('upstream', 'http://up.test:8080/base')

function head(options: Record<string, unknown> = {}): RequestHead {
  const all = { method: 'GET', path: '/a?b', headers: ['Host', 'a.test'], ...options } as unknown as DispatchOptions
  return requestHead(upstream, all, contentOf(all.body))
}

/** Lines of the head, without the two empty ones at its end. */
const lines = (options?: Record<string, unknown>): string[] => head(options).text.split('\r\n').slice(0, -2)

test('the fields keep case, order and duplicates; what is for the connection comes last', () => {
  assert.deepEqual(lines({ headers: ['X-One', '1', 'hOST', 'a.test', 'x-one', '2', 'Empty', ''] }), [
    'GET /base/a?b HTTP/1.1',
    'X-One: 1',
    'hOST: a.test',
    'x-one: 2',
    'Empty: ',
    'connection: keep-alive',
  ])
})

test('without a Host there is one all the same, first', () => {
  assert.deepEqual(lines({ headers: ['X', 'y'] }).slice(0, 3), ['GET /base/a?b HTTP/1.1', 'host: up.test:8080', 'X: y'])
  assert.equal(lines({ headers: undefined })[1], 'host: up.test:8080')
})

test('fields come as undici takes them: objects, lists of values, pairs, maps, numbers', () => {
  const expected = ['Host: a', 'X: 1', 'X: 2', 'N: 3', 'E: ']
  const pairs = [
    ['Host', 'a'],
    ['X', '1'],
    ['X', '2'],
    ['N', '3'],
    ['E', ''],
  ]

  assert.deepEqual(lines({ headers: { Host: 'a', X: ['1', '2'], N: 3, E: null, U: undefined } }).slice(1, -1), expected)
  assert.deepEqual(lines({ headers: pairs }).slice(1, -1), expected)
  assert.deepEqual(
    lines({ headers: new Map([...pairs.slice(0, 2), ...pairs.slice(3)] as [string, string][]) }).length,
    6,
  )
  assert.deepEqual(lines({ headers: ['Host', 'a', 'X', ['1', '2'], 'N', 3, 'E', ''] }).slice(1, -1), expected)
})

test('the asterisk form goes without the path of the upstream; a query is added', () => {
  assert.equal(lines({ method: 'OPTIONS', path: '*' })[0], 'OPTIONS * HTTP/1.1')
  assert.equal(lines({ path: '/a', query: { b: 'c d', e: [1, 2] } })[0], 'GET /base/a?b=c%20d&e=1&e=2 HTTP/1.1')
})

const framings: readonly [string, Record<string, unknown>, string | undefined, number][] = [
  ['GET without content', {}, undefined, 0],
  ['DELETE with a length of 0', { method: 'DELETE', headers: ['content-length', '0'] }, undefined, 0],
  ['POST without content', { method: 'POST' }, 'content-length: 0', 0],
  ['POST of an empty text', { method: 'POST', body: '' }, 'content-length: 0', 0],
  ['POST of text', { method: 'POST', body: 'é' }, 'content-length: 2', 2],
  ['GET with bytes', { body: Buffer.from('abc') }, 'content-length: 3', 3],
  ['a stream', { body: Readable.from(['x']) }, 'transfer-encoding: chunked', -1],
  [
    'a stream of known length',
    { body: Readable.from(['x']), headers: ['Content-Length', '1'] },
    'content-length: 1',
    1,
  ],
  ['a Blob', { body: new Blob(['abcd']) }, 'content-length: 4', 4],
  ['an iterable', { body: (function* () {})() }, 'transfer-encoding: chunked', -1],
]

for (const [what, options, line, length] of framings) {
  test(`${what}: ${line ?? 'no framing'}`, () => {
    const written = head({ method: 'GET', ...options })

    const framing = written.text.split('\r\n').filter((one) => /^(content-length|transfer-encoding):/i.test(one))
    assert.deepEqual([framing, written.length], [line === undefined ? [] : [line], length])
  })
}

test('a form and a Blob say their type, unless the fields do', () => {
  const form = new FormData()
  form.append('a', 'b')

  assert.match(head({ method: 'POST', body: form }).text, /\r\ncontent-type: multipart\/form-data; boundary=[^\r]+\r\n/)
  assert.match(
    head({ method: 'POST', body: new Blob(['x'], { type: 'text/a' }) }).text,
    /\r\ncontent-type: text\/a\r\n/,
  )
  const own = head({ method: 'POST', body: new Blob(['x'], { type: 'text/a' }), headers: ['Content-Type', 'text/b'] })
  assert.equal(own.text.match(/content-type: /gi)?.length, 1)

  class Liar extends Blob {
    override get type(): string {
      return 'text/a\r\nX: y'
    }
  }
  assert.throws(() => head({ method: 'POST', body: new Liar(['x']) }), { code: 'SP_BAD_FIELD' })
})

test('Connection: close, among other options too, closes; any other option of the connection is not sent on', () => {
  for (const headers of [
    ['Connection', 'close'],
    ['connection', 'x, Close'],
  ]) {
    const { text, closes } = head({ headers })
    assert.deepEqual([closes, /\r\nconnection: close\r\n/.test(text), text.includes('x,')], [true, true, false])
  }
  assert.equal(head({ headers: ['Connection', 'closed'] }).closes, false)
  assert.equal(head({ reset: true }).closes, true)
})

const refused: readonly [string, Record<string, unknown>][] = [
  ['CRLF in a value', { headers: ['X', 'a\r\nEvil: b'] }],
  ['LF in a value', { headers: ['X', 'a\nb'] }],
  ['CR in a value', { headers: ['X', 'a\rb'] }],
  ['NUL in a value', { headers: ['X', 'a\0b'] }],
  ['a character past Latin-1 whose low byte is CR', { headers: ['X', 'a\u010db'] }],
  ['CRLF in a value of a list', { headers: { X: ['a', 'b\r\nEvil: c'] } }],
  ['an object for a value', { headers: { X: {} } }],
  ['CRLF in a name', { headers: ['X\r\nEvil', 'a'] }],
  ['a colon in a name', { headers: ['X:', 'a'] }],
  ['an empty name', { headers: ['', 'a'] }],
  ['a name without a value', { headers: ['Host', 'a', 'X'] }],
  ['two Hosts', { headers: ['Host', 'a', 'host', 'b'] }],
  ['Transfer-Encoding', { headers: ['Transfer-Encoding', 'chunked'] }],
  ['Keep-Alive', { headers: ['keep-alive', 'x'] }],
  ['Upgrade', { headers: ['Upgrade', 'x'] }],
  ['Expect', { headers: ['Expect', '100-continue'] }],
  ['two lengths', { headers: ['Content-Length', '1', 'content-length', '1'], body: 'x' }],
  ['a length that is none', { headers: ['Content-Length', '1a'], body: 'x' }],
  ['a length that is not that of the body', { headers: ['Content-Length', '2'], body: 'x' }],
  ['a space in the path', { path: '/a b' }],
  ['CRLF in the path', { path: '/a\r\nb' }],
  ['a path past Latin-1', { path: '/\u0120' }],
  ['a path without a slash', { path: 'a' }],
  ['an absolute URL for a path', { path: 'http://a/' }],
  ['GET *', { path: '*' }],
  ['a space in the method', { method: 'GET /evil' }],
  ['an empty method', { method: '' }],
  ['CONNECT', { method: 'CONNECT' }],
]

for (const [what, options] of refused) {
  test(`${what} is SP_BAD_FIELD, and no head is made`, () => {
    assert.throws(() => head(options), { code: 'SP_BAD_FIELD' })
  })
}

test('a body that is none is refused', () => {
  assert.throws(() => contentOf({}), { code: 'SP_BAD_REQUEST' })
  assert.throws(() => contentOf(5), { code: 'SP_BAD_REQUEST' })
})

test('every kind of body gives its bytes', async () => {
  const web = new Blob(['web']).stream()
  const kinds: [unknown, string][] = [
    ['text', 'text'],
    [Buffer.from('buffer'), 'buffer'],
    [new Uint8Array([97, 98]), 'ab'],
    [new DataView(new Uint8Array([97, 98, 99]).buffer, 1), 'bc'],
    [new Uint8Array([97]).buffer, 'a'],
    [new Blob(['blob']), 'blob'],
    [web, 'web'],
    [['x', Buffer.from('y')], 'xy'],
    [
      (async function* () {
        yield 'async'
      })(),
      'async',
    ],
    [Readable.from(['stream']), 'stream'],
  ]
  for (const [kind, expected] of kinds) {
    const { body } = contentOf(kind)
    const got =
      body instanceof Uint8Array ? body : Buffer.concat((await (body as Readable).toArray()).map((x) => Buffer.from(x)))
    assert.equal(Buffer.from(got).toString(), expected)
  }
})
