import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileKey } from '../../src/cache/key-options.ts'
import { dropUnkeyed } from '../../src/cache/unkeyed-fields.ts'
import type { Exchange } from '../../src/contract/exchange.ts'
import { buildRequestFields, compileRequestFields, type RequestFieldOptions } from '../../src/http/request-fields.ts'
import { exchangeWith } from '../http/exchange-with.ts'

const none = compileKey('key', undefined)
const trusted: Exchange = exchangeWith({ client: { trusted: true } })
const untrusted: Exchange = exchangeWith({})

const byDefault: RequestFieldOptions = {
  host: 'preserve',
  forwarded: { x: true, standard: true },
  via: 'us',
  requestIdField: undefined,
  underscores: 'drop',
  rules: undefined,
}

/** What the origin gets of a request with these fields. */
function sent(fields: readonly string[], options: Partial<RequestFieldOptions>, isTrusted: boolean): readonly string[] {
  const exchange = exchangeWith({ fields: ['Host', 'a.test:8080', ...fields], client: { trusted: isTrusted } })
  const plan = compileRequestFields({ ...byDefault, ...options })
  return dropUnkeyed(none, buildRequestFields(plan, exchange, false), exchange)
}

const routing = [
  'X-Original-URL',
  'X-Rewrite-URL',
  'X-Original-URI',
  'X-HTTP-Method-Override',
  'X-HTTP-Method',
  'X-Method-Override',
  'X-Original-Host',
  'X-Host',
  'Front-End-Https',
  'X-Url-Scheme',
  'X-Script-Name',
  'X_Original_URL',
]
const forwarded = [
  'X-Forwarded-Scheme',
  'X-Forwarded-Server',
  'X-Forwarded-Prefix',
  'X-Forwarded-Path',
  'X-Forwarded-SSL',
  'X-Forwarded-Uri',
]
for (const name of [...routing, ...forwarded]) {
  test(`${name} does not reach the origin of a request that may be stored (cache poisoning)`, () => {
    for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) {
      assert.deepEqual(dropUnkeyed(none, ['A', '1', spelling, 'evil', 'B', '2'], trusted), ['A', '1', 'B', '2'])
    }
  })

  test(`${name} reaches the origin when it is in the key`, () => {
    if (name.includes('_')) return
    const fields = ['A', '1', name, 'evil']
    assert.equal(dropUnkeyed(compileKey('key', { fields: [name] }), fields, trusted), fields)
  })
}

for (const name of routing) {
  test(`${name} is dropped for clients that are not trusted too`, () => {
    assert.deepEqual(dropUnkeyed(none, [name, 'evil'], untrusted), [])
  })
}

test('a request with nothing to drop keeps its array', () => {
  const fields = buildRequestFields(
    compileRequestFields(byDefault),
    exchangeWith({
      fields: ['Host', 'a.test:8080', 'Accept', '*/*', 'Accept-Encoding', 'br', 'X-Requested-With', 'x'],
    }),
    false,
  )

  assert.equal(dropUnkeyed(none, fields, untrusted), fields)
  assert.equal(dropUnkeyed(none, fields, trusted), fields)
})

test('what a client that is not trusted says of itself never gets there, and what we say does', () => {
  const forged = ['X-Forwarded-Host', 'evil.test', 'Forwarded', 'host=evil.test', 'X-Forwarded-Proto', 'https']

  assert.deepEqual(sent(forged, {}, false), sent([], {}, false))
  assert.match(sent(forged, {}, false).join(), /X-Forwarded-Host,a\.test:8080,.*host="a\.test:8080"/)
})

test('a client cannot take away a field that a rule of ours sets', () => {
  const rules = { set: { 'X-Forwarded-Prefix': '/app', 'X-Forwarded-Host': 'public.test' } }
  const plain = sent([], { rules }, false)

  assert.deepEqual(sent(['X-Forwarded-Prefix', '/app', 'X-Forwarded-Host', 'public.test'], { rules }, false), plain)
  assert.ok(plain.includes('/app') && plain.includes('public.test'))
})

