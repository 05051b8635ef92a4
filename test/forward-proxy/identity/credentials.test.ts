import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCredential, readCredential } from '../../../src/forward-proxy/identity/credentials.ts'

const base64 = (text: string | Buffer): string => Buffer.from(text as string).toString('base64')

test('Basic is read with the scheme in any case, colons in the password and UTF-8', () => {
  assert.deepEqual(parseCredential(`Basic ${base64('ann:se:cret')}`), {
    scheme: 'basic',
    user: 'ann',
    password: 'se:cret',
  })
  assert.deepEqual(parseCredential(`bASIC  ${base64('zoë:pässwörd')}`), {
    scheme: 'basic',
    user: 'zoë',
    password: 'pässwörd',
  })
  assert.deepEqual(parseCredential('Bearer aa.bb-_.cc='), { scheme: 'bearer', token: 'aa.bb-_.cc=' })
})

test('what is not to the letter is malformed', () => {
  const bad = [
    'Basic',
    'Basic ',
    `Basic ${base64('nocolon')}`,
    `Basic ${base64(':password')}`,
    `Basic ${base64('ann:pass\u0000word')}`,
    `Basic ${base64('ann:pass\nword')}`,
    `Basic ${base64('a\u007f:x')}`,
    `Basic ${base64('a\u0085:x')}`,
    `Basic ${base64(Buffer.from([0x61, 0x3a, 0xff]))}`,
    `Basic ${base64('ann:secret').replace(/=+$/, '')}`,
    `Basic ${base64('ann:secret')} `,
    `Basic ${base64('ann:secret')},x`,
    'Basic YW5uOnh=',
    'Basic YW5uOj8_Pw==',
    `Basic ${base64(`ann:${'x'.repeat(9000)}`)}`,
    'Bearer',
    'Bearer a b',
    'Bearer "a"',
  ]

  assert.deepEqual(
    bad.filter((value) => parseCredential(value) !== 'malformed'),
    [],
  )
})

test('another scheme is unknown, no field is nothing, and two fields are malformed', () => {
  const one = `Basic ${base64('a:b')}`

  assert.equal(parseCredential('Negotiate YII='), 'unknown')
  assert.equal(readCredential(['Authorization', one]), undefined)
  assert.equal(readCredential(['proxy-authorization', one, 'Proxy-Authorization', one]), 'malformed')
})
