import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readNoVarySearch, SearchRules } from '../../src/cache/no-vary-search.ts'

const read = (...values: string[]) => readNoVarySearch(values.flatMap((value) => ['No-Vary-Search', value]))

/** Are the two URLs one for the store, once a response for the path has had this field? */
function equal(field: string, a: string, b: string): boolean {
  const rules = new SearchRules()
  rules.learn('http://a.test/x?any', read(field))
  return rules.apply(`http://a.test/x${a}`) === rules.apply(`http://a.test/x${b}`)
}

// The examples of draft-ietf-httpbis-no-vary-search, section "Parsing".
for (const value of [
  'unknown-key',
  'key-order="not a boolean"',
  'params="not a boolean or inner list"',
  'params=(not-a-string)',
  'params=("a"), except=("x")',
  'params=(), except=()',
  'params=?0, except=("x")',
  'params, except=(not-a-string)',
  'params, except="not an inner list"',
  'params, except=?1',
  'except=("x")',
  'except=()',
  'key-order, except=("x")',
  'params=?0',
  'params=()',
  'key-order=?0',
  '',
  '(',
  'params=("a"',
  'params=("a" b)',
]) {
  test(`No-Vary-Search: ${value} is no rule`, () => {
    assert.equal(read(value), undefined)
  })
}

test('unconventional spellings make the rule of the conventional ones', () => {
  assert.deepEqual(read('params=?1'), read('params'))
  assert.deepEqual(read('key-order=?1'), read('key-order'))
  assert.deepEqual(read('params, key-order, except=("x")'), read('key-order', 'params', 'except=("x")'))
  assert.deepEqual(read('params=("a" "b" "a"), later=5'), read('params=("b" "a")'))
  assert.equal(readNoVarySearch([]), undefined)
})

test('a rule of more than a hundred names is none', () => {
  const names = (count: number): string => Array.from({ length: count }, (_, i) => `"n${i}"`).join(' ')

  assert.equal(read(`params=(${names(100)})`)?.id.includes('n99'), true)
  assert.equal(read(`params=(${names(101)})`), undefined)
  assert.equal(read(`params=("${'a'.repeat(5000)}")`), undefined)
})

const equivalent: readonly (readonly [string, string, string])[] = [
  ['params', '?a=1', '?b=2&c'],
  ['params', '', '?b=2'],
  ['params=("a")', '?a=1&b=2', '?b=2&a=3&a'],
  ['params, except=("id")', '?id=7&x=1', '?y=2&id=7'],
  ['key-order', '?a=1&b=2', '?b=2&a=1'],
  ['key-order, params=("c")', '?a=1&c=9&b=2', '?b=2&a=1'],
  ['key-order', '', '?'],
  ['key-order', '?a=x', '?%61=%78'],
  ['key-order', '?a=%f6', '?a=%ef%bf%bd'],
  ['key-order', '?a=x&&&&', '?a=x'],
  ['key-order', '?a=', '?a'],
  ['key-order', '?a=%20', '?a=+'],
  ['params=("%C3%A9+%E6%B0%97")', '?%C3%A9%20%E6%B0%97=3&a', '?a&%C3%A9+%E6%B0%97=4'],
  ['params=("a&b=c")', '?a%26b%3dc=1', '?'],
]
for (const [field, a, b] of equivalent) {
  test(`with ${field}, '${a}' and '${b}' ask for the same`, () => {
    assert.equal(equal(field, a, b), true)
  })
}

const apart: readonly (readonly [string, string, string])[] = [
  ['params=("a")', '?b=1', '?b=2'],
  ['params=("a")', '?b=1', '?b=1&b=1'],
  ['params=("a")', '?b=1&c=2', '?c=2&b=1'],
  ['params=("a")', '?A=1', '?'],
  ['params, except=("id")', '?id=7', '?id=8'],
  ['key-order', '?a=1&a=2', '?a=2&a=1'],
  ['key-order', '?a=1&b=2', '?a=1%26b=2'],
  ['key-order', '?a=%2B', '?a=+'],
  ['key-order', '??a=1', '?a=1'],
  ['key-order=?0', '?a=1&b=2', '?b=2&a=1'],
  ['params=?0', '?a', '?a='],
]
for (const [field, a, b] of apart) {
  test(`with ${field}, '${a}' and '${b}' stay apart`, () => {
    assert.equal(equal(field, a, b), false)
  })
}

test('a path without a rule keeps its URLs, and the same text', () => {
  const rules = new SearchRules()
  const url = 'http://a.test/y?b=1&a'
  rules.learn(url, undefined)
  assert.equal(rules.apply(url), url)

  rules.learn('http://a.test/x', read('params'))

  assert.equal(rules.apply(url), url)
  assert.equal(rules.apply('http://b.test/x?a'), 'http://b.test/x?a')
  assert.equal(rules.apply('https://a.test/x?a'), 'https://a.test/x?a')
})

test('what was stored under another rule, or under none, is not taken for what is stored now', () => {
  const rules = new SearchRules()
  const url = 'http://a.test/x?a=1'
  const seen = [rules.apply(url)]
  for (const field of ['params=("b")', 'params=("c")', 'params, except=("a")', 'key-order']) {
    rules.learn(url, read(field))
    seen.push(rules.apply(url))
  }

  assert.equal(new Set(seen).size, seen.length)
  for (const applied of seen) assert.match(applied, /^http:\/\/a\.test\/x\?a=1(?:#[!-~]+)?$/)
})

test('a response without the field ends the rule of its path', () => {
  const rules = new SearchRules()
  rules.learn('http://a.test/x?a', read('params'))

  rules.learn('http://a.test/x?b', undefined)

  assert.equal(rules.apply('http://a.test/x?a'), 'http://a.test/x?a')
  assert.equal(rules.size, 0)
})

test('at most 10,000 paths have a rule: the one learnt first leaves first, and long paths have none', () => {
  const rules = new SearchRules()
  const rule = read('params')
  for (let i = 0; i < 10_001; i++) rules.learn(`http://a.test/${i}?q`, rule)
  rules.learn(`http://a.test/${'x'.repeat(3000)}`, rule)

  assert.equal(rules.size, 10_000)
  assert.equal(rules.apply('http://a.test/0?q'), 'http://a.test/0?q')
  assert.notEqual(rules.apply('http://a.test/1?q'), 'http://a.test/1?q')
})
