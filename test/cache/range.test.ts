import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  contentRange,
  parseContentRange,
  parseRange,
  type RangeSpec,
  resolveRange,
  withinPart,
} from '../../src/cache/range.ts'

const most = Number.MAX_SAFE_INTEGER

const ranges: readonly (readonly [string, RangeSpec])[] = [
  ['bytes=0-1', { first: 0, last: 1 }],
  ['Bytes=5-5', { first: 5, last: 5 }],
  ['bytes=1-', { first: 1, last: undefined }],
  ['bytes=-5', { suffix: 5 }],
  ['bytes=-0', { suffix: 0 }],
  [' bytes= 0-1 ', { first: 0, last: 1 }],
  ['bytes=0-99999999999999999999999', { first: 0, last: most }],
  ['bytes=-99999999999999999999999', { suffix: most }],
]

for (const [value, spec] of ranges) {
  test(`Range: ${value} is one range`, () => {
    assert.deepEqual(parseRange(value), spec)
  })
}

const notOne = [
  '',
  'bytes',
  'bytes=',
  'bytes=-',
  'bytes=a-b',
  'bytes=2-1',
  'bytes=0-1,3-4',
  'bytes=0-1,',
  'items=0-1',
  '0-1',
]
for (const value of [
  ...notOne,
  'bytes=0x1-2',
  'bytes=+1-2',
  'bytes=1.0-2',
  'bytes=--1',
  'bytes=0-1;x',
  'bytes =0-1',
  'bytes=0 - 1',
]) {
  test(`Range: ${value} is ignored`, () => {
    assert.equal(parseRange(value), undefined)
  })
}

test('a range is cut to the content, and one with nothing in it is not satisfiable', () => {
  assert.deepEqual(resolveRange({ first: 0, last: 1 }, 11), { first: 0, end: 2 })
  assert.deepEqual(resolveRange({ first: 5, last: most }, 11), { first: 5, end: 11 })
  assert.deepEqual(resolveRange({ first: 10, last: undefined }, 11), { first: 10, end: 11 })
  assert.deepEqual(resolveRange({ suffix: 1 }, 11), { first: 10, end: 11 })
  assert.deepEqual(resolveRange({ suffix: 20 }, 11), { first: 0, end: 11 })
  assert.equal(resolveRange({ first: 11, last: undefined }, 11), undefined)
  assert.equal(resolveRange({ suffix: 0 }, 11), undefined)
  assert.equal(resolveRange({ suffix: 5 }, 0), undefined)
  assert.equal(resolveRange({ first: 0, last: undefined }, 0), undefined)
})

test('Content-Range is read when it tells all three numbers and they fit', () => {
  assert.deepEqual(parseContentRange('bytes 4-9/10'), { first: 4, last: 9, complete: 10 })
  assert.deepEqual(parseContentRange('Bytes 0-0/1'), { first: 0, last: 0, complete: 1 })
  const wrong = ['bytes 0-4/*', 'bytes */10', 'bytes 0-10/10', 'bytes 5-4/10', 'items 0-4/10', 'bytes=0-4/10', '']
  for (const value of [...wrong, 'bytes 0-4/10, bytes 5-9/10', 'bytes 0-4/9007199254740993', 'bytes -4/10']) {
    assert.equal(parseContentRange(value), undefined, value)
  }
})

test('what is written as Content-Range is read as the same bytes', () => {
  assert.equal(contentRange(4, 10, 10), 'bytes 4-9/10')
  assert.deepEqual(parseContentRange(contentRange(0, 5, 10)), { first: 0, last: 4, complete: 10 })
})

test('a part answers a range only when it has all of its bytes', () => {
  const part = { first: 4, last: 9, complete: 20 }

  assert.deepEqual(withinPart({ first: 6, last: 8 }, part), { first: 6, end: 9 })
  assert.deepEqual(withinPart({ first: 4, last: 9 }, part), { first: 4, end: 10 })
  assert.equal(withinPart({ first: 3, last: 8 }, part), undefined)
  assert.equal(withinPart({ first: 6, last: 10 }, part), undefined)
  assert.equal(withinPart({ first: 6, last: undefined }, part), undefined)
  assert.equal(withinPart({ suffix: 3 }, part), undefined)
  assert.equal(withinPart({ first: 20, last: undefined }, part), undefined)
})

test('the last part answers what goes to the end', () => {
  const part = { first: 4, last: 9, complete: 10 }

  assert.deepEqual(withinPart({ first: 6, last: undefined }, part), { first: 6, end: 10 })
  assert.deepEqual(withinPart({ first: 6, last: 400 }, part), { first: 6, end: 10 })
  assert.deepEqual(withinPart({ suffix: 2 }, part), { first: 8, end: 10 })
  assert.equal(withinPart({ suffix: 7 }, part), undefined)
})
