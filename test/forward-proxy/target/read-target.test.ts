import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAbsoluteTarget, readConnectTarget } from '../../../src/forward-proxy/target/read-target.ts'
import { RequestFault } from '../../../src/http/target.ts'

test('CONNECT: host and port, brought into one spelling', () => {
  assert.deepEqual(readConnectTarget('EXAMPLE.com.:443'), {
    host: 'example.com',
    port: 443,
    address: undefined,
    authority: 'example.com:443',
  })
  assert.deepEqual(readConnectTarget('0x7f.1:8080'), {
    host: '127.0.0.1',
    port: 8080,
    address: '127.0.0.1',
    authority: '127.0.0.1:8080',
  })
  assert.deepEqual(readConnectTarget('[2606:4700:0::1]:443'), {
    host: '2606:4700::1',
    port: 443,
    address: '2606:4700::1',
    authority: '[2606:4700::1]:443',
  })
})

test('CONNECT: a target and what comes of it are frozen', () => {
  assert.ok(Object.isFrozen(readConnectTarget('example.com:443')))
  assert.ok(Object.isFrozen(readAbsoluteTarget('http://example.com/', 'GET')))
})

test('CONNECT: without a port, with a wrong one, with userinfo, with a path: SP_BAD_TARGET', () => {
  const refused = [
    ...['example.com', 'example.com:', 'example.com:0', 'example.com:00000', 'example.com:99999', 'example.com:65536'],
    ...[
      'example.com:+80',
      'example.com:80a',
      'example.com:8 0',
      'example.com:0x50',
      'example.com:080080',
      'example.com:-1',
    ],
    ...['[::1]', '[::1]:', '[::1]:0', '[::1]443', '::1:443', '[::1', ':443', '', ':', '@:443', 'user@example.com:443'],
    ...['user:pass@example.com:443', 'example.com:443/', 'example.com:443/x', 'example.com/x:443', '/', '*', 'a:b:443'],
    ...[
      'http://example.com:443',
      'http://example.com:443/',
      'example.com:443?x',
      'example.com:443#x',
      'exa mple.com:443',
    ],
    ...['[::1%25lo]:443', '127%2e1:443', 'b\xfccher.de:443', '\xc0\xae:443', 'example.com\\@127.0.0.1:443'],
  ]

  for (const text of refused) {
    const fault = readConnectTarget(text)
    assert.ok(fault instanceof RequestFault, text)
    assert.equal(fault.code, 'SP_BAD_TARGET')
  }
})

test('bytes above 7F are UTF-8, and IDNA takes them from there', () => {
  const bytes = Buffer.from('bücher.de:443', 'utf8').toString('latin1')

  const target = readConnectTarget(bytes)

  assert.equal('host' in target && target.host, 'xn--bcher-kva.de')
})

test('absolute-form: the authority for Host, and the path as it was sent', () => {
  const cases = [
    ['http://Example.COM', 'GET', 'http', 'example.com', 80, 'example.com', '/'],
    ['http://example.com:80/a%2Fb?c=d', 'GET', 'http', 'example.com', 80, 'example.com', '/a%2Fb?c=d'],
    ['HTTP://example.com:8080?x', 'GET', 'http', 'example.com', 8080, 'example.com:8080', '/?x'],
    ['https://example.com:443/', 'GET', 'https', 'example.com', 443, 'example.com', '/'],
    ['https://example.com:80/', 'GET', 'https', 'example.com', 80, 'example.com:80', '/'],
    ['http://example.com:/', 'GET', 'http', 'example.com', 80, 'example.com', '/'],
    ['ws://example.com/chat', 'GET', 'http', 'example.com', 80, 'example.com', '/chat'],
    ['wss://example.com/chat', 'GET', 'https', 'example.com', 443, 'example.com', '/chat'],
    ['http://[::1]:8080//x//', 'GET', 'http', '::1', 8080, '[::1]:8080', '//x//'],
    ['http://2130706433/', 'GET', 'http', '127.0.0.1', 80, '127.0.0.1', '/'],
    ['http://[::ffff:7f00:1]/', 'GET', 'http', '127.0.0.1', 80, '127.0.0.1', '/'],
    ['http://example.com', 'OPTIONS', 'http', 'example.com', 80, 'example.com', '*'],
    ['http://example.com/', 'OPTIONS', 'http', 'example.com', 80, 'example.com', '/'],
    ['http://example.com/a@b', 'GET', 'http', 'example.com', 80, 'example.com', '/a@b'],
  ] as const

  for (const [url, method, scheme, host, port, authority, path] of cases) {
    const target = readAbsoluteTarget(url, method)
    assert.ok(!(target instanceof RequestFault), url)
    const address = host === '::1' || host === '127.0.0.1' ? host : undefined
    assert.deepEqual(target, { scheme, host, port, authority, path, address }, url)
  }
})

test('absolute-form: another scheme, userinfo, a fragment, a bad port or byte: SP_BAD_TARGET', () => {
  const refused = [
    ...[
      '/admin',
      '*',
      '',
      'example.com:443',
      'ftp://example.com/',
      'file:///etc/passwd',
      '://example.com/',
      'http:/x/',
    ],
    ...['http://', 'http:///x', 'http://?x', 'javascript://x/', 'http//example.com', 'gopher://x:70/', ' http://x/'],
    ...['http://user@example.com/', 'http://u:p@example.com/', 'http://example.com@127.0.0.1/', 'http://@example.com/'],
    ...[
      'http://example.com#@127.0.0.1/',
      'http://example.com/#x',
      'http://example.com:0/',
      'http://example.com:99999/',
    ],
    ...[
      'http://example.com:8x/',
      'http://exa mple.com/',
      'http://example.com/a b',
      'http://example.com/\x00',
      'http://x/\xe9',
    ],
    ...[
      'http://example.com\\@127.0.0.1/',
      'http://example.com\\.evil/',
      'http://a%2eb/',
      'http://[::1%25lo]/',
      'http://[::1/',
    ],
    ...['http://a..b/', 'http://,/', 'http://a\tb/', 'http://a\nb/', 'http://*.example.com/'],
  ]

  for (const url of refused) {
    const fault = readAbsoluteTarget(url, 'GET')
    assert.ok(fault instanceof RequestFault, url)
    assert.equal(fault.code, 'SP_BAD_TARGET')
  }
})

test('a fault tells no credentials', () => {
  const fault = readAbsoluteTarget('http://alice:s3cret@example.com/', 'GET')

  assert.ok(fault instanceof RequestFault)
  assert.doesNotMatch(fault.detail, /alice|s3cret/)
})
