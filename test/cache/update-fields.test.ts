import assert from 'node:assert/strict'
import { test } from 'node:test'
import { updateFields } from '../../src/cache/update-fields.ts'

test('a fresh field takes the place of every stored line of its name, in any case', () => {
  const stored = ['Date', '1', 'Link', 'a', 'X', 'x', 'link', 'b']

  assert.deepEqual(updateFields(stored, ['LINK', 'c', 'date', '2', 'Link', 'd']), [
    'date',
    '2',
    'LINK',
    'c',
    'Link',
    'd',
    'X',
    'x',
  ])
})

test('what the fresh fields leave out stays, and what is new comes last', () => {
  assert.deepEqual(updateFields(['Test-Header', 'a'], []), ['Test-Header', 'a'])
  assert.deepEqual(updateFields(['A', '1'], ['B', '2', 'C', '3', 'b', '4']), ['A', '1', 'B', '2', 'b', '4', 'C', '3'])
})

const updated = [
  'Test-Header',
  'Content-Foo',
  'X-Content-Foo',
  'Cache-Control',
  'Content-Location',
  'Content-Security-Policy',
  'Content-Type',
  'Clear-Site-Data',
  'Expires',
  'Public-Key-Pins',
  'Set-Cookie',
  'Set-Cookie2',
  'X-Frame-Options',
  'X-XSS-Protection',
]
for (const name of updated) {
  test(`${name} is updated by a 304 (RFC 9111 3.2)`, () => {
    assert.deepEqual(updateFields([name, 'a'], [name.toUpperCase(), 'b']), [name.toUpperCase(), 'b'])
  })
}

for (const name of ['Content-Encoding', 'Content-Length', 'Content-MD5', 'Content-Digest', 'Content-Range', 'ETag']) {
  test(`${name} says how the stored content is to be read, so a 304 does not change it`, () => {
    assert.deepEqual(updateFields([name, 'a', 'X', '1'], [name.toLowerCase(), 'b']), [name, 'a', 'X', '1'])
    assert.deepEqual(updateFields(['X', '1'], [name, 'b']), ['X', '1'])
  })
}

test('neither list is changed', () => {
  const stored = Object.freeze(['A', '1'])

  assert.deepEqual(updateFields(stored, Object.freeze(['A', '2'])), ['A', '2'])
  assert.deepEqual(stored, ['A', '1'])
})
