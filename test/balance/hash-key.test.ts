import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hash32 } from '../../src/balance/hash.ts'
import { type HashKey, networkOf, readHashKey } from '../../src/balance/hash-key.ts'
import { type ExchangeParts, exchangeWith } from '../http/exchange-with.ts'

const keyOf = (given: HashKey | undefined, parts: ExchangeParts): number | undefined =>
  readHashKey('hashKey', given)(exchangeWith(parts))

test('the key is the address of the client where nothing is said, the port apart', () => {
  assert.equal(keyOf(undefined, { client: { ip: '192.0.2.7', port: 1 } }), hash32('192.0.2.7'))
  assert.equal(keyOf('client', { client: { ip: '192.0.2.7', port: 2 } }), hash32('192.0.2.7'))
  assert.notEqual(keyOf('client', { client: { ip: '192.0.2.8' } }), hash32('192.0.2.7'))
})

test('IPv6 clients are told apart by their /64, however the address is written', () => {
  for (const [ip, network] of [
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002:ffff:0:0:1', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:0:0:1:2:3:4', '2001:db8:0:0'],
    ['2001:db8:0:1:1:2:3:4', '2001:db8:0:1'],
    ['2001::5:6:7:8:9', '2001:0:0:5'],
    ['1:0:0:4:5:6:7:8', '1:0:0:4'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['::2:3:4:5:6:7', '0:0:2:3'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ] as const) {
    assert.equal(networkOf(ip), network, ip)
  }
})

test('an IPv4-mapped address is the IPv4 address', () => {
  for (const ip of ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:c000:0201', '0:0:0:0:0:ffff:192.0.2.1']) {
    assert.equal(networkOf(ip), '192.0.2.1')
  }
})

test('the path is taken in its canonical form, without the query', () => {
  const one = keyOf('path', { target: { path: '/%61', canonicalPath: '/a', query: '?x' } })

  assert.equal(one, hash32('/a'))
  assert.equal(keyOf('path', { target: { path: '/a', canonicalPath: '/a', query: '' } }), one)
})

test('a field is found without case, and its first line counts', () => {
  const fields = ['x-other', '1', 'X-USER', 'ann', 'x-user', 'bob']

  assert.equal(keyOf({ field: 'X-User' }, { fields }), hash32('ann'))
})

test('a cookie is found by its name', () => {
  assert.equal(keyOf({ cookie: 'sid' }, { fields: ['Cookie', 'a=1; sid=42; sid=43'] }), hash32('42'))
})

test('a function is given the exchange and says the key', () => {
  assert.equal(
    keyOf(({ target }) => target.host, { target: { host: 'b.test' } }),
    hash32('b.test'),
  )
})

test('without a value there is no key: no exchange, no field, an empty one, a Unix socket, a function that fails', () => {
  const none: readonly [HashKey, ExchangeParts][] = [
    ['client', { client: { ip: '' } }],
    [{ field: 'x-user' }, {}],
    [{ field: 'x-user' }, { fields: ['X-User', ''] }],
    [{ cookie: 'sid' }, { fields: ['Cookie', 'sid=; sid=2'] }],
    [() => undefined, {}],
    [() => '', {}],
    [() => 7 as unknown as string, {}],
    [(async () => 'x') as unknown as HashKey, {}],
    [
      () => {
        throw new Error('no')
      },
      {},
    ],
  ]

  for (const [key, parts] of none) assert.equal(keyOf(key, parts), undefined)
  assert.equal(readHashKey('hashKey', 'client')(undefined), undefined)
})

test('a key that cannot be is refused with its name', () => {
  for (const [given, message] of [
    ['ip', /^Option 'pools.api.hashKey' is "ip": give 'client', 'path'/],
    [7, /^Option 'pools.api.hashKey' is 7/],
    [null, /^Option 'pools.api.hashKey' is null/],
    [['client'], /^Option 'pools.api.hashKey' is a list/],
    [{}, /^Option 'pools.api.hashKey' is an object/],
    [{ field: 'a', cookie: 'b' }, /^Option 'pools.api.hashKey' is an object/],
    [{ header: 'x' }, /^Option 'pools.api.hashKey.header' is "x": there is no such option/],
    [{ field: 'x user' }, /^Option 'pools.api.hashKey.field' is "x user": give the name of a field/],
    [{ field: '' }, /^Option 'pools.api.hashKey.field' is "": give the name/],
    [{ cookie: 'a=b' }, /^Option 'pools.api.hashKey.cookie' is "a=b": give the name of a cookie/],
    [{ cookie: 7 }, /^Option 'pools.api.hashKey.cookie' is 7/],
  ] as const) {
    assert.throws(() => readHashKey('pools.api.hashKey', given as unknown as HashKey), { name: 'OptionError', message })
  }
})
