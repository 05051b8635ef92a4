import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maskAddress, readMask, withoutQuery } from '../../../src/forward-proxy/privacy/mask.ts'

test('of an IPv4 address 24 bits are left, of an IPv6 address 48', () => {
  assert.equal(maskAddress('192.0.2.17'), '192.0.2.0')
  assert.equal(maskAddress('::ffff:192.0.2.17'), '192.0.2.0')
  assert.equal(maskAddress('2001:db8:1:2:3:4:5:6'), '2001:db8:1::')
  assert.equal(maskAddress('2001:db8::7'), '2001:db8::')
  assert.equal(maskAddress('fe80::1%eth0'), 'fe80::')
  assert.equal(maskAddress('64:ff9b::192.0.2.1'), '64:ff9b::')
  assert.equal(maskAddress('::1'), '::')
})

test('any number of bits may be left', () => {
  assert.equal(maskAddress('203.0.113.255', { v4: 0, v6: 0 }), '0.0.0.0')
  assert.equal(maskAddress('203.0.113.255', { v4: 32, v6: 0 }), '203.0.113.255')
  assert.equal(maskAddress('203.0.113.255', { v4: 27, v6: 0 }), '203.0.113.224')
  assert.equal(maskAddress('2001:db8:ffff:ffff::1', { v4: 0, v6: 36 }), '2001:db8:f000::')
  assert.equal(maskAddress('2001:db8::abcd', { v4: 0, v6: 128 }), '2001:db8::abcd')
  assert.throws(() => readMask('mask', { v4: 33 }), /mask\.v4/)
})

test('what is no address is nothing', () => {
  assert.equal(maskAddress('ann.test'), '')
  assert.equal(maskAddress(''), '')
})

test('a target is logged without query and fragment', () => {
  assert.equal(withoutQuery('/x?q=1#f'), '/x')
  assert.equal(withoutQuery('http://a.test/x#f?q'), 'http://a.test/x')
  assert.equal(withoutQuery('/x'), '/x')
})
