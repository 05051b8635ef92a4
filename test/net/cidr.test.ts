import assert from 'node:assert/strict'
import test from 'node:test'
import { compileCidrs } from '../../src/net/cidr.ts'

const rows: [list: string[], within: string[], without: string[]][] = [
  [[], [], ['127.0.0.1', '::1', '']],
  [['192.0.2.1'], ['192.0.2.1', '::ffff:192.0.2.1'], ['192.0.2.2', '::1', '']],
  [['10.0.0.0/8'], ['10.0.0.0', '10.255.255.255'], ['11.0.0.0', '9.255.255.255', '10.0.0', 'x']],
  [['10.1.2.3/8'], ['10.9.9.9'], ['11.0.0.0']],
  [['0.0.0.0/0'], ['1.2.3.4'], ['::1']],
  [['2001:db8::/32'], ['2001:db8::1', '2001:DB8:ffff::1'], ['2001:db9::', '1.2.3.4']],
  [['::ffff:10.0.0.0/104'], ['10.1.1.1'], ['11.1.1.1']],
  [['loopback'], ['127.0.0.1', '127.9.9.9', '::1'], ['10.0.0.1', '']],
  [
    ['private'],
    [
      '10.0.0.1',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '169.254.1.1',
      '127.0.0.1',
      '::1',
      'fd00::1',
      'fe80::1',
    ],
    ['172.32.0.1', '8.8.8.8', '2001:db8::1', 'fec0::1', ''],
  ],
  [['unix'], [''], ['127.0.0.1']],
]

for (const [list, within, without] of rows) {
  test(`[${list}] holds what it says and nothing else`, () => {
    const set = compileCidrs('trustedProxies', list)

    // Twice: the second answer is a remembered one.
    for (const ip of [...within, ...within]) assert.equal(set.has(ip), true, ip)
    for (const ip of [...without, ...without]) assert.equal(set.has(ip), false, ip)
  })
}

for (const bad of [
  '10.0.0.0/33',
  '10.0.0/8',
  '::/129',
  'localhost',
  '',
  '10.0.0.1/',
  '10.0.0.1/8/8',
  '010.0.0.1',
  'constructor',
  '::ffff:1.2.3.4/95',
  'fe80::1%eth0',
]) {
  test(`an entry '${bad}' is an error that names it`, () => {
    assert.throws(
      () => compileCidrs('trustedProxies', ['loopback', bad]),
      (error: Error) => {
        assert.equal(error.name, 'OptionError')
        assert.ok(error.message.startsWith(`Option 'trustedProxies' is ${JSON.stringify(bad)}`))
        return true
      },
    )
  })
}

test('a hop count is refused with the reason (GHSA-3m5p-2c4r-xxw2)', () => {
  for (const given of [1, [1], ['1']] as unknown as string[][]) {
    assert.throws(() => compileCidrs('trustedProxies', given), /hops can be forged/)
  }
})

test('true and a bare word are no list', () => {
  for (const given of [true, 'loopback'] as unknown as string[][]) {
    assert.throws(() => compileCidrs('trustedProxies', given), /give a list/)
  }
})
