import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Head } from '../../src/cache/head.ts'
import {
  evaluate,
  hasStrongValidator,
  ifRangeHolds,
  isWeak,
  matchStrong,
  matchWeak,
} from '../../src/cache/validators.ts'
import { headOf, wall } from './store-bed.ts'

const date = (seconds: number): string => new Date(wall + seconds * 1000).toUTCString()
const head = (parts: Partial<Head>): Head => headOf('http://a.test/x', { etag: undefined, fields: [], ...parts })
const now = wall + 5000

function byTag(ifNoneMatch: string, etag: string | undefined): string {
  return evaluate({ ifNoneMatch, ifModifiedSince: undefined }, head({ etag, lastModified: wall }), now)
}

function byDate(ifModifiedSince: string, parts: Partial<Head>): string {
  return evaluate({ ifNoneMatch: undefined, ifModifiedSince }, head(parts), now)
}

// RFC 9110 8.8.3.2, the table of examples.
for (const [a, b, strong, weak] of [
  ['W/"1"', 'W/"1"', false, true],
  ['W/"1"', 'W/"2"', false, false],
  ['W/"1"', '"1"', false, true],
  ['"1"', 'W/"1"', false, true],
  ['"1"', '"1"', true, true],
] as const) {
  test(`${a} and ${b} are ${strong ? '' : 'not '}the same strongly, and ${weak ? '' : 'not '}weakly`, () => {
    assert.equal(matchStrong(a, b), strong)
    assert.equal(matchWeak(a, b), weak)
    assert.equal(isWeak(a), a.startsWith('W/'))
  })
}

/** If-None-Match, ETag. */
const matching: readonly (readonly [string, string | undefined])[] = [
  ['"abcdef"', '"abcdef"'],
  ['"abcdef\u00fc"', '"abcdef\u00fc"'],
  ['W/"abcdef"', 'W/"abcdef"'],
  ['W/"abcdef"', '"abcdef"'],
  ['"abcdef"', 'W/"abcdef"'],
  ['"abcdef", "1234", "5678"', '"abcdef"'],
  ['"1234","abcdef","5678"', '"abcdef"'],
  ['"1234", , "5678" , "abcdef"', '"abcdef"'],
  ['"a,b", "c"', '"c"'],
  ['"c", "a, b"', '"a, b"'],
  ['""', '""'],
  ['*', '"abcdef"'],
  [' * ', undefined],
  ['w/"abcdef"', 'w/"abcdef"'],
  ['abcdef', 'abcdef'],
  ['"1", abcdef', 'abcdef'],
]
for (const [list, etag] of matching) {
  test(`If-None-Match: ${list} is answered with 304 where ETag is ${etag}`, () => {
    assert.equal(byTag(list, etag), 'not-modified')
  })
}

const others: readonly (readonly [string, string | undefined])[] = [
  ['"abcdef"', '"abcdeg"'],
  ['"abcdef"', undefined],
  ['"a,b"', '"a'],
  ['"a,"b",c"', '",c"'],
  ['"x, "y", z"', 'y'],
  ['"1" "2"', '"3"'],
  ['', '"abcdef"'],
  ['"*"', '"abcdef"'],
  ['"ABCDEF"', '"abcdef"'],
  ['w/"abcdef"', '"abcdef"'],
]
for (const [list, etag] of others) {
  test(`If-None-Match: ${list} is no 304 where ETag is ${etag}`, () => {
    assert.equal(byTag(list, etag), 'proceed')
  })
}

test('If-None-Match is looked at alone where both are there (RFC 9110 13.2.2)', () => {
  const stored = head({ etag: '"a"', lastModified: wall })

  assert.equal(evaluate({ ifNoneMatch: '"b"', ifModifiedSince: date(1) }, stored, now), 'proceed')
  assert.equal(evaluate({ ifNoneMatch: '"a"', ifModifiedSince: date(-9) }, stored, now), 'not-modified')
})

