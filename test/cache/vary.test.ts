import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesVary, varyNames, varyOf } from '../../src/cache/vary.ts'
import { oneFrom, seededRandom } from '../support/random.ts'

const matches = (names: readonly string[], stored: readonly string[], presented: readonly string[]): boolean =>
  matchesVary(varyOf(names, stored), presented)

test('the names of all Vary lines are one sorted list in lower case', () => {
  const fields = ['vary', 'Foo , accept', 'Content-Type', 'a/b', 'VARY', ',Bar,, foo']

  assert.deepEqual(varyNames(fields), ['accept', 'bar', 'foo'])
})

test('without Vary, and with an empty one, there is one frozen empty list', () => {
  assert.deepEqual(varyNames([]), [])
  assert.deepEqual(varyNames(['Vary', ' ,, ']), [])
  assert.equal(varyNames([]), varyNames(['Vary', '']))
  assert.ok(Object.isFrozen(varyNames([])))
})

for (const lines of [['*'], ['*, *'], ['*', '*'], [', *'], ['', '*'], ['*, Foo'], ['Foo, *'], ['Foo', 'Bar,*']]) {
  test(`Vary of ${JSON.stringify(lines)} matches no request (RFC 9111 4.1)`, () => {
    assert.equal(varyNames(lines.flatMap((line) => ['Vary', line])), undefined)
  })
}

for (const value of ['Foo Bar', 'Foo;x', '"Foo"', 'F\u00fco', '(x)']) {
  test(`Vary of ${value} is no list of names, so the response is not reused`, () => {
    assert.equal(varyNames(['Vary', value]), undefined)
  })
}

test('fifty names are taken, and one more makes the response one that is not reused', () => {
  const names = Array.from({ length: 50 }, (_, i) => `x-${i}`)

  assert.equal(varyNames(['Vary', [...names, ...names].join(',')])?.length, 50)
  assert.equal(varyNames(['Vary', [...names, 'x-50'].join(',')]), undefined)
})

test('a request matches when every nominated field does, and other fields do not matter', () => {
  const stored = ['Foo', '1', 'Bar', 'abc', 'Other', '2']

  assert.equal(matches(['bar', 'foo'], stored, ['bar', 'abc', 'Other', '3', 'FOO', '1']), true)
  assert.equal(matches(['bar', 'foo'], stored, ['Bar', 'abc', 'Foo', '2']), false)
  assert.equal(matches(['bar', 'foo'], stored, ['Foo', '1']), false)
  assert.equal(matches([], stored, []), true)
})

test('an absent field matches an absent one alone, not an empty one (RFC 9111 4.1)', () => {
  assert.equal(matches(['foo'], [], []), true)
  assert.equal(matches(['foo'], [], ['Foo', '']), false)
  assert.equal(matches(['foo'], ['Foo', ''], []), false)
  assert.equal(matches(['foo'], ['Foo', ''], ['Foo', '']), true)
  assert.equal(matches(['foo'], [], ['Foo', ' ']), false)
})

test('no request can write a value that passes for another language or for ranks of preference', () => {
  const wanted = ['de', 'de, fr;q=0.5', 'de, fr;q=0', '']
  const forged = ['xx de', 'de>fr', 'de!fr', 'xx\tde', ' > de', '> de', '>de', '!', 'de fr', ';']

  for (const theirs of forged) {
    for (const ours of wanted) {
      assert.equal(
        matches(['accept-language'], ['Accept-Language', theirs], ['Accept-Language', ours]),
        false,
        `${theirs} for ${ours}`,
      )
    }
  }
})

test('what a request stores matches that request again, whatever is in it', () => {
  const random = seededRandom(1)
  const alphabet = ['a', 'b', ',', ' ', ';', 'q=0.5', 'q=0', '*', '"', '!', '>', '-', '\t', 'gzip', 'de', 'identity']
  const names = ['accept', 'accept-encoding', 'accept-language', 'foo', 'cookie']

  for (let round = 0; round < 20_000; round++) {
    const fields: string[] = []
    for (let line = 0; line < 3; line++) {
      let value = ''
      for (let i = 0; i < 6; i++) value += oneFrom(random, alphabet)
      fields.push(oneFrom(random, names), value)
    }
    assert.equal(matches(names, fields, fields), true, JSON.stringify(fields))
  }
})
