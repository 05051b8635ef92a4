import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTags } from '../../src/cache/tags.ts'

test('tags are read from Surrogate-Key, xkey and Cache-Tag, each once', () => {
  const fields = ['surrogate-key', 'a  b\tc', 'Cache-Tag', 'b, d e ,,f', 'XKEY', 'g a', 'Surrogate-Key', 'h']

  assert.deepEqual(readTags(fields), ['a', 'b', 'c', 'd e', 'f', 'g', 'h'])
})

test('a response without tags has one frozen empty list', () => {
  assert.deepEqual(readTags(['ETag', '"a"', 'Cache-Tag', ' , ']), [])
  assert.equal(readTags([]), readTags(['xkey', '']))
  assert.ok(Object.isFrozen(readTags([])))
})

test('no more than 128 tags are kept, and none of more than 256 bytes', () => {
  const many = Array.from({ length: 200 }, (_, i) => `t${i}`).join(' ')

  assert.equal(readTags(['Surrogate-Key', many, 'Cache-Tag', 'x']).length, 128)
  assert.deepEqual(readTags(['Cache-Tag', `${'a'.repeat(257)},${'b'.repeat(256)}`]), ['b'.repeat(256)])
})
