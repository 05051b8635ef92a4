import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fingerprint, readUpstreamList } from '../../../src/balance/discovery/upstream-list.ts'

test('URLs and whole options are both upstreams', () => {
  const tls = { ca: 'PEM', servername: 'a.test', rejectUnauthorized: true }
  const whole = {
    url: 'https://a.test/base',
    weight: 0.5,
    priority: 1,
    backup: false,
    locality: 'eu',
    maxRequests: 10,
    maxConnections: 5,
    http2: true,
    tls,
    address: '2001:db8::1',
  }

  const list = readUpstreamList('list', ['http://a:1', 'http+unix:/run/a.sock', whole])

  assert.deepEqual(list, [{ url: 'http://a:1' }, { url: 'http+unix:/run/a.sock' }, whole])
})

test('what is no upstream is refused by the name of its option', () => {
  const wrong: [unknown, RegExp][] = [
    [undefined, /'list' is missing/],
    [{}, /'list' is an object/],
    [[1], /'list\[0\]' is 1/],
    [[null], /'list\[0\]' is null/],
    [[{}], /'list\[0\]\.url' is missing/],
    [['a'], /'list\[0\]\.url' is "a"/],
    [['http://a', 'ftp://b'], /'list\[1\]\.url'/],
    [['http://a:0'], /'list\[0\]\.url'/],
    [['http://me:secret@a'], /^OptionError: Option 'list\[0\]\.url' is "a": credentials do not belong in the URL/],
    [['http://a/?q'], /no query or fragment here/],
    [[{ url: 'http://a', weight: 0 }], /'list\[0\]\.weight' is 0/],
    [[{ url: 'http://a', weight: -1 }], /'list\[0\]\.weight' is -1/],
    [[{ url: 'http://a', weight: '2' }], /'list\[0\]\.weight' is "2"/],
    [[{ url: 'http://a', weight: Number.POSITIVE_INFINITY }], /weight/],
    [[{ url: 'http://a', priority: 0.5 }], /priority/],
    [[{ url: 'http://a', backup: 'yes' }], /backup/],
    [[{ url: 'http://a', backup: true, priority: 2 }], /backup/],
    [[{ url: 'http://a', locality: '' }], /locality/],
    [[{ url: 'http://a', maxRequests: 0 }], /maxRequests/],
    [[{ url: 'http://a', maxConnections: 0 }], /maxConnections/],
    [[{ url: 'http://a', http2: 1 }], /http2/],
    [[{ url: 'http://a', address: 'b.test' }], /address.*IP address/],
    [[{ url: 'http://a', tls: true }], /tls/],
    [[{ url: 'http://a', tls: { ca: 5 } }], /tls\.ca/],
    [[{ url: 'http://a', tls: { rejectUnautorized: false } }], /Did you mean 'rejectUnauthorized'/],
    [['http://a', 'http://A:80/'], /'list\[1\]\.url'.*in the list already/],
    [Array(10_001).fill('http://a'), /at most 10000/],
  ]
  for (const [given, message] of wrong) assert.throws(() => readUpstreamList('list', given), message)
})

test('one URL at two addresses is two upstreams', () => {
  const url = 'http://a'

  assert.equal(
    readUpstreamList('list', [
      { url, address: '10.0.0.1' },
      { url, address: '10.0.0.2' },
    ]).length,
    2,
  )
})

test('a fingerprint sees every option, and neither the order of upstreams nor that of keys', () => {
  const [a, b] = [
    { url: 'http://a', tls: { ca: 'x', key: 'y' } },
    { url: 'http://b', weight: 2 },
  ]

  assert.equal(
    fingerprint([a, b]),
    fingerprint([
      { weight: 2, url: 'http://b' },
      { tls: { key: 'y', ca: 'x' }, url: 'http://a' },
    ]),
  )
  assert.notEqual(fingerprint([a, b]), fingerprint([a, { ...b, weight: 3 }]))
  assert.notEqual(fingerprint([a, b]), fingerprint([{ ...a, tls: { ca: 'x', key: 'z' } }, b]))
  assert.notEqual(fingerprint([a, b]), fingerprint([a]))
  assert.notEqual(fingerprint([]), fingerprint([a]))
})

test('no error of TLS settings says a secret', () => {
  for (const tls of [
    { passphras: 'secret' },
    { keys: 'secret' },
    'secret',
    { passphrase: ['secret'] },
    { passphrase: 4711 },
  ]) {
    assert.throws(
      () => readUpstreamList('list', [{ url: 'https://a', tls }]),
      (error: Error) => /list\[0\]\.tls/.test(error.message) && !/secret|4711/.test(error.message),
    )
  }
})
