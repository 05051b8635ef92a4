import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseHeaderRules } from '../../src/cli/header-rules.ts'
import { parseListenAddress, urlOf } from '../../src/cli/listen-address.ts'
import { OptionError } from '../../src/contract/options.ts'

test('an address to listen at is a host and a port, or a port alone on this machine', () => {
  const read = (text: string) => parseListenAddress('--listen', text)

  assert.deepEqual(read('127.0.0.1:8080'), { host: '127.0.0.1', port: 8080 })
  assert.deepEqual(read('localhost:0'), { host: 'localhost', port: 0 })
  assert.deepEqual(read('[::1]:443'), { host: '::1', port: 443 })
  assert.deepEqual(read('8080'), { host: '127.0.0.1', port: 8080 })
  assert.match(read(':8080').host, /^(?:::|0\.0\.0\.0)$/)
  for (const text of [
    '',
    'a.test',
    '::1:80',
    '[::g]:80',
    '1.2.3.4:',
    ':99999',
    'http://a.test:80',
    'a b:80',
    '80:80:80',
  ]) {
    assert.throws(() => read(text), OptionError, text)
  }
})

test('the URL to try is one that works on this machine', () => {
  assert.equal(urlOf({ host: '::', port: 80 }), 'http://localhost:80')
  assert.equal(urlOf({ host: '0.0.0.0', port: 80 }), 'http://localhost:80')
  assert.equal(urlOf({ host: '::1', port: 80 }), 'http://[::1]:80')
})

test('rules for fields are set, added and removed by their sign; Host is apart', () => {
  const given = ['X-A: 1', 'X-B:a: b', '+X-C:  3  ', '-X-D', '-X-E-*', 'X-F:', 'host: a.test']

  assert.deepEqual(parseHeaderRules('--header-up', given), {
    rules: { set: { 'X-A': '1', 'X-B': 'a: b', 'X-F': '' }, add: { 'X-C': '3' }, remove: ['X-D', 'X-E-*'] },
    host: 'a.test',
  })
})

test('a rule that is none, or that stands twice, is refused with the flag in the message', () => {
  for (const given of [['X'], ['-X: 1'], ['+X'], [': x'], ['X Y: 1'], [''], ['X: a\r\nY: b'], ['X: 1', 'x: 2']]) {
    assert.throws(
      () => parseHeaderRules('--header-up', given),
      (error) => error instanceof OptionError && error.message.includes('--header-up'),
      JSON.stringify(given),
    )
  }
})
