import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Target } from '../../src/contract/target.ts'
import { forwardedElement } from '../../src/http/forwarded.ts'
import { buildRequestFields, compileRequestFields } from '../../src/http/request-fields.ts'
import { type ExchangeParts, exchangeWith } from './exchange-with.ts'

type Kinds = { x: boolean; standard: boolean } | false
const both: Kinds = { x: true, standard: true }
const forged = [
  ...['X-Forwarded-For', '203.0.113.9', 'X-Forwarded-Host', 'evil.test', 'x-forwarded-proto', 'https'],
  ...[
    'X-FORWARDED-PORT',
    '1',
    'X-Forwarded-Prefix',
    '/evil',
    'Forwarded',
    'for=203.0.113.9',
    'X-Real-IP',
    '203.0.113.9',
  ],
]

function build(forwarded: Kinds, parts: ExchangeParts): string[] {
  const options = { host: 'preserve', via: undefined, requestIdField: undefined, underscores: 'drop' } as const
  return buildRequestFields(
    compileRequestFields({ ...options, forwarded, rules: undefined }),
    exchangeWith(parts),
    false,
  )
}

function valueIn(fields: readonly string[], name: string): string | undefined {
  const at = fields.findIndex((field, i) => i % 2 === 0 && field === name)
  return at === -1 ? undefined : fields[at + 1]
}

test('what an untrusted peer says of the client is replaced by what the socket says (RFC 7239 8.1, security 66)', () => {
  assert.deepEqual(build(both, { fields: forged }).slice(2), [
    ...['X-Forwarded-For', '192.0.2.1', 'X-Forwarded-Host', 'a.test:8080'],
    ...['X-Forwarded-Proto', 'http', 'X-Forwarded-Port', '8080'],
    ...['Forwarded', 'for=192.0.2.1;host="a.test:8080";proto=http'],
  ])
})

test('forged identity is dropped even where none is set', () => {
  assert.deepEqual(build(false, { fields: forged }).slice(2), [])
  assert.deepEqual(build({ x: false, standard: true }, { fields: forged }).slice(2), [
    ...['Forwarded', 'for=192.0.2.1;host="a.test:8080";proto=http'],
  ])
})

test('a trusted peer is believed: its lists grow by its own address, the rest of what it says stays', () => {
  const fields = build(both, { fields: forged, client: { trusted: true, peer: '10.0.0.1', ip: '203.0.113.9' } })

  assert.deepEqual(fields.slice(2), [
    ...['X-Forwarded-Host', 'evil.test', 'x-forwarded-proto', 'https', 'X-FORWARDED-PORT', '1'],
    ...['X-Forwarded-Prefix', '/evil', 'X-Real-IP', '203.0.113.9'],
    ...['X-Forwarded-For', '203.0.113.9, 10.0.0.1'],
    ...['Forwarded', 'for=203.0.113.9, for=10.0.0.1;host="a.test:8080";proto=http'],
  ])
})

test('with identity switched off, what a trusted peer says passes as it is', () => {
  assert.deepEqual(build(false, { fields: forged, client: { trusted: true } }).slice(2), forged)
})

test('several lines of a list become one', () => {
  const sent = ['X-Forwarded-For', '1.1.1.1', 'x-forwarded-for', '2.2.2.2, 3.3.3.3']
  const fields = build({ x: true, standard: false }, { fields: sent, client: { trusted: true, peer: '10.0.0.1' } })

  assert.equal(valueIn(fields, 'X-Forwarded-For'), '1.1.1.1, 2.2.2.2, 3.3.3.3, 10.0.0.1')
})

