import assert from 'node:assert/strict'
import test from 'node:test'
import { compileCidrs } from '../../src/net/cidr.ts'
import { identifyClient, trustedHost, trustedScheme } from '../../src/net/client-identity.ts'

const trusted = compileCidrs('trustedProxies', ['loopback', '10.0.0.0/8', '2001:db8:1::/48'])
const xff = (...values: string[]) => values.flatMap((value) => ['X-Forwarded-For', value])
const forwarded = (...values: string[]) => values.flatMap((value) => ['Forwarded', value])

const fromTrusted: [source: string, fields: string[], ip: string, port?: number][] = [
  ['nothing said', [], '127.0.0.1', 4000],
  ['one hop', xff('192.0.2.1'), '192.0.2.1'],
  ['RFC 7239 8.1, forged at the left', xff('6.6.6.6, 192.0.2.1'), '192.0.2.1'],
  ['over trusted hops', xff('6.6.6.6, 192.0.2.1, 10.0.0.1,10.0.0.2'), '192.0.2.1'],
  ['all trusted', xff('10.0.0.1, 10.0.0.2'), '10.0.0.1'],
  ['RFC 9110 5.3, two lines', xff('6.6.6.6, 192.0.2.1', '10.0.0.1'), '192.0.2.1'],
  ['RFC 9110 5.6.1, empty members', xff('192.0.2.1, ,10.0.0.1, ,'), '192.0.2.1'],
  ['garbage ends the walk', xff('192.0.2.1, garbage, 10.0.0.1'), '10.0.0.1'],
  ['garbage at once', xff('192.0.2.1, 1.2.3.4.5'), '127.0.0.1', 4000],
  ['garbage, empty', xff(''), '127.0.0.1', 4000],
  ['garbage, unknown', xff('192.0.2.1, unknown'), '127.0.0.1', 4000],
  ['port', xff('192.0.2.1:4711'), '192.0.2.1', 4711],
  ['IPv6', xff('2001:DB8::1'), '2001:db8::1'],
  ['IPv6 in brackets', xff('[2001:db8::1]:443'), '2001:db8::1', 443],
  ['IPv4-mapped, GHSA-46wh', xff('::ffff:192.0.2.1'), '192.0.2.1'],
  ['IPv4-mapped and trusted', xff('192.0.2.1, ::ffff:10.0.0.1'), '192.0.2.1'],
  ['trusted IPv6', xff('192.0.2.1, 2001:db8:1::9'), '192.0.2.1'],
  ['X-Forwarded-For before Forwarded', [...forwarded('for=6.6.6.6'), ...xff('192.0.2.1')], '192.0.2.1'],
  ['no way around a bad X-Forwarded-For', [...forwarded('for=6.6.6.6'), ...xff('x')], '127.0.0.1', 4000],
  ['an underscore is another field', ['X_Forwarded_For', '6.6.6.6'], '127.0.0.1', 4000],
  ['RFC 7239 4', forwarded('for=192.0.2.1;proto=https;by=10.0.0.1'), '192.0.2.1'],
  ['RFC 7239 4, case', ['forwarded', 'By=10.0.0.1; FOR=192.0.2.1'], '192.0.2.1'],
  ['RFC 7239 4, IPv6', forwarded('for="[2001:db8:cafe::17]:4711"'), '2001:db8:cafe::17', 4711],
  ['RFC 7239 4, port', forwarded('for="192.0.2.1:80"'), '192.0.2.1', 80],
  ['RFC 7239 4, obfuscated port', forwarded('for="192.0.2.1:_p"'), '192.0.2.1'],
  ['RFC 7239 7.1, list', forwarded('for=6.6.6.6, for=192.0.2.1', 'for=10.0.0.1'), '192.0.2.1'],
  ['RFC 7239 6.2, unknown', forwarded('for=192.0.2.1, for=unknown'), '127.0.0.1', 4000],
  ['RFC 7239 6.3, obfuscated', forwarded('for=192.0.2.1, for=_hidden, for=10.0.0.1'), '10.0.0.1'],
  ['RFC 7239 4, no for=', forwarded('for=192.0.2.1, proto=http'), '127.0.0.1', 4000],
  ['RFC 7239 4, two for=', forwarded('for=192.0.2.1;for=6.6.6.6'), '127.0.0.1', 4000],
  ['RFC 7239 8.1, quote left open', forwarded('for="6.6.6.6, for=192.0.2.1'), '192.0.2.1'],
  ['RFC 7239 8.1, quote left open', forwarded('for=6.6.6.6;x=", for="[2001:db8::1]"'), '2001:db8::1'],
  ['RFC 7239 8.1, for= within quotes', forwarded('host="x;for=6.6.6.6,for=6.6.6.7";for=192.0.2.1'), '192.0.2.1'],
  ['RFC 9110 5.6.4, quoted pair', forwarded('host="x\\",for=6.6.6.6,\\"";for="192.0.2.\\1"'), '192.0.2.1'],
]

