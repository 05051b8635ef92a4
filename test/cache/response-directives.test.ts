import assert from 'node:assert/strict'
import test from 'node:test'
import { type ResponseDirectives, readResponseDirectives } from '../../src/cache/response-directives.ts'

const nothing: ResponseDirectives = {
  present: true,
  targeted: false,
  noStore: false,
  noCache: false,
  private: false,
  public: false,
  mustRevalidate: false,
  proxyRevalidate: false,
  mustUnderstand: false,
  immutable: false,
  shareable: false,
  maxAge: undefined,
  sMaxAge: undefined,
  staleWhileRevalidate: undefined,
  staleIfError: undefined,
}

/** Cache-Control in so many lines. */
function read(...lines: string[]): ResponseDirectives {
  const fields = lines.flatMap((line) => ['Cache-Control', line])
  return readResponseDirectives(fields, { targets: [], surrogate: undefined })
}

const exact: [source: string, line: string, said: Partial<ResponseDirectives>][] = [
  ['5.2.2.1', 'max-age=3600', { maxAge: 3600 }],
  ['5.2.2.2', 'must-revalidate', { mustRevalidate: true, shareable: true }],
  ['5.2.2.3', 'must-understand, no-store', { mustUnderstand: true, noStore: true }],
  ['5.2.2.4', 'no-cache', { noCache: true }],
  ['5.2.2.4, qualified', 'no-cache="set-cookie"', { noCache: true }],
  ['5.2.2.5', 'no-store', { noStore: true }],
  ['5.2.2.7', 'private', { private: true }],
  ['5.2.2.7, qualified', 'private="set-cookie, x-a"', { private: true }],
  ['5.2.2.8', 'proxy-revalidate', { proxyRevalidate: true }],
  ['5.2.2.9', 'public', { public: true, shareable: true }],
  ['5.2.2.10', 's-maxage=60', { sMaxAge: 60, shareable: true }],
  ['5.2.2.10', 'max-age=1, s-maxage=60', { maxAge: 1, sMaxAge: 60, shareable: true }],
  ['RFC 5861 3', 'stale-while-revalidate=30', { staleWhileRevalidate: 30 }],
  ['RFC 5861 4', 'stale-if-error=40', { staleIfError: 40 }],
  ['RFC 8246 2', 'max-age=9, immutable', { maxAge: 9, immutable: true }],
  ['RFC 8246 2, an argument', 'immutable=1', { immutable: true }],
  ['5.2, case', 'MaX-aGe=3600, PUBLIC', { maxAge: 3600, public: true, shareable: true }],
  ['5.2, quoted', 'max-age="3600"', { maxAge: 3600 }],
  ['5.2.3, extension', 'foobar, x=1, y="z", max-age=3600', { maxAge: 3600 }],
  ['RFC 9110 5.6.1, empty members', ' , ,max-age=3600\t,, ', { maxAge: 3600 }],
  ['5.2.2.6', 'no-transform', {}],
  ['empty', '', {}],
  ['1.2.2, leading zeros', 'max-age=003600', { maxAge: 3600 }],
  ['1.2.2, 2^31', 'max-age=2147483648', { maxAge: 2 ** 31 }],
  ['1.2.2, more', 'max-age=2147483649', { maxAge: 2 ** 31 }],
  ['1.2.2, much more', `max-age=${'9'.repeat(400)}`, { maxAge: 2 ** 31 }],
  ['quoted words', 'x="max-age=1, no-store, private", max-age=60', { maxAge: 60 }],
  ['a word as an argument', 'x=private, y=no-store, max-age=60', { maxAge: 60 }],
  ['names that only resemble', 'x-private, no-store-x, xno-cache, private_, max-age=60', { maxAge: 60 }],
]

for (const [source, line, said] of exact) {
  test(`reads ${JSON.stringify(line.slice(0, 60))} (RFC 9111 ${source})`, () => {
    assert.deepEqual(read(line), { ...nothing, ...said })
  })
}

const lifetimes: [why: string, lines: string[], maxAge: number | undefined][] = [
  ['no value', ['max-age'], 0],
  ['empty value', ['max-age='], 0],
  ['empty quotes', ['max-age=""'], 0],
  ['negative', ['max-age=-3600'], 0],
  ['signed', ['max-age=+3600'], 0],
  ['fraction', ['max-age=3600.0'], 0],
  ['letters before', ['max-age=a3600'], 0],
  ['letters behind', ['max-age=3600a'], 0],
  ['single quotes', ["max-age='3600'"], 0],
  ['space inside of quotes', ['max-age=" 3600"'], 0],
  ['space before =', ['max-age =3600'], 0],
  ['space behind =', ['max-age= 3600'], 0],
  ['something behind the value', ['max-age=3600 60'], 0],
  ['a semicolon for a comma', ['max-age=3600; x'], 0],
  ['two values, the first larger', ['max-age=1800, max-age=1'], 1],
  ['two values, the second larger', ['max-age=1, max-age=1800'], 1],
  ['two lines', ['max-age=1800', 'MAX-AGE=1'], 1],
  ['two values, one invalid', ['max-age=1800, max-age=x'], 0],
  ['in quotes, behind', ['max-age=1, x="max-age=3600"'], 1],
  ['in quotes, before', ['x="max-age=3600", max-age="1"'], 1],
]

