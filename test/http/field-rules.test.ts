import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileFieldRules, type FieldRules } from '../../src/http/field-rules.ts'
import { exchangeWith } from './exchange-with.ts'

function applied(rules: FieldRules, fields: readonly string[]): string[] {
  const changed = [...fields]
  const exchange = exchangeWith({ fields })
  const compiled = compileFieldRules('requestFields', rules)
  compiled.now?.apply(changed, exchange)
  exchange.facts.upstream = 'up:1'
  compiled.atUpstream?.apply(changed, exchange)
  return changed
}

const given = ['A', '1', 'b', '2', 'a', '3', 'X-Internal-One', '4', 'x-internal-', '5']
const rest = ['X-Internal-One', '4', 'x-internal-', '5']

const cases: [string, FieldRules, string[]][] = [
  ['nothing', {}, given],
  ['set replaces every line, in the place of the first', { set: { a: 'n' } }, ['a', 'n', 'b', '2', ...rest]],
  ['set adds what is absent', { set: { 'X-New': 'n' } }, [...given, 'X-New', 'n']],
  ['set to nothing takes away', { set: { A: '', 'X-New': '' } }, ['b', '2', ...rest]],
  [
    'set reads the field that it replaces',
    { set: { B: '{request.field.b}2' } },
    ['A', '1', 'B', '22', ...given.slice(4)],
  ],
  ['add leaves what is there', { add: { A: 'n' } }, [...given, 'A', 'n']],
  ['add of nothing adds no line', { add: { A: '{error}' } }, given],
  ['remove takes every line, in any case', { remove: ['A', 'B', 'none'] }, rest],
  ['remove with a * takes what begins so', { remove: ['X-INTERNAL-*'] }, given.slice(0, 6)],
  ['rename keeps place and value', { rename: { a: 'Z' } }, ['Z', '1', 'b', '2', 'Z', '3', ...rest]],
  ['set comes after rename', { rename: { b: 'Z' }, set: { z: 'n' } }, ['A', '1', 'z', 'n', ...given.slice(4)]],
  ['remove comes before rename', { remove: ['b'], rename: { b: 'Z' } }, ['A', '1', 'a', '3', ...rest]],
  ['remove comes before set', { remove: ['a'], set: { a: 'n' } }, ['b', '2', ...rest, 'a', 'n']],
  ['a rule may wait for the upstream', { set: { a: '{upstream}' } }, ['a', 'up:1', 'b', '2', ...rest]],
  [
    'what is added to a field that waits, waits too',
    { set: { a: '{upstream}' }, add: { A: 'n' } },
    ['a', 'up:1', 'b', '2', ...rest, 'A', 'n'],
  ],
]

for (const [title, rules, want] of cases) {
  test(`rules: ${title}`, () => {
    assert.deepEqual(applied(rules, given), want)
  })
}

test('rules that wait for the upstream are told apart at boot', () => {
  const compiled = compileFieldRules('f', { set: { a: '{upstream}' } })

  assert.equal(compiled.now, undefined)
  assert.notEqual(compiled.atUpstream, undefined)
  assert.equal(compileFieldRules('f', { set: { a: 'x' } }).atUpstream, undefined)
  assert.deepEqual(compileFieldRules('f', undefined), { now: undefined, atUpstream: undefined })
})

test('a * never takes a field that frames the message', () => {
  const fields = ['Host', 'a', 'Content-Length', '1', 'Content-Type', 'x', 'Connection', 'Upgrade', 'Upgrade', 'foo']

  assert.deepEqual(applied({ remove: ['c*', 'H*', 'u*'] }, fields), [
    ...['Host', 'a', 'Content-Length', '1', 'Connection', 'Upgrade', 'Upgrade', 'foo'],
  ])
})

test('fields that frame or route the message are refused, with the option named', () => {
  const bad: [FieldRules, string, RegExp][] = [
    [{ set: { 'Content-Length': '1' } }, 'requestFields.set.Content-Length', /frames the message/],
    [{ add: { 'transfer-encoding': 'x' } }, 'requestFields.add.transfer-encoding', /frames/],
    [{ remove: ['Connection'] }, 'requestFields.remove.Connection', /frames/],
    [{ set: { HOST: 'x' } }, 'requestFields.set.HOST', /use the option 'host'/],
    [{ rename: { 'X-A': 'Upgrade' } }, 'requestFields.rename.X-A', /frames/],
    [{ rename: { TE: 'X-A' } }, 'requestFields.rename.TE', /frames/],
  ]

  for (const [rules, option, message] of bad) {
    assert.throws(() => compileFieldRules('requestFields', rules), { name: 'OptionError', option, message })
  }
})

test('a name that is no token, a value that is no text and an unknown key are refused', () => {
  const bad: unknown[] = [
    { set: { 'a b': 'x' } },
    { set: { '': 'x' } },
    { set: { 'a:': 'x' } },
    { set: { 'a\r\nb': 'x' } },
    { set: { a: 'x\r\ny' } },
    { set: { a: 1 } },
    { set: { a: 'x', A: 'y' } },
    { set: ['a'] },
    { add: { a: '{nope}' } },
    { rename: { a: 'b c' } },
    { rename: { a: 1 } },
    { remove: 'a' },
    { remove: ['a*b'] },
    { remove: [''] },
    { remove: ['*'] },
    { remove: [1] },
    { remov: ['a'] },
    'set',
  ]

  for (const rules of bad) {
    assert.throws(() => compileFieldRules('f', rules as FieldRules), { name: 'OptionError' }, JSON.stringify(rules))
  }
})
