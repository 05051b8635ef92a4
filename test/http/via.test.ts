import assert from 'node:assert/strict'
import { test } from 'node:test'
import { viaLoop, viaMember, viaMembers } from '../../src/http/via.ts'
import { exchangeWith } from './exchange-with.ts'

test('a request that has passed through us is known by Via (RFC 9110 7.6.3)', () => {
  const looped = [
    ['1.1 gate'],
    ['HTTP/1.1 GATE'],
    ['1.0 a, 1.1 gate'],
    ['1.0 a,1.1\tgate (sallyport)'],
    ['1.1 gate(no space)'],
    ['1.0 a (b, c (nested) \\) d), 1.1 gate'],
    ['1.0 a', '2.0 gate'],
  ]

  for (const values of looped) {
    const fields = values.flatMap((value, i) => [i === 0 ? 'Via' : 'vIA', value])
    assert.equal(viaLoop(exchangeWith({ fields }), 'Gate'), true, values.join(' | '))
  }
})

test('our name elsewhere than as received-by is no loop', () => {
  const others = [
    '1.1 gateway',
    '1.1 not-gate',
    'gate/1.1 a',
    '1.1 a (gate)',
    '1.1 a (x, 1.1 gate)',
    '1.1 a (x, \\), 1.1 gate)',
    '1.1 a "q, 1.1 gate"',
    '',
  ]

  for (const value of others) assert.equal(viaLoop(exchangeWith({ fields: ['Via', value] }), 'gate'), false, value)
  assert.equal(viaLoop(exchangeWith({ fields: ['X-Via', '1.1 gate', 'Vib', '1.1 gate'] }), 'gate'), false)
  assert.equal(viaLoop(exchangeWith({}), 'gate'), false)
})

test('a comment or quote that a client left open hides nothing that was appended after it', () => {
  for (const value of ['1.1 a (, 1.1 gate', '1.1 a ", 1.1 gate', '1.1 a (\\, 1.1 gate']) {
    assert.equal(viaLoop(exchangeWith({ fields: ['Via', value] }), 'gate'), true, value)
  }
})

test('our member names the protocol in which the message came', () => {
  const members = viaMembers('gate')
  const cases: [string | undefined, string][] = [
    ['HTTP/1.0', '1.0 gate'],
    ['HTTP/1.1', '1.1 gate'],
    ['HTTP/2.0', '2.0 gate'],
    ['h2', '2.0 gate'],
    [undefined, '1.1 gate'],
  ]

  for (const [protocol, want] of cases) assert.equal(viaMember(members, protocol), want)
})
