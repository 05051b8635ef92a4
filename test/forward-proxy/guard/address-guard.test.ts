import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { OptionError } from '../../../src/contract/options.ts'
import {
  type AddressGuardOptions,
  createAddressGuard,
  deniedError,
} from '../../../src/forward-proxy/guard/address-guard.ts'

const allowed = (
  options: AddressGuardOptions,
  host: string,
  addresses: readonly string[],
  port = 443,
): readonly string[] => createAddressGuard(options).check(host, addresses, port).allowed

/** Security notes 6.D 116, as addresses. */
const inside = [
  ...['127.0.0.1', '127.9.9.9', '::1', '10.0.0.1', '172.16.0.1', '192.168.1.1', '100.64.0.1', '169.254.1.1', 'fd12::1'],
  ...['fe80::1', 'fec0::1'],
]
const never = [
  ...['0.0.0.0', '::', '169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16', '255.255.255.255'],
  ...['224.0.0.1', 'ff02::1', '240.0.0.1', '192.0.2.1', '198.18.0.1', '::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::1'],
  ...['2002:7f00:1::', '2001::1', '100::1', '5f00::1', '::ffff:0:7f00:1', '4000::1', 'fe80::1%eth0', '127.1', 'x', ''],
]
const outside = ['8.8.8.8', '2606:4700::1111', '64:ff9b::8.8.8.8']

test('without options, public addresses alone are reached', () => {
  for (const address of outside) assert.deepEqual(allowed({}, 'a.test', [address]).length, 1, address)
  for (const address of [...inside, ...never]) assert.deepEqual(allowed({}, 'a.test', [address]), [], address)
})