test('without conditions there is nothing to evaluate', () => {
  assert.equal(evaluate({ ifNoneMatch: undefined, ifModifiedSince: undefined }, head({}), now), 'proceed')
})

test('If-Modified-Since is compared with Last-Modified', () => {
  const lastModified = wall - 3_000_000

  assert.equal(byDate(date(-3000), { lastModified }), 'not-modified')
  assert.equal(byDate(date(-2000), { lastModified }), 'not-modified')
  assert.equal(byDate(date(-3001), { lastModified }), 'proceed')
})

test('the same date in the form of RFC 850 means the same', () => {
  const lastModified = Date.UTC(2025, 10, 6, 8, 49, 37)

  assert.equal(byDate('Thursday, 06-Nov-25 08:49:37 GMT', { lastModified }), 'not-modified')
  assert.equal(byDate('Thursday, 06-Nov-25 08:49:36 GMT', { lastModified }), 'proceed')
})

test('without Last-Modified it is compared with Date, and without that with the time of storing (RFC 9111 4.3.2)', () => {
  const fields = ['date', date(-60)]

  assert.equal(byDate(date(-60), { fields }), 'not-modified')
  assert.equal(byDate(date(-61), { fields }), 'proceed')
  assert.equal(byDate(date(0), {}), 'not-modified')
  assert.equal(byDate(date(-1), {}), 'proceed')
})

test('If-Modified-Since that is no date, or one to come, is no condition', () => {
  for (const value of ['', 'yesterday', '0', `${date(0)}, ${date(0)}`, date(6)]) {
    assert.equal(byDate(value, { lastModified: wall - 9000 }), 'proceed', value)
  }
})

test('If-Range holds for the same strong tag alone', () => {
  assert.equal(ifRangeHolds('"a"', head({ etag: '"a"' })), true)
  assert.equal(ifRangeHolds('"a"', head({ etag: '"b"' })), false)
  assert.equal(ifRangeHolds('W/"a"', head({ etag: 'W/"a"' })), false)
  assert.equal(ifRangeHolds('"a"', head({ etag: 'W/"a"' })), false)
  assert.equal(ifRangeHolds('"a", "b"', head({ etag: '"a"' })), false)
  assert.equal(ifRangeHolds('a', head({ etag: 'a' })), false)
  assert.equal(ifRangeHolds('', head({})), false)
  assert.equal(ifRangeHolds('*', head({ etag: '"a"' })), false)
})

test('If-Range holds for the very date of Last-Modified, a second or more before Date (RFC 9110 8.8.2.2)', () => {
  const stored = (seconds: number): Head => head({ lastModified: wall - seconds * 1000, fields: ['Date', date(0)] })

  assert.equal(ifRangeHolds(date(-1), stored(1)), true)
  assert.equal(ifRangeHolds(date(-100), stored(100)), true)
  assert.equal(ifRangeHolds(date(0), stored(0)), false)
  assert.equal(ifRangeHolds(date(-99), stored(100)), false)
  assert.equal(ifRangeHolds(date(-101), stored(100)), false)
  assert.equal(ifRangeHolds(date(-100), head({ lastModified: wall - 100_000 })), false)
  assert.equal(ifRangeHolds(date(-100), head({ etag: '"a"' })), false)
})

test('a strong validator is a tag that is not weak, or a date that cannot have been shared', () => {
  const old = { lastModified: wall - 100_000, fields: ['Date', date(0)] }

  assert.equal(hasStrongValidator(head({ etag: '"a"' })), true)
  assert.equal(hasStrongValidator(head(old)), true)
  assert.equal(hasStrongValidator(head({ ...old, etag: 'W/"a"' })), false)
  assert.equal(hasStrongValidator(head({ etag: 'a' })), false)
  assert.equal(hasStrongValidator(head({ etag: '"a"b"' })), false)
  assert.equal(hasStrongValidator(head({ etag: '"' })), false)
  assert.equal(hasStrongValidator(head({ lastModified: wall, fields: ['Date', date(0)] })), false)
  assert.equal(hasStrongValidator(head({})), false)
})
