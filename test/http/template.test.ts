import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OptionError } from '../../src/contract/options.ts'
import { compileTemplate } from '../../src/http/template.ts'
import { exchangeWith } from './exchange-with.ts'

test('facts, literal braces and plain text are put together', () => {
  const exchange = exchangeWith({ fields: ['X-Tenant', 'blue'] })
  const cases: [string, string][] = [
    ['plain', 'plain'],
    ['', ''],
    ['{client.ip}', '192.0.2.1'],
    ['a {method} b {path}{query}', 'a GET b /x?q=1'],
    ['{{{method}}}', '{GET}'],
    ['{{}}', '{}'],
    ['{request.field.x-tenant}/{request.field.X-TENANT}', 'blue/blue'],
  ]

  for (const [text, want] of cases) assert.equal(compileTemplate('o', text).evaluate(exchange), want, text)
})

test('a missing fact is empty', () => {
  assert.equal(compileTemplate('o', '[{request.field.nothing}{error}]').evaluate(exchangeWith({})), '[]')
})

test('a template says whether it is fixed and whether it needs the upstream', () => {
  const cases: [string, boolean, boolean][] = [
    ['fixed {{', true, false],
    ['{client.ip}', false, false],
    ['{upstream}', false, true],
    ['{client.ip} {attempts}', false, true],
  ]

  for (const [text, isStatic, needsUpstream] of cases) {
    const template = compileTemplate('o', text)
    assert.equal(template.isStatic, isStatic, text)
    assert.equal(template.needsUpstream, needsUpstream, text)
  }
})

test('no fact can end the line: control characters are left out (RFC 9110 5.5, GHSA-m8rv-5g2x-5cg5)', () => {
  const exchange = exchangeWith({ fields: ['X-Evil', 'a\r\nSet-Cookie: x=1\0\x7fb\u0100c\u00e9'] })

  assert.equal(compileTemplate('o', '{request.field.x-evil}').evaluate(exchange), 'aSet-Cookie: x=1bc\u00e9')
})

test('an unknown fact is an error that names it and the nearest one', () => {
  assert.throws(() => compileTemplate('requestFields.set.X-A', '{client.ipp}'), {
    name: 'OptionError',
    option: 'requestFields.set.X-A',
    message: /'client\.ipp'.*\{client\.ip\}/,
  })
})

test('a lone brace, a control character and what is no text are errors', () => {
  for (const text of ['{', '}', 'a{b', '{method}}', '{ {method} }', 'a\r\nb', 'a\0', '\u2603']) {
    assert.throws(() => compileTemplate('o', text), OptionError, JSON.stringify(text))
  }
  assert.throws(() => compileTemplate('o', 7 as unknown as string), OptionError)
})
