import assert from 'node:assert/strict'
import test from 'node:test'
import { type Freshness, type FreshnessOptions, readFreshness } from '../../src/cache/freshness.ts'
import { readResponseDirectives } from '../../src/cache/response-directives.ts'
import { formatHttpDate } from '../../src/http/http-date.ts'

const now = Date.UTC(2026, 0, 1, 12)
const longest = 2 ** 31 * 1000
const asSaid: FreshnessOptions = {
  ttl: undefined,
  defaultTtl: undefined,
  negativeTtl: undefined,
  heuristicShare: 0.1,
  heuristicMax: 86_400_000,
}

interface Case {
  readonly status?: number
  readonly options?: Partial<FreshnessOptions>
  readonly requestTime?: number
  readonly responseTime?: number
}

/** Numbers are dates, in seconds from now. */
function read(
  fields: readonly (string | number)[],
  { status, options, requestTime, responseTime }: Case = {},
): Freshness {
  const texts = fields.map((field) => (typeof field === 'number' ? formatHttpDate(now + field * 1000) : field))
  const directives = readResponseDirectives(texts, { targets: ['cdn-cache-control'], surrogate: 'edge' })
  const settings = { ...asSaid, ...options }
  return readFreshness(status ?? 200, texts, directives, requestTime ?? now, responseTime ?? now, settings)
}

/** Is it fresh when it comes? */
function isFresh({ lifetime, initialAge }: Freshness): boolean {
  return initialAge < lifetime
}

const lifetimes: [source: string, fields: (string | number)[], seconds: number][] = [
  ['max-age', ['Cache-Control', 'max-age=60'], 60],
  ['s-maxage before max-age', ['Cache-Control', 'max-age=60, s-maxage=5'], 5],
  ['s-maxage of 0', ['Cache-Control', 's-maxage=0, max-age=60'], 0],
  ['max-age before Expires', ['Cache-Control', 'max-age=60', 'Expires', -100, 'Date', 0], 60],
  ['max-age of 0 before Expires', ['Cache-Control', 'max-age=0', 'Expires', 100, 'Date', 0], 0],
  ['max-age before an invalid Expires', ['Cache-Control', 'max-age=60', 'Expires', '0'], 60],
  ['Expires less Date', ['Expires', 100, 'Date', 0], 100],
  ['Expires less a Date that is slow', ['Expires', 10, 'Date', -10], 20],
  ['Expires less a Date that is fast', ['Expires', 20, 'Date', 10], 10],
  ['Expires before Date', ['Expires', 300, 'Date', 400], 0],
  ['Expires in the past', ['Expires', -100, 'Date', 0], 0],
  ['Expires and Date alike', ['Expires', 0, 'Date', 0], 0],
  ['Expires without Date', ['Expires', 100], 100],
  ['Expires and a Date that is none', ['Expires', 100, 'Date', 'foo'], 100],
  ['Expires: 0', ['Expires', '0', 'Date', 0], 0],
  ['Expires: -1', ['Expires', '-1'], 0],
  ['Expires that is empty', ['Expires', ''], 0],
  ['two Expires', ['Expires', 100, 'Expires', 200, 'Date', 0], 0],
  ['two Dates', ['Expires', 100, 'Date', -20, 'Date', 0], 100],
  ['two Dates, the other way round', ['Expires', 100, 'Date', 0, 'Date', -20], 100],
  ['beyond 2^31 seconds', ['Cache-Control', 'max-age=99999999999'], 2 ** 31],
  ['Expires beyond 2^31 seconds', ['Expires', 'Fri, 31 Dec 9999 23:59:59 GMT', 'Date', 0], 2 ** 31],
  ['a targeted field before Expires (RFC 9213 2.2)', ['CDN-Cache-Control', 'public', 'Expires', 100, 'Date', 0], 0],
  ['Surrogate-Control before Expires', ['Surrogate-Control', 'max-age=60', 'Expires', -100, 'Date', 0], 60],
]

for (const [source, fields, seconds] of lifetimes) {
  test(`the lifetime is that of ${source} (RFC 9111 4.2.1)`, () => {
    const freshness = read(fields)

    assert.equal(freshness.lifetime, seconds * 1000)
    assert.equal(freshness.heuristic, false)
    assert.equal(freshness.explicit, !fields.includes('CDN-Cache-Control'))
  })
}

for (const status of [200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 451, 501]) {
  test(`${status} that says nothing is fresh for a tenth of its time without change (RFC 9111 4.2.2)`, () => {
    const freshness = read(['Last-Modified', -3600, 'Date', 0], { status })

    assert.deepEqual([freshness.lifetime, freshness.heuristic, freshness.explicit], [360_000, true, false])
  })
}

for (const status of [201, 202, 302, 303, 307, 400, 401, 403, 500, 502, 503, 504, 599]) {
  test(`${status} that says nothing is not guessed at, unless it is public (RFC 9111 4.2.2)`, () => {
    const fields = ['Last-Modified', -3600, 'Date', 0]

    assert.deepEqual(read(fields, { status }).lifetime, 0)
    assert.equal(read([...fields, 'Cache-Control', 'public'], { status }).lifetime, 360_000)
  })
}

test('a guess has a bound, and needs a Last-Modified that can be believed', () => {
  assert.equal(read(['Last-Modified', -86_400 * 365]).lifetime, 86_400_000)
  assert.equal(read(['Last-Modified', 100]).heuristic, false, 'ahead of us')
  assert.equal(read(['Last-Modified', -100, 'Date', -200]).heuristic, false, 'after Date')
  assert.equal(read(['Last-Modified', -1000, 'Last-Modified', -9000]).heuristic, false, 'two')
  assert.equal(read(['Last-Modified', 'x']).heuristic, false)
  assert.equal(read(['Last-Modified', -1000, 'Date', 9000]).lifetime, 100_000, 'a Date ahead of us does not stretch it')
  assert.equal(read(['Last-Modified', -1000, 'Expires', '0']).heuristic, false, 'Expires has spoken')
  assert.equal(read(['Last-Modified', -1000], { options: { heuristicShare: 0 } }).lifetime, 0)
})

