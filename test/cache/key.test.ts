import assert from 'node:assert/strict'
import { test } from 'node:test'
import { extraOf, isKeyed, normalizeUrl, urlOf } from '../../src/cache/key.ts'
import { compileKey, type KeyOptions } from '../../src/cache/key-options.ts'
import type { Target } from '../../src/contract/target.ts'
import { exchangeWith } from '../http/exchange-with.ts'

const all = compileKey('key', undefined)

function target(parts: Partial<Target>): Target {
  return exchangeWith({ target: { authority: 'a.test', port: undefined, query: '', ...parts } }).target
}

function urlWith(query: KeyOptions['query'], given: string): string {
  return urlOf(compileKey('key', { query: query as 'all' }), target({ path: '/x', query: given })).slice(
    'http://a.test/x'.length,
  )
}

test('scheme, host, port, path and query are all in the key, as they were sent (CVE-2026-2836)', () => {
  assert.equal(urlOf(all, target({ path: '/%7Ea//b/../C', query: '?b=%20&a' })), 'http://a.test/%7Ea//b/../C?b=%20&a')
  assert.equal(urlOf(all, target({ scheme: 'https', host: '[::1]', port: 8443 })), 'https://[::1]:8443/x')
  assert.equal(urlOf(all, target({ query: '?' })), 'http://a.test/x?')
})

test("the scheme's own port is the same as none, and the other scheme's is not", () => {
  assert.equal(urlOf(all, target({ port: 80 })), 'http://a.test/x')
  assert.equal(urlOf(all, target({ scheme: 'https', port: 443 })), 'https://a.test/x')
  assert.equal(urlOf(all, target({ port: 443 })), 'http://a.test:443/x')
  assert.equal(urlOf(all, target({ scheme: 'https', port: 80 })), 'https://a.test:80/x')
})

test('parameters that are ignored are left out; the others stay in their order, with duplicates', () => {
  const ignore = ['utm_*', 'ref']

  assert.equal(urlWith({ ignore }, '?b=1&utm_source=x&a&ref=y&b=2&&utm_'), '?b=1&a&b=2&')
  assert.equal(urlWith({ ignore }, '?utm_source=x&ref'), '')
  assert.equal(urlWith({ ignore }, '?Ref=1&reference=2&UTM_x=3'), '?Ref=1&reference=2&UTM_x=3')
  assert.equal(urlWith({ ignore }, '?'), '?')
  assert.equal(urlWith({ ignore: ['@tracking'] }, '?gclid=1&id=7&utm_campaign=2&fbclid=3'), '?id=7')
})

test('only the parameters to keep are kept', () => {
  assert.equal(urlWith({ keep: ['id', 'page*'] }, '?x=1&id=7&page=2&page_size=3&id=8'), '?id=7&page=2&page_size=3&id=8')
  assert.equal(urlWith({ keep: ['id'] }, '?x=1'), '')
  assert.equal(urlWith({ keep: [] }, '?x=1&y'), '')
  assert.equal(urlWith('none', '?x=1&y'), '')
  assert.equal(urlWith('all', '?x=1&y'), '?x=1&y')
})

test('sorting is by name, and keeps the order of duplicates in whatever case', () => {
  assert.equal(urlWith({ sort: true }, '?b=1&a=2&B=0&a=1'), '?a=2&a=1&b=1&B=0')
  assert.equal(urlWith({ sort: true, ignore: ['c'] }, '?b=1&c&a'), '?a&b=1')
})

/** Rules, and two queries that an origin may answer differently. */
const cloaked: readonly (readonly [KeyOptions['query'], string, string])[] = [
  [{ ignore: ['utm_*'] }, '?utm_content=1;callback=evil', ''],
  [{ ignore: ['utm_*'] }, '?utm_content=1;callback=evil&a=1', '?a=1'],
  [{ ignore: ['ref'] }, '?ref=1;a=2', '?ref=1'],
  [{ ignore: ['utm_*'] }, '?utm_%26callback=evil', ''],
  [{ keep: ['id'] }, '?%69d=7', ''],
  [{ keep: ['id'] }, '?ID=7', ''],
  [{ keep: ['id'] }, '?id[]=7', ''],
  [{ keep: ['id'] }, '?id%5B%5D=7', ''],
  [{ keep: ['id'] }, '?+id=7', ''],
  [{ keep: ['a_b'] }, '?a.b=7', ''],
  [{ keep: ['id'] }, '?x=1;id=7', ''],
  [{ keep: ['id'] }, '?id=7&id=8', '?id=8&id=7'],
  [{ sort: true }, '?%61=1&a=2', '?a=2&%61=1'],
  [{ sort: true }, '?A=1&a=2', '?a=2&A=1'],
  [{ sort: true }, '?a=1&a=2', '?a=2&a=1'],
  [{ sort: true }, '?a.b=1&a_b=2', '?a_b=2&a.b=1'],
  [{ sort: true }, '?a=1;c=1&b=1;c=2', '?b=1;c=2&a=1;c=1'],
]
for (const [query, theirs, ours] of cloaked) {
  test(`with ${JSON.stringify(query)}, ${theirs} does not pass for '${ours}' (parameter cloaking)`, () => {
    assert.notEqual(urlWith(query, theirs), urlWith(query, ours))
  })
}

