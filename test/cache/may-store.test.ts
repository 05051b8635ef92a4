import assert from 'node:assert/strict'
import test from 'node:test'
import { readFreshness } from '../../src/cache/freshness.ts'
import { type StoringRequest, whyNotStored } from '../../src/cache/may-store.ts'
import { readResponseDirectives } from '../../src/cache/response-directives.ts'
import { formatHttpDate } from '../../src/http/http-date.ts'

const now = Date.UTC(2026, 0, 1, 12)
const get: StoringRequest = {
  method: 'GET',
  hasBody: false,
  noStore: false,
  hasAuthorization: false,
  hasCookie: false,
  hasRange: false,
}

interface Settings {
  readonly ttl?: number
  readonly defaultTtl?: number
  readonly negativeTtl?: number
  readonly storeSetCookie?: boolean
}

function why(
  request: Partial<StoringRequest>,
  status: number,
  fields: readonly string[],
  settings: Settings = {},
): string {
  const directives = readResponseDirectives(fields, { targets: ['cdn-cache-control'], surrogate: undefined })
  const freshness = readFreshness(status, fields, directives, now, now, {
    ttl: settings.ttl,
    defaultTtl: settings.defaultTtl,
    negativeTtl: settings.negativeTtl,
    heuristicShare: 0.1,
    heuristicMax: 86_400_000,
  })
  const hasValidator = fields.some((name, i) => i % 2 === 0 && (name === 'ETag' || name === 'Last-Modified'))
  const response = { status, fields, directives, freshness, hasValidator }
  const storeSetCookie = settings.storeSetCookie ?? false
  return whyNotStored({ ...get, ...request }, response, { storeSetCookie }) ?? 'stored'
}

const fresh = ['Cache-Control', 'max-age=60']
const expires = ['Expires', formatHttpDate(now + 60_000), 'Date', formatHttpDate(now)]
const dated = ['Last-Modified', formatHttpDate(now - 3_600_000)]
const tagged = ['ETag', '"a"']
const control = (value: string): string[] => ['Cache-Control', value]