const ages: [source: string, fields: (string | number)[], milliseconds: number][] = [
  ['no Age', ['Date', 0], 0],
  ['Age', ['Age', '30'], 30_000],
  ['a Date in the past', ['Date', -7200], 7_200_000],
  ['a Date in the past, and a larger Age', ['Date', -10, 'Age', '25'], 25_000],
  ['a Date in the past, and a smaller Age', ['Date', -30, 'Age', '25'], 30_000],
  ['a Date ahead of us', ['Date', 3600], 0],
  ['a Date that is none', ['Date', 'foo'], 0],
  ['two Dates', ['Date', 0, 'Date', -50], 50_000],
  ['a list that its sender wrote', ['Age', '7200,0'], 7_200_000],
  ['a list that its sender wrote', ['Age', '0,7200'], 0],
  ['two lines that were joined', ['Age', '0, 0'], longest],
  ['two lines that were joined', ['Age', '3600, 3600'], longest],
  ['two lines', ['Age', '0', 'Age', '0'], longest],
  ['two lines', ['Age', '7200', 'Age', '0'], longest],
  ['two lines', ['Age', '0', 'Age', '7200'], longest],
  ['letters', ['Age', 'abc'], longest],
  ['a sign', ['Age', '-7200'], longest],
  ['a sign', ['Age', '+0'], longest],
  ['a fraction', ['Age', '0.0'], longest],
  ['a parameter', ['Age', '0;foo=bar'], longest],
  ['nothing', ['Age', ''], longest],
  ['spaces', ['Age', '0 0'], longest],
  ['a member missing', ['Age', ',0'], longest],
  ['a number beyond all', ['Age', '9'.repeat(50)], longest],
  ['a Date beyond all', ['Date', 'Mon, 01 Jan 0001 00:00:00 GMT'], longest],
]

for (const [source, fields, milliseconds] of ages) {
  test(`the age by ${source}, ${fields.slice(1).join(' ').slice(0, 30)}, is ${milliseconds} ms (RFC 9111 4.2.3, 5.1)`, () => {
    const freshness = read([...fields, 'Cache-Control', 'max-age=99999999999'])

    assert.equal(freshness.initialAge, milliseconds)
    assert.equal(isFresh(freshness), milliseconds < longest)
  })
}

test('what it took to answer is part of the age (RFC 9111 4.2.3)', () => {
  assert.equal(read(['Age', '10'], { requestTime: now - 1500 }).initialAge, 11_500)
  assert.equal(read([], { requestTime: now - 1500 }).initialAge, 1500)
})

test('a clock that jumps back while the answer comes makes no negative age', () => {
  assert.equal(read(['Date', 0], { requestTime: now + 3_600_000 }).initialAge, 0)
})

test('what Date cuts off of a second is no age', () => {
  assert.equal(read(['Date', 0], { requestTime: now + 999, responseTime: now + 999 }).initialAge, 0)
  assert.equal(read(['Date', 0], { requestTime: now + 1001, responseTime: now + 1001 }).initialAge, 1000)
})

test('the date is Date, or when the response came', () => {
  assert.equal(read(['Date', -50]).date, now - 50_000)
  assert.equal(read(['Date', 50]).date, now)
  assert.equal(read(['Date', 'x']).date, now)
  assert.equal(read([]).date, now)
  assert.equal(read(['Date', -20, 'Date', -10]).date, now - 20_000)
})

test('ttl stands in for whatever the response says, and for what says nothing where it may be guessed', () => {
  const options = { ttl: 5000 }

  assert.deepEqual(read(['Cache-Control', 'max-age=60'], { options }), {
    lifetime: 5000,
    initialAge: 0,
    explicit: true,
    heuristic: false,
    date: now,
  })
  assert.equal(read(['Last-Modified', -3600], { options }).lifetime, 5000)
  assert.equal(read([], { options }).lifetime, 5000)
  assert.equal(read(['Cache-Control', 'max-age=60'], { options, status: 503 }).lifetime, 5000)
  assert.equal(read([], { options, status: 503 }).lifetime, 0)
  assert.equal(read([], { options, status: 503 }).explicit, false)
})

test('defaultTtl is for what says nothing and cannot be guessed', () => {
  const options = { defaultTtl: 5000 }

  assert.deepEqual([read([], { options }).lifetime, read([], { options }).explicit], [5000, false])
  assert.equal(read(['Last-Modified', -3600], { options }).lifetime, 360_000)
  assert.equal(read(['Cache-Control', 'max-age=0'], { options }).lifetime, 0)
  assert.equal(read(['Expires', '0'], { options }).lifetime, 0)
  assert.equal(read([], { options, status: 500 }).lifetime, 0)
})

test('negativeTtl is for what is not there and says nothing, before ttl; 0 is not to be stored', () => {
  for (const status of [404, 405, 410, 414, 501]) {
    assert.equal(read(['Last-Modified', -3600], { status, options: { negativeTtl: 7000, ttl: 1 } }).lifetime, 7000)
    assert.ok(read(['Last-Modified', -3600], { status, options: { negativeTtl: 0 } }).lifetime < 0)
    assert.equal(read(['Cache-Control', 'max-age=60'], { status, options: { negativeTtl: 0 } }).lifetime, 60_000)
  }
  assert.equal(read([], { status: 200, options: { negativeTtl: 7000 } }).lifetime, 0)
})