for (const [why, lines, maxAge] of lifetimes) {
  test(`max-age is the strictest there may be: ${why} (RFC 9111 4.2.1)`, () => {
    assert.equal(read(...lines).maxAge, maxAge)
  })
}

test('s-maxage that is invalid is stale too, and does not let max-age decide (RFC 9111 5.2.2.10)', () => {
  assert.equal(read('max-age=60, s-maxage=x').sMaxAge, 0)
  assert.equal(read('max-age=60, s-maxage').sMaxAge, 0)
  assert.equal(read('s-maxage=x').shareable, false)
})

test('a time to be used stale that is invalid is none, and of several the smallest (RFC 5861)', () => {
  assert.equal(read('stale-while-revalidate').staleWhileRevalidate, undefined)
  assert.equal(read('stale-while-revalidate=9, stale-while-revalidate=x').staleWhileRevalidate, undefined)
  assert.equal(read('stale-while-revalidate=9, stale-while-revalidate=3').staleWhileRevalidate, 3)
  assert.equal(read('stale-if-error =9').staleIfError, undefined)
  assert.equal(read('stale-if-error="9"').staleIfError, 9)
})

const personal = [
  'private=" authorization"',
  'private="  authorization"',
  'private="\tauthorization"',
  'private=""',
  'private=',
  'private=x',
  'private ="x"',
  'private = "x"',
  'private\t=\t"x"',
  'PRIVATE',
  'Private="X"',
  'private;max-age=60',
  'private max-age=60',
  'max-age=60 private',
  'max-age=60; private',
  'max-age=60, private, public',
  '"private"',
  "'private'",
  '\u00a0private',
  '\x0bprivate',
  'private\x00',
  'x= private',
  'x =private',
  'x=1 private',
  'x="a" private',
  'x="a"private',
  'x="a\\", private, b="',
  'x="a, \\"b, private"',
  "x='a, private'",
  'private:x',
  '(private)',
  '{private}',
  '=private',
  'private"x"',
]

for (const line of personal) {
  test(`${JSON.stringify(line)} is private (CVE-2026-9678, GHSA-4cwx-7wf7-3272, GHSA-jr45-8vmc-qm54)`, () => {
    const directives = read(`public, ${line}`)

    assert.ok(directives.private || directives.noStore)
    assert.ok(read(line).private || read(line).noStore)
  })
}

for (const line of [
  'no-store=x',
  'no-store=""',
  'NO-STORE',
  'no-store ;',
  '\tno-store\t',
  'max-age=1 no-store',
  'no-store="a',
]) {
  test(`${JSON.stringify(line)} is no-store`, () => {
    assert.equal(read(`max-age=60, ${line}`).noStore, true)
  })
}

for (const line of [
  'no-cache=x',
  'no-cache=""',
  'No-Cache',
  'no-cache="\tset-cookie"',
  'no-cache = "a, b"',
  'a=1;no-cache',
]) {
  test(`${JSON.stringify(line)} is no-cache`, () => {
    assert.equal(read(line).noCache, true)
  })
}

for (const line of ['"', 'x="', 'max-age=60, x="a', 'max-age="60', 'x="a\\"', 'public, "a" "', 'x=" , max-age=60']) {
  test(`${JSON.stringify(line)} has a quote open: nothing is stored`, () => {
    assert.equal(read(line).noStore, true)
    assert.equal(read(line, '"').noStore, true, 'and another line does not close it')
  })
}

test('a directive that permits counts in its exact form alone', () => {
  for (const line of ['public=1', 'public=""', 'public x', 'public;', '"public"', 'x="public"', 'publicly']) {
    assert.equal(read(line).public, false, line)
    assert.equal(read(line).shareable, false, line)
  }
  assert.equal(read('immutable x').immutable, false)
  assert.equal(read('must-revalidate=1').mustRevalidate, true)
  assert.equal(read('must-revalidate=1').shareable, false)
})

test('must-understand lifts no-store only where all is exact (RFC 9111 5.2.2.3)', () => {
  for (const line of [
    'must-understand=1, no-store',
    'must-understand, no-store=x',
    'must-understand; no-store',
    'must-understand x',
  ]) {
    assert.equal(read(line).noStore, true, line)
    assert.equal(read(line).mustUnderstand, false, line)
  }
})

test('who has the Authorization alone may have it, while anything is in doubt (RFC 9111 3.5)', () => {
  assert.equal(read('public, x y').shareable, false)
  assert.equal(read('s-maxage=60', 'x y').shareable, false)
})

test('several lines add up', () => {
  assert.deepEqual(read('max-age=60', 'no-cache', 's-maxage=30'), {
    ...nothing,
    maxAge: 60,
    sMaxAge: 30,
    noCache: true,
    shareable: true,
  })
})

test('without Cache-Control nothing is said, but Pragma counts (RFC 9111 5.4)', () => {
  const options = { targets: [], surrogate: undefined }

  assert.deepEqual(readResponseDirectives(['X', 'no-store'], options), { ...nothing, present: false })
  assert.equal(readResponseDirectives(['PRAGMA', 'x, No-Cache'], options).noCache, true)
  assert.equal(readResponseDirectives(['Pragma', 'no-cache', 'cache-control', 'max-age=1'], options).noCache, false)
})

test('what is read is frozen', () => {
  assert.ok(Object.isFrozen(read('max-age=1')))
})