test('IPv4-mapped IPv6 is judged, and dialled, as the IPv4 address', () => {
  assert.deepEqual(allowed({}, 'a.test', ['::ffff:8.8.8.8', '::ffff:808:808', '8.8.8.8']), ['8.8.8.8'])
  assert.deepEqual(allowed({}, 'a.test', ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:a9fe:a9fe']), [])
})

test('of a mixed answer the allowed ones are left, and each other one is told with its reason', () => {
  const verdict = createAddressGuard().check('a.test', ['10.0.0.1', '8.8.8.8', '::1'], 443)

  assert.deepEqual(verdict, {
    allowed: ['8.8.8.8'],
    refused: [
      { address: '10.0.0.1', why: 'Private-Use (10.0.0.0/8)' },
      { address: '::1', why: 'Loopback Address (::1/128)' },
    ],
  })
})

test('allowPrivate opens what is near, and neither metadata services nor anything odd', () => {
  for (const address of inside) assert.equal(allowed({ allowPrivate: true }, 'a.test', [address]).length, 1, address)
  for (const address of never) assert.deepEqual(allowed({ allowPrivate: true }, 'a.test', [address]), [], address)
})

test('an allowed domain opens what is near for itself alone, and never metadata services', () => {
  const options = { allow: ['.corp.test', 'wiki.test'] }

  for (const host of ['corp.test', 'a.corp.test', 'b.a.corp.test', 'wiki.test']) {
    assert.deepEqual(allowed(options, host, ['10.0.0.1']), ['10.0.0.1'], host)
    for (const address of never) assert.deepEqual(allowed(options, host, [address]), [], address)
  }
  for (const host of ['evilcorp.test', 'corp.test.evil', 'a.wiki.test', 'test', '']) {
    assert.deepEqual(allowed(options, host, ['10.0.0.1']), [], host)
  }
})

test('an allowed block or address opens what it names, metadata too, by whatever host', () => {
  const options = { allow: ['10.1.0.0/16', '169.254.169.254', '[fd00::]/32', '64:ff9b:1::/48', '::1'] }

  for (const address of ['10.1.2.3', '169.254.169.254', 'fd00::5', '64:ff9b:1::7', '::1', '::ffff:10.1.2.3']) {
    assert.equal(allowed(options, 'a.test', [address]).length, 1, address)
  }
  for (const address of ['10.2.0.1', '169.254.169.253', 'fd00:1::5', '127.0.0.1']) {
    assert.deepEqual(allowed(options, 'a.test', [address]), [], address)
  }
})

test('an entry with a port is for that port alone', () => {
  const options = {
    allow: ['127.0.0.1:8080', '[::1]:8080', 'wiki.test:8443', '10.0.0.0/8:80'],
    deny: ['8.8.8.8:53', 'x.test:80'],
  }

  assert.deepEqual(allowed(options, 'a.test', ['127.0.0.1', '::1'], 8080), ['127.0.0.1', '::1'])
  assert.deepEqual(allowed(options, 'a.test', ['127.0.0.1', '::1'], 8081), [])
  assert.deepEqual(allowed(options, 'wiki.test', ['10.0.0.1'], 8443), ['10.0.0.1'])
  assert.deepEqual(allowed(options, 'wiki.test', ['10.0.0.1'], 443), [])
  assert.deepEqual(allowed(options, 'a.test', ['10.0.0.1'], 80), ['10.0.0.1'])
  assert.deepEqual(allowed(options, 'a.test', ['8.8.8.8'], 53), [])
  assert.deepEqual(allowed(options, 'a.test', ['8.8.8.8'], 443), ['8.8.8.8'])
  assert.notEqual(createAddressGuard(options).refusesHost('x.test', 80), undefined)
  assert.equal(createAddressGuard(options).refusesHost('x.test', 443), undefined)
})

test('deny is stronger than allow and only, and a block is met through IPv6 that carries it', () => {
  const options = {
    allowPrivate: true,
    allow: ['10.0.0.0/8', '64:ff9b::/96', '.evil.test'],
    deny: ['10.0.0.0/24', '8.8.0.0/16', '.evil.test'],
  }
  const guard = createAddressGuard(options)

  for (const address of ['10.0.0.7', '8.8.8.8', '::ffff:10.0.0.7', '64:ff9b::8.8.8.8', '64:ff9b::10.0.0.7']) {
    assert.deepEqual(guard.check('a.test', [address], 443).allowed, [], address)
  }
  assert.deepEqual(guard.check('a.test', ['10.0.1.7'], 443).allowed, ['10.0.1.7'])
  assert.match(guard.refusesHost('www.evil.test', 443) ?? '', /denied/)
  assert.deepEqual(guard.check('www.evil.test', ['9.9.9.9'], 443).allowed, [])
})

test('with only, nothing else is reached, and a host that is not listed is not even looked up', () => {
  const guard = createAddressGuard({ only: ['registry.npmjs.org', '.github.com'] })

  assert.equal(guard.refusesHost('registry.npmjs.org', 443), undefined)
  assert.equal(guard.refusesHost('api.github.com', 443), undefined)
  assert.match(guard.refusesHost('evil.test', 443) ?? '', /only/)
  assert.deepEqual(guard.check('evil.test', ['8.8.8.8'], 443).allowed, [])
  assert.deepEqual(guard.check('api.github.com', ['8.8.8.8', '10.0.0.1'], 443).allowed, ['8.8.8.8'])
})

test('where only lists addresses too, a host is judged when its addresses are known', () => {
  const guard = createAddressGuard({ only: ['a.test', '9.9.9.0/24'] })

  assert.equal(guard.refusesHost('b.test', 443), undefined)
  assert.deepEqual(guard.check('b.test', ['9.9.9.9', '8.8.8.8'], 443).allowed, ['9.9.9.9'])
  assert.deepEqual(guard.check('a.test', ['8.8.8.8'], 443).allowed, ['8.8.8.8'])
})

test('an empty only is nothing at all', () => {
  assert.deepEqual(allowed({ only: [] }, 'a.test', ['8.8.8.8']), [])
})

test('our own listener is never reached, whatever is allowed', () => {
  const own = [{ address: '127.0.0.1', port: 3128 }]
  const options = { allowPrivate: true, allow: ['127.0.0.1', '0.0.0.0', '::', '::ffff:0:0/96'], own: () => own }

  for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '0.0.0.0', '::']) {
    assert.deepEqual(allowed(options, 'a.test', [address], 3128), [], address)
  }
  assert.deepEqual(allowed(options, 'a.test', ['127.0.0.1'], 3129), ['127.0.0.1'])
  assert.deepEqual(allowed(options, 'a.test', ['127.0.0.2'], 3128), ['127.0.0.2'])
})

