import assert from 'node:assert/strict'
import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import { test } from 'node:test'
import { ipv4Bits, ipv6Groups, writeIpv4 } from '../../src/net/address-bits.ts'
import { seededRandom } from '../support/random.ts'

function textOf(next: () => number, alphabet: string, most: number): string {
  const length = 1 + Math.floor(next() * most)
  return Array.from({ length }, () => alphabet[Math.floor(next() * alphabet.length)]).join('')
}

test('an IPv4 address is what node:net says is one, in 200,000 odd texts', () => {
  const next = seededRandom(4)
  let valid = 0

  for (let i = 0; i < 200_000; i++) {
    const text = textOf(next, '0123456789.....2550', 14)
    const bits = ipv4Bits(text)
    assert.equal(bits !== -1, isIPv4(text), text)
    if (bits === -1) continue
    valid++
    assert.equal(writeIpv4(bits), text)
  }
  assert.ok(valid > 500, `${valid} of them were addresses`)
})

test('an IPv6 address without zone is what node:net says is one, with the same bits, in 300,000 odd texts', () => {
  const next = seededRandom(6)
  const groups = new Uint16Array(8)
  let valid = 0

  for (let i = 0; i < 300_000; i++) {
    const text = textOf(next, i % 2 === 0 ? '0123456789abF::::' : '012f::::...%g', 22)
    const right = isIPv6(text) && !text.includes('%')
    assert.equal(ipv6Groups(text, groups), right, text)
    if (!right) continue
    valid++
    const whole = Array.from(groups, (group) => group.toString(16)).join(':')
    assert.equal(canonical(whole), canonical(text), text)
  }
  assert.ok(valid > 500, `${valid} of them were addresses`)
})

function canonical(address: string): string {
  return new SocketAddress({ address, family: 'ipv6' }).address
}
