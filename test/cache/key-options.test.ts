import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileKey } from '../../src/cache/key-options.ts'
import { OptionError } from '../../src/contract/options.ts'

/** Options, the one that is wrong, and what the message says. */
const wrong: readonly (readonly [unknown, string, RegExp])[] = [
  [{ feilds: [] }, 'key.feilds', /Did you mean 'fields'/],
  [{ query: 'some' }, 'key.query', /'all', 'none'/],
  [{ query: null }, 'key.query', /'all', 'none'/],
  [{ query: { ignored: ['a'] } }, 'key.query.ignored', /Did you mean 'ignore'/],
  [{ query: { ignore: 'a' } }, 'key.query.ignore', /give a list/],
  [{ query: { ignore: ['@trackin'] } }, 'key.query.ignore', /Did you mean '@tracking'/],
  [{ query: { ignore: ['a&b'] } }, 'key.query.ignore', /name of a parameter/],
  [{ query: { ignore: ['*a'] } }, 'key.query.ignore', /name of a parameter/],
  [{ query: { ignore: [''] } }, 'key.query.ignore', /name of a parameter/],
  [{ query: { ignore: ['*'] } }, 'key.query.ignore', /name of a parameter/],
  [{ query: { keep: [1] } }, 'key.query.keep', /name of a parameter/],
  [{ query: { keep: ['a'], ignore: ['b'] } }, 'key.query.keep', /not both/],
  [{ query: { sort: 'yes' } }, 'key.query.sort', /true or false/],
  [{ fields: ['X Tenant'] }, 'key.fields', /name of a field/],
  [{ fields: 'X-Tenant' }, 'key.fields', /give a list/],
  [{ cookies: ['a=b'] }, 'key.cookies', /name of a cookie/],
  [{ by: 'ip' }, 'key.by', /give a function/],
  [[], 'key', /give an object/],
  [null, 'key', /give an object/],
]
for (const [given, option, right] of wrong) {
  test(`${JSON.stringify(given)} is refused by the name of its option`, () => {
    assert.throws(
      () => compileKey('key', given as never),
      (error) => error instanceof OptionError && error.option === option && right.test(error.message),
    )
  })
}

test('without options the query counts as sent, and nothing else does', () => {
  const plan = compileKey('key', undefined)

  assert.equal(plan.query, undefined)
  assert.deepEqual([plan.fields, plan.cookies, plan.by], [[], [], undefined])
  assert.equal(compileKey('key', { query: 'all' }).query, undefined)
  assert.equal(compileKey('key', { query: {} }).query, undefined)
})

test('fields are kept in lower case, each once', () => {
  assert.deepEqual(compileKey('key', { fields: ['X-Tenant', 'x-tenant', 'A'] }).fields, ['x-tenant', 'a'])
})
