import assert from 'node:assert/strict'
import test from 'node:test'
import { type RequestDirectives, readRequestDirectives } from '../../src/cache/request-directives.ts'

const nothing: RequestDirectives = {
  noStore: false,
  noCache: false,
  onlyIfCached: false,
  maxAge: undefined,
  minFresh: undefined,
  maxStale: undefined,
}

const asked: [source: string, line: string, asked: Partial<RequestDirectives>][] = [
  ['5.2.1.1', 'max-age=60', { maxAge: 60 }],
  ['5.2.1.1', 'max-age=0', { maxAge: 0 }],
  ['5.2.1.1, quoted', 'Max-Age="60"', { maxAge: 60 }],
  ['5.2.1.1, invalid', 'max-age=x', { maxAge: 0 }],
  ['5.2.1.1, no value', 'max-age', { maxAge: 0 }],
  ['5.2.1.1, twice', 'max-age=60, max-age=5', { maxAge: 5 }],
  ['5.2.1.1, spaces', 'max-age = 60', { maxAge: 0 }],
  ['5.2.1.2', 'max-stale', { maxStale: Infinity }],
  ['5.2.1.2', 'max-stale=60', { maxStale: 60 }],
  ['5.2.1.2, twice', 'max-stale, max-stale=60', { maxStale: 60 }],
  ['5.2.1.2, invalid', 'max-stale=x', { maxStale: undefined }],
  ['5.2.1.2, invalid', 'max-stale=x, max-stale', { maxStale: undefined }],
  ['5.2.1.3', 'min-fresh=60', { minFresh: 60 }],
  ['5.2.1.3, twice', 'min-fresh=60, min-fresh=5', { minFresh: 60 }],
  ['5.2.1.3, invalid', 'min-fresh=-1', { minFresh: 2 ** 31 }],
  ['5.2.1.4', 'no-cache', { noCache: true }],
  ['5.2.1.4', 'NO-CACHE', { noCache: true }],
  ['5.2.1.5', 'no-store', { noStore: true }],
  ['5.2.1.5, argument', 'no-store=1', { noStore: true }],
  ['5.2.1.5, open quote', 'x="', { noStore: true }],
  ['5.2.1.6', 'no-transform', {}],
  ['5.2.1.7', 'only-if-cached, max-stale', { onlyIfCached: true, maxStale: Infinity }],
  ['5.2.1.7, argument', 'only-if-cached=1', {}],
  ['1.2.2', 'max-age=99999999999', { maxAge: 2 ** 31 }],
  ['empty', '', {}],
]

for (const [source, line, wanted] of asked) {
  test(`a request asks ${JSON.stringify(line)} (RFC 9111 ${source})`, () => {
    assert.deepEqual(readRequestDirectives(line, undefined), { ...nothing, ...wanted })
    assert.deepEqual(readRequestDirectives(line, 'no-cache'), { ...nothing, ...wanted }, 'Pragma does not count')
  })
}

test('Pragma: no-cache counts where there is no Cache-Control, and nothing else of it (RFC 9111 5.4)', () => {
  assert.equal(readRequestDirectives(undefined, 'no-cache').noCache, true)
  assert.equal(readRequestDirectives(undefined, 'x=1, No-Cache').noCache, true)
  assert.deepEqual(readRequestDirectives(undefined, 'no-store, max-age=0'), nothing)
})

test('what is frequent is shared, and frozen', () => {
  assert.equal(readRequestDirectives(undefined, undefined), readRequestDirectives(undefined, 'x'))
  assert.equal(readRequestDirectives('no-cache', undefined), readRequestDirectives('no-cache', undefined))
  assert.equal(readRequestDirectives('max-age=0', undefined), readRequestDirectives('max-age=0', undefined))
  for (const line of [undefined, 'no-cache', 'max-age=0', 'max-age=1']) {
    assert.ok(Object.isFrozen(readRequestDirectives(line, undefined)))
  }
})

test('what one request asked is not what the next one asks', () => {
  readRequestDirectives('max-age=5', undefined)

  assert.deepEqual(readRequestDirectives('min-fresh=5', undefined), { ...nothing, minFresh: 5 })
  assert.deepEqual(readRequestDirectives(undefined, undefined), nothing)
})