test('a trusted peer that speaks X-Forwarded alone is not contradicted by Forwarded (RFC 7239 7.4)', () => {
  const fields = build(both, {
    fields: [
      ...['X-Forwarded-For', '203.0.113.9, [2001:db8::2]:99, 198.51.100.7:80, fe80::1%eth0, "evil;host=x'],
      ...['X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'shop.test:444'],
    ],
    client: { trusted: true, peer: '10.0.0.1' },
    target: { authority: 'inner', port: undefined, scheme: 'https' },
  })

  assert.equal(
    valueIn(fields, 'Forwarded'),
    'for=203.0.113.9;host="shop.test:444";proto=https, for="[2001:db8::2]", for=198.51.100.7, for="[fe80::1]", ' +
      'for=unknown, for=10.0.0.1;host=inner;proto=https',
  )
  assert.equal(valueIn(fields, 'X-Forwarded-Port'), '444')
})

test('a trusted peer that speaks Forwarded alone is not contradicted by X-Forwarded', () => {
  const fields = build(both, {
    fields: ['Forwarded', 'for=203.0.113.9;host="shop.test";proto=https'],
    client: { trusted: true, peer: '10.0.0.1', ip: '203.0.113.9' },
    target: { authority: 'inner:8080', scheme: 'https' },
  })

  assert.deepEqual(fields.slice(2), [
    ...['X-Forwarded-For', '203.0.113.9, 10.0.0.1', 'X-Forwarded-Host', 'shop.test'],
    ...['X-Forwarded-Proto', 'https', 'X-Forwarded-Port', '443', 'Forwarded'],
    'for=203.0.113.9;host="shop.test";proto=https, for=10.0.0.1;host="inner:8080";proto=https',
  ])
})

test('a trusted peer that says nothing is itself the client', () => {
  const empty = ['X-Forwarded-For', '', 'Forwarded', '']
  const fields = build(both, { fields: empty, client: { trusted: true, peer: '10.0.0.1', ip: '10.0.0.1' } })

  assert.equal(valueIn(fields, 'X-Forwarded-For'), '10.0.0.1')
  assert.equal(valueIn(fields, 'Forwarded'), 'for=10.0.0.1;host="a.test:8080";proto=http')
})

test('the port is that of the authority, else the default of the scheme', () => {
  const cases: [Partial<Target>, string][] = [
    [{ port: 8443, scheme: 'https' }, '8443'],
    [{ port: undefined, scheme: 'https' }, '443'],
    [{ port: undefined, scheme: 'http' }, '80'],
  ]

  for (const [target, want] of cases) assert.equal(valueIn(build(both, { target }), 'X-Forwarded-Port'), want)
})

test('addresses and hosts are quoted as RFC 7239 sections 4 to 6 ask', () => {
  const cases: [string, string, string][] = [
    ['192.0.2.1', 'a.test', 'for=192.0.2.1;host=a.test;proto=http'],
    ['192.0.2.1', 'a.test:80', 'for=192.0.2.1;host="a.test:80";proto=http'],
    ['2001:db8::1', '[::1]:80', 'for="[2001:db8::1]";host="[::1]:80";proto=http'],
    ['fe80::1%eth0', 'a.test', 'for="[fe80::1]";host=a.test;proto=http'],
    ['', 'A-1.test', 'for=unknown;host=A-1.test;proto=http'],
    ['192.0.2.1', '', 'for=192.0.2.1;proto=http'],
    ['192.0.2.1', 'a"\\b', 'for=192.0.2.1;host="a\\"\\\\b";proto=http'],
  ]

  for (const [peer, authority, want] of cases) {
    assert.equal(forwardedElement(exchangeWith({ client: { peer }, target: { authority } })), want)
  }
})

test('a Unix socket has no address: X-Forwarded-For keeps what it had, or says so', () => {
  const list = ['X-Forwarded-For', '203.0.113.9']

  assert.equal(valueIn(build(both, { client: { peer: '' } }), 'X-Forwarded-For'), 'unknown')
  assert.equal(
    valueIn(build(both, { fields: list, client: { peer: '', trusted: true } }), 'X-Forwarded-For'),
    '203.0.113.9',
  )
})

test('a list of a thousand entries from a trusted peer is joined in bounded time (security 67)', () => {
  const long = Array.from({ length: 1000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`).join(', ')
  const fields = build(both, { fields: ['X-Forwarded-For', long], client: { trusted: true, peer: '10.0.0.1' } })

  assert.equal(valueIn(fields, 'X-Forwarded-For'), `${long}, 10.0.0.1`)
  assert.equal(valueIn(fields, 'Forwarded')?.split(', ').length, 1001)
})

test('an entry that is far too long for an address costs no search', () => {
  const long = `${':'.repeat(60_000)}x`
  const began = performance.now()

  const fields = build(both, { fields: ['X-Forwarded-For', long], client: { trusted: true, peer: '10.0.0.1' } })

  assert.match(valueIn(fields, 'Forwarded') ?? '', /^for=unknown, for=10\.0\.0\.1;/)
  assert.ok(performance.now() - began < 500)
})