const cases: [
  promise: string,
  request: Partial<StoringRequest>,
  status: number,
  fields: string[],
  result: string,
  settings?: Settings,
][] = [
  ['a fresh answer to GET is stored', {}, 200, fresh, 'stored'],
  ['HEAD stores nothing', { method: 'HEAD' }, 200, fresh, 'method'],
  ['PUT stores nothing', { method: 'PUT', contentLocationIsTarget: true }, 200, fresh, 'method'],
  ['QUERY stores nothing', { method: 'QUERY' }, 200, fresh, 'method'],
  ['methods have case (RFC 9110 9.1)', { method: 'get' }, 200, fresh, 'method'],
  ['a GET with content stores nothing (CVE-2025-4366)', { hasBody: true }, 200, fresh, 'body'],
  ['no-store of the request counts (5.2.1.5)', { noStore: true }, 200, fresh, 'request-no-store'],

  ['POST with Content-Location and a lifetime is stored (RFC 9110 9.3.3)', post(), 200, fresh, 'stored'],
  ['so by Expires', post(), 200, expires, 'stored'],
  ['POST without Content-Location is not', { method: 'POST', hasBody: true }, 200, fresh, 'method'],
  ['POST that is guessed at is not', post(), 200, dated, 'method'],
  ['POST that ttl alone is for is not', post(), 200, [], 'method', { ttl: 60_000 }],
  ['POST that failed is not', post(), 404, fresh, 'method'],
  ['POST in part is not', { ...post(), hasRange: true }, 206, [...fresh, 'Content-Range', 'bytes 0-1/2'], 'method'],

  ['private is not stored (5.2.2.7)', {}, 200, control('private, max-age=60'), 'private'],
  ['private with names is not stored', {}, 200, control('private="x", max-age=60'), 'private'],
  ['no-store is not stored (5.2.2.5)', {}, 200, control('no-store, max-age=60'), 'no-store'],
  ['an open quote is not stored', {}, 200, control('max-age=60, x="'), 'no-store'],
  [
    'no-store with must-understand is stored where the status is understood (5.2.2.3)',
    {},
    200,
    control('no-store, must-understand, max-age=60'),
    'stored',
  ],
  ['so it is with 404', {}, 404, control('no-store, must-understand, max-age=60'), 'stored'],
  ['not where the status is not understood', {}, 299, control('no-store, must-understand, max-age=60'), 'status'],
  ['not even without no-store', {}, 599, control('must-understand, max-age=60'), 'status'],
  ['must-understand does not lift private', {}, 200, control('must-understand, private, max-age=60'), 'private'],
  [
    'must-understand that is not exact lifts nothing',
    {},
    200,
    control('must-understand=1, no-store, max-age=60'),
    'no-store',
  ],
  ['ttl does not lift no-store', {}, 200, control('no-store'), 'no-store', { ttl: 60_000 }],
  ['ttl does not lift private', {}, 200, control('private'), 'private', { ttl: 60_000 }],

  ['Authorization keeps it from others (3.5)', { hasAuthorization: true }, 200, fresh, 'authorization'],
  ['but for public', { hasAuthorization: true }, 200, control('public, max-age=60'), 'stored'],
  ['but for s-maxage', { hasAuthorization: true }, 200, control('s-maxage=60'), 'stored'],
  ['but for must-revalidate', { hasAuthorization: true }, 200, control('must-revalidate, max-age=60'), 'stored'],
  [
    'not for proxy-revalidate',
    { hasAuthorization: true },
    200,
    control('proxy-revalidate, max-age=60'),
    'authorization',
  ],
  [
    'not for public that is not exact',
    { hasAuthorization: true },
    200,
    control('public=1, max-age=60'),
    'authorization',
  ],
  [
    'not for s-maxage that is invalid',
    { hasAuthorization: true },
    200,
    [...control('s-maxage=x'), ...tagged],
    'authorization',
  ],
  ['not for ttl', { hasAuthorization: true }, 200, [], 'authorization', { ttl: 60_000 }],
  [
    'not for public of Cache-Control where a targeted field speaks',
    { hasAuthorization: true },
    200,
    [...control('public'), 'CDN-Cache-Control', 'max-age=60'],
    'authorization',
  ],

  ['Set-Cookie is not stored', {}, 200, [...fresh, 'Set-Cookie', 'a=b'], 'set-cookie'],
  ['in any case', {}, 200, [...fresh, 'SET-COOKIE', ''], 'set-cookie'],
  ['nor is Set-Cookie2', {}, 200, [...fresh, 'Set-Cookie2', 'a=b'], 'set-cookie'],
  ['unless asked', {}, 200, [...fresh, 'Set-Cookie', 'a=b'], 'stored', { storeSetCookie: true }],
  ['public does not lift it', {}, 200, [...control('public, max-age=60'), 'Set-Cookie', 'a=b'], 'set-cookie'],

  ['Vary: * is not stored (4.1)', {}, 200, [...fresh, 'Vary', '*'], 'vary'],
  ['as one of several', {}, 200, [...fresh, 'Vary', 'Accept,\t* , Cookie'], 'vary'],
  ['in a second line', {}, 200, [...fresh, 'Vary', 'Accept', 'vary', '*'], 'vary'],
  ['a name with a star is a name', {}, 200, [...fresh, 'Vary', 'x*, *y'], 'stored'],

  ['with Cookie, a guess is not stored', { hasCookie: true }, 200, dated, 'cookie'],
  ['with Cookie, the default is not enough', { hasCookie: true }, 200, [], 'cookie', { defaultTtl: 60_000 }],
  ['with Cookie, not even for validation', { hasCookie: true }, 200, [...control('no-cache'), ...dated], 'cookie'],
  ['with Cookie, not with max-age=0', { hasCookie: true }, 200, [...control('max-age=0'), ...tagged], 'cookie'],
  ['with Cookie, it is stored when it says it is fresh', { hasCookie: true }, 200, fresh, 'stored'],
  [
    'with Cookie, a guess is stored when it is public',
    { hasCookie: true },
    200,
    [...control('public'), ...dated],
    'stored',
  ],
  ['with Cookie, ttl is a word', { hasCookie: true }, 200, [], 'stored', { ttl: 60_000 }],

  ['what says nothing and has no validator is of no use', {}, 200, [], 'no-freshness'],
  ['what says nothing is stored to be validated', {}, 200, tagged, 'stored'],
  ['a guess is stored', {}, 200, dated, 'stored'],
  ['by default it is stored', {}, 200, [], 'stored', { defaultTtl: 60_000 }],
  ['a status that is not guessed at is not stored (RFC 9110 15.1)', {}, 302, tagged, 'no-freshness'],
  ['nor by ttl', {}, 503, tagged, 'no-freshness', { ttl: 60_000 }],
  ['nor by no-cache', {}, 500, [...control('no-cache'), ...tagged], 'no-freshness'],
  ['but by its word', {}, 302, fresh, 'stored'],
  ['but by Expires', {}, 503, expires, 'stored'],
  ['but by public', {}, 599, [...control('public'), ...dated], 'stored'],
  [
    'Expires does not count where a targeted field speaks',
    {},
    302,
    [...expires, ...tagged, 'CDN-Cache-Control', 'foo'],
    'no-freshness',
  ],
  ['stale on arrival is of no use', {}, 200, [...fresh, 'Age', '60'], 'stale'],
  ['unless there is a validator', {}, 200, [...fresh, 'Age', '60', ...tagged], 'stored'],
  ['or it may be used stale', {}, 200, [...control('max-age=60, stale-while-revalidate=30'), 'Age', '70'], 'stored'],
  ['or for an error', {}, 200, [...control('max-age=60, stale-if-error=30'), 'Age', '70'], 'stored'],
  ['but not any more', {}, 200, [...control('max-age=60, stale-if-error=30'), 'Age', '90'], 'stale'],
  [
    'nor where it is bound (4.2.4)',
    {},
    200,
    [...control('max-age=60, stale-if-error=30, must-revalidate'), 'Age', '70'],
    'stale',
  ],
  ['no-cache without a validator is of no use', {}, 200, control('no-cache, max-age=60'), 'no-validator'],
  ['no-cache with one is stored', {}, 200, [...control('no-cache'), ...tagged], 'stored'],

  ['404 is stored by negativeTtl', {}, 404, [], 'stored', { negativeTtl: 1000 }],
  ['404 is not stored with negativeTtl 0, whatever its validator', {}, 404, tagged, 'no-freshness', { negativeTtl: 0 }],
  ['404 that says something is stored all the same', {}, 404, fresh, 'stored', { negativeTtl: 0 }],

  ['part of a representation is stored', { hasRange: true }, 206, [...fresh, 'Content-Range', 'bytes 0-1/9'], 'stored'],
  ['not where no part was asked for', {}, 206, [...fresh, 'Content-Range', 'bytes 0-1/9'], 'range'],
  ['not without Content-Range', { hasRange: true }, 206, fresh, 'range'],
  [
    'not with two',
    { hasRange: true },
    206,
    [...fresh, 'Content-Range', 'bytes 0-1/9', 'content-range', 'bytes 0-1/9'],
    'range',
  ],
  [
    'not in several parts',
    { hasRange: true },
    206,
    [...fresh, 'Content-Range', 'bytes 0-1/9', 'Content-Type', ' Multipart/ByteRanges; boundary=a'],
    'range',
  ],
  ['200 may have Content-Range, which means nothing', {}, 200, [...fresh, 'Content-Range', 'x'], 'stored'],
]

