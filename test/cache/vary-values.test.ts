import assert from 'node:assert/strict'
import { test } from 'node:test'
import { absent, normalValue } from '../../src/cache/vary-values.ts'

const lines = (name: string, values: readonly string[]): string[] => values.flatMap((value) => [name, value])
const normal = (name: string, ...values: string[]): string => normalValue(name, lines(name, values))

/** Name, then values that are to be the same. A list is several lines. */
const same: readonly (readonly [string, ...(string | readonly string[])[]])[] = [
  ['foo', '1, 2', '1,2', ' 1 , 2 ', ['1', '2']],
  ['cache-control', 'a=1 , b', 'a=1,b'],
  ['accept', 'text/html, */*;q=0.1', 'TEXT/HTML,*/* ; q=0.1', ['text/html', '*/*;q=0.1']],
  ['accept-language', 'en, de', 'de, en', 'eN, De', ' en ,   de', ['de', 'en'], 'en;q=1.0,de;q=1', ',en,,de,'],
  ['accept-language', 'en-GB,en;q=0.9', 'en;q=0.5, EN-gb', 'en;q=0.1,en-gb;q=0.2'],
  ['accept-language', 'en', 'en;q=0.9'],
  ['accept-charset', 'utf-8, *;q=0.1', '*;q=0.5, UTF-8'],
  ['accept-encoding', 'gzip, deflate, br, zstd', 'zstd,br,gzip,deflate', 'BR, GZIP, deflate;q=1, zstd'],
  ['accept-encoding', 'gzip', 'x-gzip', 'gzip;q=0.3', 'gzip, identity;q=0.1', 'gzip , gzip', 'x-gzip, gzip'],
  ['accept-encoding', '', 'identity', 'identity;q=1, *;q=0', 'identity;q=0.5', ', ,'],
  ['accept-encoding', 'br, gzip;q=0.5', 'gzip;q=0.8, br;q=0.9'],
  ['accept-encoding', 'gzip, *;q=0', 'gzip, identity;q=0'],
]

for (const [name, first, ...others] of same) {
  test(`${name}: ${JSON.stringify(first)} means what ${others.length} other spellings mean`, () => {
    const expected = normal(name, ...[first as string | readonly string[]].flat())
    for (const other of others) assert.equal(normal(name, ...[other].flat()), expected, JSON.stringify(other))
  })
}

/** Name, then values that are all different. */
const different: readonly (readonly string[])[] = [
  ['foo', '1, 2', '2, 1', '1', '1,', '', '1,,2', '"1, 2"', '"1,2"', '1 2'],
  ['cookie', 'a=1, 2', 'a=1,2', 'A=1,2'],
  ['authorization', 'Basic a,b', 'Basic a, b', 'basic a, b'],
  ['accept', 'text/html, a/b', 'a/b, text/html', 'text/html;p=X', 'text/html;p=x', 'text/html;p="a, b"'],
  ['accept-language', 'en, de', 'en', 'de', 'en, de;q=0.9', 'de, en;q=0.9', 'en, *', '*', '', 'en, de;q=0', 'en;;q=1'],
  [
    'accept-encoding',
    'gzip',
    'br',
    'gzip, br',
    'br, gzip;q=0.5',
    'gzip, br;q=0.5',
    '*',
    '',
    'gzip, foo',
    'gzip, identity',
  ],
  ['accept-encoding', 'gzip, identity;q=0', 'gzip', 'identity;q=0', '', 'gzip, br;q=0', '*, br;q=0', '*;q=0, gzip, br'],
]

for (const [name = '', ...values] of different) {
  test(`${name}: ${values.length} values that mean different things stay apart`, () => {
    assert.equal(new Set(values.map((value) => normal(name, value))).size, values.length)
  })
}

test('an empty line counts, for some origins take the last line or the first for the value', () => {
  assert.equal(new Set([normal('foo', '1'), normal('foo', '1', ''), normal('foo', '', '1'), normal('foo', '')]).size, 4)
})

test('an absent field has a value that no field that is there can have', () => {
  for (const name of ['foo', 'accept', 'accept-language', 'cookie']) {
    assert.equal(normalValue(name, []), absent)
    for (const value of ['', ' ', '  ', '\t']) assert.notEqual(normal(name, value), absent, `${name}: ${value}`)
  }
})

for (const value of [
  'gzip;q',
  'gzip;q=2',
  'gzip;q=0.1234',
  'gzip;;',
  'a b',
  '"gzip"',
  'gzip;x=1',
  ';q=1',
  'gzip, gzip;q=0',
  'gzip!br',
]) {
  test(`Accept-Encoding: ${value} cannot be read, and is as good as none (CVE-2024-35296)`, () => {
    assert.equal(normal('accept-encoding', value), absent)
  })
}

test('more values of Accept-Encoding than are remembered are read as rightly as the first', () => {
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 2000; i++) {
      assert.equal(normal('accept-encoding', `x${i}, br, bad${i};q=0`), `br,x${i}!bad${i}`)
    }
  }
})
