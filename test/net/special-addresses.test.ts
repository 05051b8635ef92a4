import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classify, embeddedIpv4 } from '../../src/net/special-addresses.ts'
import type { AddressKind } from '../../src/net/special-blocks.ts'

type Row = readonly [name: string, kind: AddressKind, ...addresses: string[]]

/** Each row of the registry by its first and its last address, which is where a wrong mask shows. */
const ipv4: readonly Row[] = [
  ['"This host on this network"', 'unspecified', '0.0.0.0'],
  ['"This network"', 'reserved', '0.0.0.1', '0.255.255.255'],
  ['Private-Use 10/8', 'private', '10.0.0.0', '10.255.255.255'],
  ['Shared Address Space', 'shared', '100.64.0.0', '100.127.255.255'],
  ['Loopback', 'loopback', '127.0.0.0', '127.0.0.1', '127.255.255.255'],
  ['Link Local', 'link-local', '169.254.0.0', '169.254.255.255'],
  ['Private-Use 172.16/12', 'private', '172.16.0.0', '172.31.255.255'],
  ['IETF Protocol Assignments', 'reserved', '192.0.0.11', '192.0.0.255'],
  ['IPv4 Service Continuity Prefix', 'reserved', '192.0.0.0', '192.0.0.7'],
  ['IPv4 dummy address', 'reserved', '192.0.0.8'],
  ['Port Control Protocol Anycast', 'public', '192.0.0.9'],
  ['TURN Anycast', 'public', '192.0.0.10'],
  ['NAT64/DNS64 Discovery', 'reserved', '192.0.0.170', '192.0.0.171'],
  ['TEST-NET-1', 'documentation', '192.0.2.0', '192.0.2.255'],
  ['AS112-v4', 'public', '192.31.196.0', '192.31.196.255'],
  ['AMT', 'public', '192.52.193.0', '192.52.193.255'],
  ['6to4 Relay Anycast', 'reserved', '192.88.99.0', '192.88.99.255'],
  ['6a44-relay anycast', 'reserved', '192.88.99.2'],
  ['Private-Use 192.168/16', 'private', '192.168.0.0', '192.168.255.255'],
  ['Direct Delegation AS112', 'public', '192.175.48.0', '192.175.48.255'],
  ['Benchmarking', 'benchmarking', '198.18.0.0', '198.19.255.255'],
  ['TEST-NET-2', 'documentation', '198.51.100.0', '198.51.100.255'],
  ['TEST-NET-3', 'documentation', '203.0.113.0', '203.0.113.255'],
  ['Multicast', 'multicast', '224.0.0.0', '239.255.255.255'],
  ['Reserved', 'reserved', '240.0.0.0', '255.255.255.254'],
  ['Limited Broadcast', 'broadcast', '255.255.255.255'],
  [
    'what lies just outside of them',
    'public',
    ...['1.0.0.0', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0'],
    ...['169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '191.255.255.255', '192.0.1.0', '192.0.3.0'],
    ...['192.88.98.255', '192.88.100.0', '192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0'],
    ...['198.51.99.255', '198.51.101.0', '203.0.112.255', '203.0.114.0', '223.255.255.255', '8.8.8.8'],
  ],
]

const top = 'ffff:ffff:ffff'
const ipv6: readonly Row[] = [
  ['Unspecified', 'unspecified', '::', '0:0:0:0:0:0:0:0'],
  ['Loopback', 'loopback', '::1', '0:0::0:1'],
  [
    'IPv4-mapped: what the IPv4 address is',
    'loopback',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '0:0:0:0:0:FFFF:7F00:0001',
  ],
  ['IPv4-mapped private', 'private', '::ffff:10.0.0.1', '::ffff:192.168.0.1'],
  ['IPv4-mapped public', 'public', '::ffff:8.8.8.8'],
  ['IPv4-compatible', 'embedding', '::127.0.0.1', '::7f00:1', '::8.8.8.8', '::2', '::ffff:ffff'],
  ['IPv4-translated', 'embedding', '::ffff:0:127.0.0.1', '::ffff:0:8.8.8.8', '::ffff:0:7f00:1'],
  ['NAT64 of a public address', 'public', '64:ff9b::8.8.8.8', '64:ff9b::808:808'],
  [
    'NAT64 of what is not',
    'embedding',
    ...['64:ff9b::7f00:1', '64:ff9b::127.0.0.1', '64:ff9b::10.0.0.1', '64:ff9b::', '64:ff9b::ffff:ffff'],
    ...['64:ff9b::100.64.0.1', '64:ff9b::192.0.2.1', '64:ff9b::e000:1'],
  ],
  ['NAT64 for local use', 'embedding', '64:ff9b:1::', `64:ff9b:1:${top}:ffff:ffff`, '64:ff9b:1::8.8.8.8'],
  ['beside NAT64', 'reserved', '64:ff9b:0:0:0:1::', '64:ff9b:2::', '64:ff9a:ffff::'],
  ['Discard-Only', 'reserved', '100::', `100::${top}:ffff`],
  ['Dummy IPv6 Prefix', 'reserved', '100:0:0:1::', `100:0:0:1:${top}:ffff`],
  ['IETF Protocol Assignments', 'reserved', '2001:1::', '2001:1::4', '2001:5::', `2001:1ff:${top}:${top}`],
  ['Teredo', 'embedding', '2001::', `2001:0:${top}:${top}`, '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  ['Port Control Protocol Anycast', 'public', '2001:1::1'],
  ['TURN Anycast', 'public', '2001:1::2'],
  ['DNS-SD SRP Anycast', 'public', '2001:1::3'],
  ['Benchmarking', 'benchmarking', '2001:2::', `2001:2:0:${top}:ffff:ffff`],
  ['beside Benchmarking', 'reserved', '2001:2:1::'],
  ['AMT', 'public', '2001:3::', `2001:3:${top}:${top}`],
  ['AS112-v6', 'public', '2001:4:112::', `2001:4:112:${top}:ffff:ffff`],
  ['ORCHID', 'reserved', '2001:10::', `2001:1f:${top}:${top}`],
  ['ORCHIDv2', 'public', '2001:20::', `2001:2f:${top}:${top}`],
  ['Drone Remote ID', 'public', '2001:30::', `2001:3f:${top}:${top}`],
  ['beside Drone Remote ID', 'reserved', '2001:40::'],
  ['Documentation 2001:db8::/32', 'documentation', '2001:db8::', `2001:db8:${top}:${top}`],
  ['6to4', 'embedding', '2002::', '2002:7f00:1::', '2002:808:808::1', `2002:${top}:${top}:ffff`],
  ['Direct Delegation AS112', 'public', '2620:4f:8000::', `2620:4f:8000:${top}:ffff:ffff`],
  ['Documentation 3fff::/20', 'documentation', '3fff::', `3fff:fff:${top}:${top}`],
  ['SRv6 SIDs', 'reserved', '5f00::', `5f00:${top}:${top}:ffff`],
  ['Unique-Local', 'private', 'fc00::', `fdff:${top}:${top}:ffff`],
  ['Link-Local', 'link-local', 'fe80::', `febf:${top}:${top}:ffff`],
  ['Site-Local', 'private', 'fec0::', `feff:${top}:${top}:ffff`],
  ['Multicast', 'multicast', 'ff00::', 'ff02::1', `ffff:${top}:${top}:ffff`],
  ['unallocated', 'reserved', '::1:0:0:0', '200::', `1fff:${top}:${top}:ffff`, '4000::', '8000::', 'e000::', 'fbff::'],
  [
    'global unicast',
    'public',
    ...['2000::', '2001:200::', '2001:db7:ffff::', '2001:db9::', '2003::', '2606:4700::1111', '2a00:1450::', '3ffe::'],
    '3fff:1000::',
  ],
]

for (const [name, kind, ...addresses] of [...ipv4, ...ipv6]) {
  test(`${name}: ${kind}`, () => {
    for (const address of addresses) assert.equal(classify(address).kind, kind, address)
  })
}

test('addresses that hand out credentials are told by name, and through IPv6 that carries them', () => {
  const services = [
    ...['169.254.169.254', '169.254.170.2', '169.254.170.23', '100.100.100.200', '168.63.129.16', '192.0.0.192'],
    ...['fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254', 'fd00:42::42', 'fe80::a9fe:a9fe'],
    ...['::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::', '::a9fe:a9fe', '::ffff:0:a9fe:a9fe'],
    ...['2001:0:1:2:3:4:5601:5601', '64:ff9b:1::169.254.169.254'],
  ]

  for (const address of services) {
    assert.equal(classify(address).kind, 'metadata', address)
  }
})

test('what is no address is invalid, and so is one with a zone id', () => {
  const others = [
    '',
    'localhost',
    '127.1',
    '0x7f.0.0.1',
    '127.0.0.01',
    '1.2.3.4.5',
    '256.0.0.1',
    '[::1]',
    '::1%lo',
    'fe80::1%eth0',
  ]

  for (const text of [...others, ':::', '1::2::3', '::1 ', ' 127.0.0.1', '127.0.0.1\0', '12345::', '::g']) {
    assert.equal(classify(text).kind, 'invalid', text)
  }
})

test('the name of a class says what is within what', () => {
  assert.deepEqual(classify('64:ff9b::10.1.2.3'), {
    kind: 'embedding',
    name: 'IPv4-IPv6 Translation of Private-Use (10.0.0.0/8)',
    block: '64:ff9b::/96',
  })
})

test('the same class is the same object', () => {
  assert.equal(classify('64:ff9b::10.1.2.3'), classify('64:ff9b::10.3.2.1'))
  assert.equal(classify('10.1.2.3'), classify('::ffff:10.3.2.1'))
})

test('an IPv4 address is found in every block that carries one', () => {
  const carriers = ['::ffff:1.2.3.4', '::1.2.3.4', '::ffff:0:1.2.3.4', '64:ff9b::1.2.3.4', '64:ff9b:1::1.2.3.4']

  for (const address of [...carriers, '2002:102:304::9', '2001:0:9:9:9:9:fefd:fcfb']) {
    assert.equal(embeddedIpv4(address), '1.2.3.4', address)
  }
  for (const address of ['1.2.3.4', '2606:4700::102:304', 'nothing', '']) assert.equal(embeddedIpv4(address), undefined)
})

test('a literal is classified in less than a microsecond or so', (t) => {
  const addresses = ['8.8.8.8', '127.0.0.1', '2001:4860:4860::8888', '::ffff:127.0.0.1', '64:ff9b::7f00:1']
  const rounds = 50_000
  let best = Number.POSITIVE_INFINITY

  for (let batch = 0; batch < 6; batch++) {
    const begin = performance.now()
    for (let i = 0; i < rounds; i++) for (const address of addresses) classify(address)
    best = Math.min(best, ((performance.now() - begin) * 1e6) / (rounds * addresses.length))
  }

  t.diagnostic(`${best.toFixed(0)} ns each`)
  // Ten times what it takes, for a machine that is busy with other things.
  assert.ok(best < 4000, `${best} ns`)
})
