import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storedFields } from '../../src/cache/stored-fields.ts'

test('case, order and duplicates of end-to-end fields are kept, text or bytes', () => {
  const raw = [
    'ETag',
    '"a\u00fc"',
    Buffer.from('x-B'),
    Buffer.from('1\xe9', 'latin1'),
    'Set-Cookie',
    'a',
    'set-cookie',
    'b',
  ]

  assert.deepEqual(storedFields(raw), ['ETag', '"a\u00fc"', 'x-B', '1\u00e9', 'Set-Cookie', 'a', 'set-cookie', 'b'])
})

const notStored = [
  'Connection',
  'Keep-Alive',
  'Proxy-Authenticate',
  'Proxy-Authentication-Info',
  'Proxy-Authorization',
  'Proxy-Connection',
  'TE',
  'Trailer',
  'Transfer-Encoding',
  'Upgrade',
  'Age',
]
for (const name of notStored) {
  test(`${name} is not stored (RFC 9111 3.1)`, () => {
    assert.deepEqual(storedFields([name, '1', 'a', '2', name.toLowerCase(), '3']), ['a', '2'])
  })
}

test('what Connection nominates is not stored, wherever it stands', () => {
  const raw = ['A', '1', 'Connection', 'a, close', 'B', '2', 'c', '3', 'connection', 'B', 'a', '4']

  assert.deepEqual(storedFields(raw), ['c', '3'])
})

test('Connection cannot take away what decides how long and for whom a response is stored', () => {
  const fields = ['Cache-Control', 'private', 'Vary', 'Cookie', 'Set-Cookie', 'a=b']

  assert.deepEqual(storedFields([...fields, 'Connection', 'cache-control, vary, set-cookie']), fields)
})

test('Content-Length is kept', () => {
  assert.deepEqual(storedFields(['Content-Length', '5', ':status', '200', '', 'x']), ['Content-Length', '5'])
})
