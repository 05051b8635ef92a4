import assert from 'node:assert/strict'
import test from 'node:test'
import { type ResponseDirectives, readResponseDirectives } from '../../src/cache/response-directives.ts'

const targets = ['sallyport-cache-control', 'cdn-cache-control']

function read(...fields: string[]): ResponseDirectives {
  return readResponseDirectives(fields, { targets, surrogate: 'edge' })
}

test('a targeted field stands in for Cache-Control, which then does not count (RFC 9213 2.2)', () => {
  const directives = read('Cache-Control', 'no-store, private, max-age=1', 'CDN-Cache-Control', 'max-age=600')

  assert.equal(directives.targeted, true)
  assert.equal(directives.present, true)
  assert.equal(directives.maxAge, 600)
  assert.equal(directives.noStore, false)
  assert.equal(directives.private, false)
})

test('a targeted field can forbid what Cache-Control allows (RFC 9213 2.2)', () => {
  assert.equal(read('Cache-Control', 'max-age=60', 'CDN-Cache-Control', 'no-store').noStore, true)
  assert.equal(read('Cache-Control', 'max-age=60', 'CDN-Cache-Control', 'private').private, true)
  assert.equal(read('Cache-Control', 'max-age=60', 'CDN-Cache-Control', 'no-cache').noCache, true)
  assert.equal(read('Cache-Control', 'max-age=60', 'CDN-Cache-Control', 'max-age=0').maxAge, 0)
})

test('of several that are there the first in our list is used (RFC 9213 2.2)', () => {
  const fields = [
    'CDN-Cache-Control',
    'max-age=2',
    'Sallyport-Cache-Control',
    'max-age=1',
    'Cache-Control',
    'max-age=3',
  ]

  assert.equal(read(...fields).maxAge, 1)
  assert.equal(readResponseDirectives(fields, { targets: ['cdn-cache-control'], surrogate: undefined }).maxAge, 2)
  assert.equal(readResponseDirectives(fields, { targets: [], surrogate: undefined }).maxAge, 3)
})

for (const value of [
  '',
  ' ',
  'max-age=60, &&&',
  'max-age = 60',
  'MAX-AGE=60',
  'max-age=60,',
  'max-age=',
  'x="a',
  '(',
  'max-age=60; S',
]) {
  test(`a targeted field ${JSON.stringify(value)} is empty or no dictionary, and the next one counts (RFC 9213 2.1)`, () => {
    const directives = read(
      'Sallyport-Cache-Control',
      value,
      'CDN-Cache-Control',
      'max-age=5',
      'Cache-Control',
      'no-store',
    )

    assert.equal(directives.maxAge, 5)
    assert.equal(directives.noStore, false)
    assert.equal(read('CDN-Cache-Control', value, 'Cache-Control', 'max-age=6').maxAge, 6)
    assert.equal(read('CDN-Cache-Control', value, 'Cache-Control', 'max-age=6').targeted, false)
  })
}

for (const value of ['No-Store', 'max-age=60, no-store,', 'no-store; X', 'no-store, &&&', 'x="a, no-store']) {
  test(`a targeted field ${JSON.stringify(value)} is no dictionary, and what it forbids counts all the same`, () => {
    assert.equal(read('CDN-Cache-Control', value, 'Cache-Control', 'max-age=60').noStore, true)
  })
}

const types: [value: string, said: Partial<ResponseDirectives>][] = [
  ['max-age="60"', { maxAge: 0 }],
  ['max-age=60.0', { maxAge: 0 }],
  ['max-age=-60', { maxAge: 0 }],
  ['max-age', { maxAge: 0 }],
  ['max-age=(60)', { maxAge: 0 }],
  ['s-maxage=x', { sMaxAge: 0, shareable: false }],
  ['max-age=999999999999', { maxAge: 2 ** 31 }],
  ['max-age=60;foo=bar', { maxAge: 60 }],
  ['max-age=1, max-age=60', { maxAge: 60 }],
  ['stale-while-revalidate=9, stale-if-error="9"', { staleWhileRevalidate: 9, staleIfError: undefined }],
  ['public', { public: true, shareable: true }],
  ['public=?0', { public: false, shareable: false }],
  ['public=1', { public: false, shareable: false }],
  ['private="x"', { private: true }],
  ['private=?0', { private: true }],
  ['no-store=("a")', { noStore: true }],
  ['no-cache="set-cookie"', { noCache: true }],
  ['no-store, must-understand', { noStore: true, mustUnderstand: true }],
  ['no-store, must-understand=?0', { noStore: true, mustUnderstand: false }],
  ['immutable', { immutable: true }],
]

for (const [value, said] of types) {
  test(`reads ${value} by the types of structured fields (RFC 9213 2.1)`, () => {
    const directives = read('CDN-Cache-Control', value)

    for (const [name, wanted] of Object.entries(said))
      assert.equal(directives[name as keyof ResponseDirectives], wanted, name)
  })
}

test('several lines of a targeted field are one dictionary, and a quote does not reach from one into the next', () => {
  assert.equal(read('CDN-Cache-Control', 'max-age=1', 'CDN-Cache-Control', 'no-cache').noCache, true)
  assert.equal(read('CDN-Cache-Control', 'x="', 'CDN-Cache-Control', 'no-store, y="').noStore, true)
})

test('a targeted field comes before Surrogate-Control', () => {
  assert.equal(read('Surrogate-Control', 'max-age=9', 'CDN-Cache-Control', 'max-age=5').maxAge, 5)
})
