import assert from 'node:assert/strict'
import test from 'node:test'
import { errorBody } from '../../src/http/error-body.ts'

const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'

const rows: [source: string, accept: string | undefined, type: 'html' | 'json'][] = [
  ['no Accept', undefined, 'json'],
  ['no Accept', '', 'json'],
  ['curl', '*/*', 'json'],
  ['browser', browser, 'html'],
  ['RFC 9110 12.5.1', 'text/html', 'html'],
  ['RFC 9110 8.3.1, case', 'TEXT/HTML', 'html'],
  ['RFC 9110 12.5.1', 'application/json, text/html', 'json'],
  ['RFC 9110 12.4.2', 'application/json;q=0.5, text/html', 'html'],
  ['RFC 9110 12.4.2', 'application/json, text/html; q=0.9', 'json'],
  ['RFC 9110 12.4.2, q=0 refuses', 'text/html;q=0, */*;q=0.1', 'json'],
  ['RFC 9110 12.5.1, specific first', '*/*;q=1, text/html;q=0.2', 'json'],
  ['RFC 9110 12.5.1, specific first', 'application/json;q=0.1, */*, text/*;q=0.5', 'html'],
  ['RFC 9110 12.5.1, another type', 'text/htmlx', 'json'],
  ['RFC 9110 12.4.2, bad q', 'text/html;q=x', 'html'],
]

for (const [source, accept, type] of rows) {
  test(`answers ${type} to Accept: ${accept} (${source})`, () => {
    const answer = errorBody(accept, 502, 'SP_X', 'Text.', 'id')

    assert.equal(answer.type, type === 'html' ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8')
  })
}

test('the JSON body has status, code, phrase, message and request id', () => {
  const { body } = errorBody(undefined, 502, 'SP_UPSTREAM_RESET', 'The server closed the connection.', 'r-1')

  assert.deepEqual(JSON.parse(body), {
    statusCode: 502,
    code: 'SP_UPSTREAM_RESET',
    error: 'Bad Gateway',
    message: 'The server closed the connection.',
    requestId: 'r-1',
  })
})

test('a status without a phrase is an Error', () => {
  assert.equal(JSON.parse(errorBody(undefined, 599, 'X', 'x', 'id').body).error, 'Error')
})

test('nothing that is given becomes markup, in neither type', () => {
  const evil = `<script>alert("1")</script>&'`

  for (const accept of ['text/html', undefined]) {
    const { body } = errorBody(accept, 400, evil, evil, evil)
    assert.ok(!body.includes('<script'), body)
    assert.ok(!/&(?!(?:amp|lt|gt|quot|#39|middot);)/.test(body), body)
  }
  assert.equal(JSON.parse(errorBody(undefined, 400, 'X', evil, 'id').body).message, evil)
})

test('the page loads nothing and runs nothing', () => {
  const { body } = errorBody(browser, 504, 'SP_TOTAL_TIMEOUT', 'The exchange took too long.', 'r-2')

  assert.ok(body.startsWith('<!doctype html>'))
  assert.ok(body.includes('504 Gateway Timeout') && body.includes('SP_TOTAL_TIMEOUT') && body.includes('r-2'))
  assert.ok(!/\b(?:src|href|on[a-z]+)=|<script|url\(|@import/i.test(body))
})