test('what a trusted peer says of host, scheme and port becomes what the key says', () => {
  const fields = ['X-Forwarded-Host', 'evil.test', 'X-Forwarded-Proto', 'https', 'X-Forwarded-Port', '443']

  const expected = ['X-Forwarded-Host', 'a.test:8080', 'X-Forwarded-Proto', 'http', 'X-Forwarded-Port', '8080']
  assert.deepEqual(dropUnkeyed(none, fields, trusted), expected)
})

test('what a trusted peer says in other words stays as it is', () => {
  const fields = ['X-Forwarded-Host', 'A.Test:8080', 'X-Forwarded-Proto', 'HTTP', 'X-Forwarded-Port', '8080']

  assert.equal(dropUnkeyed(none, fields, trusted), fields)
})

test('a host that only Forwarded of a trusted peer names does not come in by X-Forwarded-Host', () => {
  const fields = sent(['Forwarded', 'for=192.0.2.9;host=evil.test;proto=https'], {}, true)

  assert.doesNotMatch(fields.join(), /evil|https/)
  assert.match(fields.join(), /for=192\.0\.2\.9/)
})

test('nothing that contradicts the key is left of any request of a trusted peer', () => {
  const evil = ['X-Forwarded-Host', 'evil.test', 'x_forwarded_host', 'evil.test', 'Forwarded', 'host="evil.test"']
  const more = [
    ...evil,
    'X-Original-URL',
    '/evil',
    'X-Forwarded-Prefix',
    '/evil',
    'X-Forwarded-Host',
    'a.test,evil.test',
  ]

  for (const underscores of ['pass', 'drop'] as const) {
    for (const x of [true, false]) {
      assert.doesNotMatch(sent(more, { underscores, forwarded: { x, standard: !x } }, true).join(), /evil/)
    }
  }
})

/** Forwarded as a trusted peer may have sent it, and what is left for `http://a.test:8080`. */
const elements: readonly (readonly [string, string | undefined])[] = [
  ['for=192.0.2.1;host="a.test:8080";proto=http', 'for=192.0.2.1;host="a.test:8080";proto=http'],
  ['for=192.0.2.1;host=b.test;proto=http', 'for=192.0.2.1;proto=http'],
  ['for=192.0.2.1 ; HOST = "b.test" ; Proto=https', 'for=192.0.2.1'],
  ['host=b.test', undefined],
  ['host=b.test, for=192.0.2.1', 'for=192.0.2.1'],
  ['for="a,b;host=c";host=b.test, by=x', 'for="a,b;host=c", by=x'],
  ['for="\\";host=b.test"', 'for="\\";host=b.test"'],
  ['host="a.t\\est:8080"', 'host="a.t\\est:8080"'],
  ['for="a;host=b.test', undefined],
]
for (const [value, left] of elements) {
  test(`of Forwarded: ${value} there is left: ${left}`, () => {
    assert.deepEqual(dropUnkeyed(none, ['Forwarded', value], trusted), left === undefined ? [] : ['Forwarded', left])
  })
}

test('an Accept-Encoding that cannot be read goes, for stored variants do not tell it from none', () => {
  assert.deepEqual(dropUnkeyed(none, ['Accept-Encoding', 'gzip;;', 'A', '1'], untrusted), ['A', '1'])
  assert.deepEqual(
    dropUnkeyed(compileKey('key', { fields: ['accept-encoding'] }), ['Accept-Encoding', '!'], untrusted),
    [],
  )
  assert.deepEqual(dropUnkeyed(none, ['Accept-Encoding', 'gzip', 'accept-encoding', 'gzip;q=0'], untrusted), [])
})

test('a name with an underscore that passes for a keyed one is dropped', () => {
  const plan = compileKey('key', { fields: ['Tenant-Id'] })

  assert.deepEqual(dropUnkeyed(plan, ['Tenant-Id', 'a', 'tenant_id', 'b'], untrusted), ['Tenant-Id', 'a'])
})
