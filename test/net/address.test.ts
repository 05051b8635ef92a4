import assert from 'node:assert/strict'
import test from 'node:test'
import { normaliseAddress } from '../../src/net/address.ts'

const rows: [source: string, given: string, normal: string][] = [
  ['IPv4', '192.0.2.1', '192.0.2.1'],
  ['RFC 4291 2.5.5.2', '::ffff:1.2.3.4', '1.2.3.4'],
  ['RFC 4291 2.5.5.2, hex', '::ffff:102:304', '1.2.3.4'],
  ['RFC 4291 2.5.5.2, case', '::FFFF:1.2.3.4', '1.2.3.4'],
  ['RFC 4291 2.5.5.2, long', '0:0:0:0:0:ffff:0102:0304', '1.2.3.4'],
  ['RFC 4291 2.5.5.2, partly compressed', '0::0:ffff:1.2.3.4', '1.2.3.4'],
  ['RFC 4291 2.5.5.2, in zeros', '0:0:0:0:0:ffff::2', '0.0.0.2'],
  ['RFC 4291 2.5.5.2, something else', '::ffff:0:1.2.3.4', '::ffff:0:102:304'],
  ['RFC 5952 4.3', '2001:DB8::A', '2001:db8::a'],
  ['RFC 5952 4.1 and 4.2', '2001:0db8:0:0:0:0:0:0001', '2001:db8::1'],
  ['RFC 9844', 'fe80::1%eth0', 'fe80::1'],
  ['RFC 9844', 'FE80::1%25', 'fe80::1'],
  ['loopback', '::1', '::1'],
  ['Unix socket', '', ''],
  ['no address', 'a:b', 'a:b'],
]

for (const [source, given, normal] of rows) {
  test(`writes '${given}' as '${normal}' (${source})`, () => {
    assert.equal(normaliseAddress(given), normal)
  })
}

test('gives the same answer after thousands of other addresses', () => {
  for (let i = 0; i < 3000; i++) normaliseAddress(`2001:DB8::${i.toString(16)}`)

  assert.equal(normaliseAddress('2001:DB8::A'), '2001:db8::a')
})
