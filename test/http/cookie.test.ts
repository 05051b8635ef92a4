import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestCookie } from '../../src/http/cookie.ts'
import { exchangeWith } from './exchange-with.ts'

test('the value of a cookie is given as sent, or undefined', () => {
  for (const [line, value] of [
    ['sid=1', '1'],
    ['a=2; sid=1', '1'],
    ['sid=1; a=2', '1'],
    ['a=2;sid=1;b=3', '1'],
    ['a=2;   sid=1  ;b=3', '1'],
    ['\tsid=1\t', '1'],
    ['sid=', ''],
    ['sid= 1', ' 1'],
    ['sid="1"', '"1"'],
    ['sid=a=b==', 'a=b=='],
    ['', undefined],
    [';', undefined],
    ['sid', undefined],
    ['sid ; a', undefined],
    ['sid =1', undefined],
    ['SID=1', undefined],
    ['xsid=1', undefined],
    ['sidx=1', undefined],
    ['x=sid=1', undefined],
    ['x="; sid=1"', '1"'],
  ] as const) {
    assert.equal(requestCookie(exchangeWith({ fields: ['Cookie', line] }), 'sid'), value, JSON.stringify(line))
  }
})

test('the first of several cookies of one name counts, in one line and in many', () => {
  for (const fields of [
    ['Cookie', 'sid=1; sid=2'],
    ['cookie', 'a=0', 'X', 'sid=3', 'cookie', 'sid=1', 'COOKIE', 'sid=2'],
  ]) {
    assert.equal(requestCookie(exchangeWith({ fields }), 'sid'), '1')
  }
})

test('a request without cookies has none', () => {
  assert.equal(requestCookie(exchangeWith({ fields: ['Cookies', 'sid=1', 'Set-Cookie', 'sid=2'] }), 'sid'), undefined)
})

test('a line of many thousand separators is read once from end to end', () => {
  const line = `${'; '.repeat(200_000)}${'sid'.repeat(50_000)}; ${' '.repeat(200_000)}sid=1`

  assert.equal(requestCookie(exchangeWith({ fields: ['Cookie', line] }), 'sid'), '1')
})