function post(): Partial<StoringRequest> {
  return { method: 'POST', hasBody: true, contentLocationIsTarget: true }
}

for (const [promise, request, status, fields, result, settings] of cases) {
  test(`${promise}: ${status} ${fields.join(' ')}`, () => {
    assert.equal(why(request, status, fields, settings), result)
  })
}

for (const status of [100, 103, 199, 304, 407, 408, 412, 416, 417, 421, 425, 426, 428, 429, 431, 511]) {
  test(`${status} is never stored, whatever it says (RFC 9111 3, RFC 6585)`, () => {
    assert.equal(why({ hasRange: true }, status, control('public, max-age=60')), 'status')
  })
}

for (const status of [400, 413, 414, 501]) {
  test(`${status}, which an odd head provokes, is stored by its own word alone (CPDoS)`, () => {
    assert.equal(why({}, status, []), 'status')
    for (const settings of [{ ttl: 60_000 }, { defaultTtl: 60_000 }, { negativeTtl: 60_000 }]) {
      assert.equal(why({}, status, [], settings), 'status')
      assert.equal(why({}, status, tagged, settings), 'status')
    }
    assert.equal(why({}, status, control('public'), { defaultTtl: 60_000 }), 'status')
    assert.equal(why({}, status, fresh), 'stored')
    assert.equal(why({}, status, expires), 'stored')
  })
}

test('414 and 501 that somebody dated are guessed at (RFC 9110 15.1), 400 and 413 are not', () => {
  assert.deepEqual(
    [400, 413, 414, 501].map((status) => why({}, status, dated)),
    ['status', 'status', 'stored', 'stored'],
  )
})
