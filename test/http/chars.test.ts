import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hexValue, isText, isToken } from '../../src/http/chars.ts'

test('a field value holds tabs and bytes past 0x7f, and no control characters', () => {
  for (const value of ['', 'a\tb', '\x80\xff']) assert.equal(isText(value), true, JSON.stringify(value))
  for (const value of ['\r', '\n', '\0', '\x01', '\x7f', '\u0100']) assert.equal(isText(value), false)
})

test('a token is letters, digits and some marks, and never empty (RFC 9110 5.6.2)', () => {
  for (const name of ['a', 'X-A', "!#$%&'*+-.^_`|~09"]) assert.equal(isToken(name), true, name)
  for (const name of ['', 'a b', 'a:', 'a\r', '\xe9', '\u0100', 'a"', 'a/b', '(a)'])
    assert.equal(isToken(name), false, name)
})

test('hex digits have their values in both cases, and nothing else has one', () => {
  const digits = [...'0123456789abcdefABCDEF'].map((digit) => hexValue[digit.charCodeAt(0)])

  assert.deepEqual(digits, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 10, 11, 12, 13, 14, 15])
  assert.equal(hexValue.filter((value) => value !== 255).length, 22)
})