test('a listener on all addresses is met through every address of this machine', () => {
  const local = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address))

  for (const address of ['0.0.0.0', '::']) {
    const options = { allowPrivate: true, allow: local, own: () => [{ address, port: 3128 }] }
    for (const at of [...local, '127.0.0.1', '127.5.5.5', '::1', '0.0.0.0', '::', '::ffff:127.0.0.1']) {
      assert.deepEqual(allowed(options, 'a.test', [at], 3128), [], `${at} of ${address}`)
    }
    assert.deepEqual(allowed(options, 'a.test', ['8.8.8.8'], 3128), ['8.8.8.8'])
  }
})

test('listeners that come later are known at the next check', () => {
  const own: { address: string; port: number }[] = []
  const guard = createAddressGuard({ allowPrivate: true, own: () => own })

  assert.equal(guard.check('a.test', ['127.0.0.1'], 8080).allowed.length, 1)
  own.push({ address: '::', port: 8080 })
  assert.equal(guard.check('a.test', ['127.0.0.1'], 8080).allowed.length, 0)
})

test('a refusal is SP_DENIED, 403, with the reasons for the log alone', () => {
  const { refused } = createAddressGuard().check('a.test', ['10.0.0.1'], 443)

  const error = deniedError('a.test', 443, refused)

  assert.equal(error.code, 'SP_DENIED')
  assert.equal(error.status, 403)
  assert.match(error.message, /a\.test:443.*10\.0\.0\.1: Private-Use/)
})

test('entries are brought into one spelling', () => {
  const guard = createAddressGuard({ deny: ['EXAMPLE.com.', '.BÜCHER.de', '0x08080808'] })

  assert.notEqual(guard.refusesHost('example.com', 443), undefined)
  assert.notEqual(guard.refusesHost('www.xn--bcher-kva.de', 443), undefined)
  assert.deepEqual(guard.check('a.test', ['8.8.8.8'], 443).allowed, [])
})

test('a bad option is an error that names it', () => {
  const bad: [unknown, string][] = [
    [{ allow: ['*.example.com'] }, 'guard.allow[0]'],
    [{ deny: ['a.test', '10.0.0.0/33'] }, 'guard.deny[1]'],
    [{ allow: [''] }, 'guard.allow[0]'],
    [{ allow: ['.'] }, 'guard.allow[0]'],
    [{ allow: ['.10.0.0.1'] }, 'guard.allow[0]'],
    [{ allow: ['a.test:0'] }, 'guard.allow[0]'],
    [{ allow: ['a.test:99999'] }, 'guard.allow[0]'],
    [{ allow: ['http://a.test'] }, 'guard.allow[0]'],
    [{ allow: ['a.test/'] }, 'guard.allow[0]'],
    [{ only: [443] }, 'guard.only[0]'],
    [{ allow: 'a.test' }, 'guard.allow'],
    [{ allowPrivate: 'yes' }, 'guard.allowPrivate'],
    [{ own: [] }, 'guard.own'],
    [{ allowprivate: true }, 'guard.allowprivate'],
  ]

  for (const [options, option] of bad) {
    assert.throws(
      () => createAddressGuard(options as AddressGuardOptions),
      (error: OptionError) => error instanceof OptionError && error.option === option,
      option,
    )
  }
})
