import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalHost } from '../../../src/forward-proxy/target/canonical-host.ts'

const same: readonly (readonly [host: string, ...spellings: string[]])[] = [
  [
    'localhost',
    'localhost',
    'LOCALHOST',
    'localhost.',
    'LocalHost..',
    'ⓛocalhost',
    'ｌｏｃａｌｈｏｓｔ',
    'local\u00adhost',
  ],
  ['example.com', 'example.com', 'EXAMPLE.com.', 'example。com', 'example．com', 'ｅxample｡com'],
  ['xn--bcher-kva.de', 'bücher.de', 'BÜCHER.de', 'bu\u0308cher.de', 'XN--BCHER-KVA.de'],
  ['xn--zca.de', 'ß.de'],
  ['a_b.example', 'a_b.example', 'A_B.example'],
  ['127.com', '127.com', '127.COM.'],
  ['0x7g', '0x7g'],
]

for (const [host, ...spellings] of same) {
  test(`${spellings.join(', ')}: ${host}`, () => {
    for (const text of spellings) assert.deepEqual(canonicalHost(text), { host, address: undefined }, text)
  })
}

const addresses: readonly (readonly [address: string, ...spellings: string[]])[] = [
  [
    '127.0.0.1',
    ...['127.0.0.1', '127.0.0.1.', '127.1', '127.0.1', '0x7f.1', '0X7F.0x0.0x0.0x1', '0x7f000001', '2130706433'],
    ...['017700000001', '0177.0.0.01', '0177.1', '127.0x0.00.1', '１２７.0.0.1', '127。0。0。1', '⑫7.1', '127.1..'],
    ...['[::ffff:127.0.0.1]', '[::FFFF:7f00:1]', '[0:0:0:0:0:ffff:127.0.0.1]'],
  ],
  ['0.0.0.0', '0', '0.0', '0x', '0x0', '00', '0.0.0.0', '0x.0x.0x.0x'],
  ['255.255.255.255', '4294967295', '0xffffffff', '255.255.255.255', '255.16777215'],
  ['169.254.169.254', '169.254.169.254', '0xa9fea9fe', '2852039166', '169.254.43518', '0251.0376.0251.0376'],
  ['::1', '[::1]', '[0:0:0:0:0:0:0:1]', '[0000::0001]'],
  ['::', '[::]', '[0::0]'],
  ['fe80::a', '[FE80::A]', '[fe80:0:0:0::a]'],
]

for (const [address, ...spellings] of addresses) {
  test(`${spellings.join(', ')}: the address ${address}`, () => {
    for (const text of spellings) assert.deepEqual(canonicalHost(text), { host: address, address }, text)
  })
}

test('what is no host is refused', () => {
  const refused = [
    ...[
      '',
      '.',
      '..',
      '.example.com',
      'a..b',
      'a b',
      'a%41',
      '127%2e1',
      '%31',
      'a@b',
      'a:80',
      'a/b',
      'a\\b',
      'a?b',
      'a#b',
    ],
    ...['a,b', 'a<b', 'a^b', 'a|b', 'a\0', 'a\tb', 'a\r\nb', 'a\x7f', '*', '*.example.com', "a'b", 'a;b', 'a!b', '~'],
    ...[
      '1.2.3.4.5',
      '256.256.256.256',
      '127.0.0.256',
      '0x100000000',
      '4294967296',
      '1.2.3.09',
      '08',
      'a.1',
      'x.0x1',
      '٣',
    ],
    ...[
      '[',
      ']',
      '[]',
      '[::1',
      '::1',
      '[::1]x',
      '[::1%25lo]',
      '[::1%lo]',
      '[fe80::1%eth0]',
      '[v1.a]',
      '[127.0.0.1]',
      '[::1.2.3]',
    ],
    ...['bü%63her.de', 'ü/a', 'ü:80', 'ü@a', 'ü\\a', 'ü?', 'ü#', 'a\uff0fb', 'a\u200d.com', '\ud800', 'ü..de'],
    ...[`${'a'.repeat(64)}.com`, `${'a.'.repeat(127)}bc`, 'ü'.repeat(2000), '1'.repeat(300)],
  ]

  for (const text of refused) assert.equal(canonicalHost(text), undefined, JSON.stringify(text))
})

test('the longest label and the longest name are taken', () => {
  assert.ok(canonicalHost(`${'a'.repeat(63)}.com`))
  assert.ok(canonicalHost(`${'a.'.repeat(126)}b`))
})

test('a host is read the same a second time, and is frozen', () => {
  for (const [, ...spellings] of [...same, ...addresses]) {
    for (const text of spellings) {
      const once = canonicalHost(text)
      const written = once?.host.includes(':') ? `[${once.host}]` : (once?.host ?? '')
      assert.deepEqual(canonicalHost(written), once)
      assert.ok(Object.isFrozen(once))
    }
  }
})

test('it agrees with the URL Standard on every host that it takes', () => {
  for (const [, ...spellings] of [...same, ...addresses]) {
    for (const text of spellings) {
      const { host, address } = canonicalHost(text) as { host: string; address: string | undefined }
      const theirs = new URL(`http://${text.replace(/\.+$/, '')}/`).hostname
      // There IPv4-mapped IPv6 stays IPv6.
      if (!text.startsWith('[')) assert.equal(theirs, host)
      else if (address?.includes(':')) assert.equal(theirs, `[${host}]`)
    }
  }
})