for (const [source, fields, ip, port] of fromTrusted) {
  test(`a trusted peer saying ${JSON.stringify(fields)} speaks for ${ip} (${source})`, () => {
    assert.deepEqual(identifyClient('127.0.0.1', 4000, fields, trusted), {
      ip,
      port: port ?? 0,
      peer: '127.0.0.1',
      trusted: true,
    })
  })
}

test('an untrusted peer is the client, whatever it says (CVE-2026-3635, GHSA-3m5p-2c4r-xxw2)', () => {
  const fields = [
    ...xff('1.1.1.1, 2.2.2.2, 3.3.3.3, 127.0.0.1, 10.0.0.1'),
    ...forwarded('for=1.1.1.1;proto=https;host=evil'),
    'X-Forwarded-Proto',
    'https',
    'X-Forwarded-Host',
    'evil',
  ]

  for (const set of [undefined, trusted, compileCidrs('trustedProxies', [])]) {
    const client = identifyClient('::ffff:192.0.2.9', 5000, fields, set)

    assert.deepEqual(client, { ip: '192.0.2.9', port: 5000, peer: '192.0.2.9', trusted: false })
    assert.equal(trustedScheme(client, fields), undefined)
    assert.equal(trustedHost(client, fields), undefined)
  }
})

test('a peer on a Unix socket is trusted only by the word unix', () => {
  const fields = xff('192.0.2.1')
  const unix = compileCidrs('trustedProxies', ['unix'])

  assert.deepEqual(identifyClient(undefined, undefined, fields, trusted), {
    ip: '',
    port: 0,
    peer: '',
    trusted: false,
  })
  assert.deepEqual(identifyClient(undefined, undefined, fields, unix), {
    ip: '192.0.2.1',
    port: 0,
    peer: '',
    trusted: true,
  })
})

test('a walk ends after 50 entries, at the last address that was reached', () => {
  const hops = Array.from({ length: 1000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`)

  const client = identifyClient('127.0.0.1', 1, xff(`192.0.2.1, ${hops.join(', ')}`), trusted)

  assert.equal(client.ip, hops[950])
})

test('a megabyte of entries, commas or quotes is bounded work (security A.67)', () => {
  for (const value of [
    `${'1'.repeat(1e6)}`,
    ','.repeat(1e6),
    '",'.repeat(5e5),
    '"'.repeat(1e6),
    'for="\\'.repeat(2e5),
  ]) {
    for (const fields of [xff(value), forwarded(value)]) {
      const started = performance.now()
      const client = identifyClient('127.0.0.1', 1, fields, trusted)

      assert.equal(client.ip, '127.0.0.1')
      assert.ok(performance.now() - started < 2000)
    }
  }
})

const said: [source: string, fields: string[], scheme: string | undefined, host: string | undefined][] = [
  ['nothing', [], undefined, undefined],
  ['X-Forwarded', ['X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'a.test:8443'], 'https', 'a.test:8443'],
  ['the last value', ['x-forwarded-proto', 'https, HTTP', 'x-forwarded-host', 'evil, a.test'], 'http', 'a.test'],
  ['the last line', ['X-Forwarded-Proto', 'http', 'X-Forwarded-Proto', 'https'], 'https', undefined],
  ['a WebSocket URL', ['X-Forwarded-Proto', 'wss'], 'https', undefined],
  ['garbage', ['X-Forwarded-Proto', 'javascript'], undefined, undefined],
  [
    'RFC 7239 5.3 and 5.4',
    forwarded('for=1.1.1.1;proto=http;host=evil, for=1.2.3.4;proto=https;host="a.test:1"'),
    'https',
    'a.test:1',
  ],
]

for (const [source, fields, scheme, host] of said) {
  test(`a trusted peer saying ${JSON.stringify(fields)} means ${scheme} and ${host} (${source})`, () => {
    const client = identifyClient('127.0.0.1', 1, fields, trusted)

    assert.equal(trustedScheme(client, fields), scheme)
    assert.equal(trustedHost(client, fields), host)
  })
}