test('without rules, every difference in the query is one in the key', () => {
  const queries = [
    '',
    '?',
    '?a=1;b=2',
    '?a=1&b=2',
    '?b=2&a=1',
    '?a=1',
    '?a=1&a=1',
    '?a=1&',
    '?utm_x=1',
    '?A=1',
    '?%61=1',
  ]

  assert.equal(new Set(queries.map((query) => urlOf(all, target({ query })))).size, queries.length)
})

test('a URL given as text becomes the one that the store knows', () => {
  const plan = compileKey('key', { query: { ignore: ['utm_*'] } })

  assert.equal(normalizeUrl(plan, 'HTTPS://A.Test.:443/P?utm_x=1&b#top'), 'https://a.test/P?b')
  assert.equal(normalizeUrl(plan, 'http://a.test'), 'http://a.test/')
  assert.equal(normalizeUrl(plan, 'http://a.test?b'), 'http://a.test/?b')
  assert.equal(normalizeUrl(all, 'http://[::1]:8080/a/../%7E'), 'http://[::1]:8080/a/../%7E')
  for (const wrong of [
    '/x',
    'ftp://a.test/',
    'http://u@a.test/',
    'http:///x',
    'http://a.test/ü',
    'http://a.test/a b',
    '',
    'a.test',
  ]) {
    assert.equal(normalizeUrl(all, wrong), undefined, wrong)
  }
})

test('without fields, cookies and a function, the place is all there is beside the URL', () => {
  assert.equal(extraOf(all, exchangeWith({}), 'web'), '3:web')
  assert.equal(extraOf(all, exchangeWith({}), ''), '0:')
})

test('places are told apart however many there are', () => {
  const extras = new Set<string>()
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 3000; i++) extras.add(extraOf(all, exchangeWith({}), `p${i}`))
  }

  assert.equal(extras.size, 3000)
  assert.ok(all.places.size <= 1000)
})

test('each field, cookie and function tells requests apart', () => {
  const plan = compileKey('key', {
    fields: ['X-Tenant', 'Accept-Encoding'],
    cookies: ['plan', 'lang'],
    by: ({ client }) => (client.ip === '192.0.2.1' ? undefined : client.ip),
  })
  const requests = [
    exchangeWith({}),
    exchangeWith({ fields: ['x-tenant', ''] }),
    exchangeWith({ fields: ['x-tenant', 'a'] }),
    exchangeWith({ fields: ['x-tenant', 'A'] }),
    exchangeWith({ fields: ['x-tenant', 'a', 'X-TENANT', ''] }),
    exchangeWith({ fields: ['x-tenant', 'a', 'X-TENANT', 'b'] }),
    exchangeWith({ fields: ['x-tenant', 'a, b'] }),
    exchangeWith({ fields: ['accept-encoding', 'br'] }),
    exchangeWith({ fields: ['accept-encoding', ''] }),
    exchangeWith({ fields: ['cookie', 'plan=a'] }),
    exchangeWith({ fields: ['cookie', 'plan='] }),
    exchangeWith({ fields: ['cookie', 'lang=a'] }),
    exchangeWith({ fields: ['cookie', 'plan=a; plan=b'] }),
    exchangeWith({ fields: ['cookie', 'plan=a; lang=a'] }),
    exchangeWith({ client: { ip: '192.0.2.2' } }),
    exchangeWith({ client: { ip: '' } }),
  ]

  assert.equal(new Set(requests.map((request) => extraOf(plan, request, 'web'))).size, requests.length)
})

test('what means the same in an Accept field, or is no keyed cookie, makes no new key', () => {
  const plan = compileKey('key', { fields: ['accept-encoding'], cookies: ['plan'] })
  const extra = (...fields: string[]): string => extraOf(plan, exchangeWith({ fields }), 'web')

  assert.equal(extra('Accept-Encoding', 'br, gzip'), extra('accept-encoding', 'gzip,br'))
  assert.equal(extra('Cookie', 'id=1; plan=a', 'X', '1'), extra('cookie', 'plan = a ;id=2'))
  assert.equal(extra('Cookie', 'xplan=a; plan2=b; plan'), extra())
})

test('keys of different plans do not meet: a cookie of a value is no field of it', () => {
  const exchange = exchangeWith({ fields: ['x', 'v', 'cookie', 'x=v', 'y', 'v'] })
  const options: KeyOptions[] = [{ fields: ['x'] }, { cookies: ['x'] }, { by: () => 'v' }, { fields: ['y'] }, {}]

  assert.equal(new Set(options.map((given) => extraOf(compileKey('key', given), exchange, 'web'))).size, options.length)
})

test('a function that gives no text makes no key', () => {
  const plan = compileKey('key', { by: (() => 7) as never })

  assert.throws(() => extraOf(plan, exchangeWith({}), 'web'), TypeError)
})

test('a keyed field is known in any case', () => {
  assert.equal(isKeyed(compileKey('key', { fields: ['X-Host'] }), 'x-HOST'), true)
  assert.equal(isKeyed(all, 'x-host'), false)
})
