import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { OptionError } from '../../src/contract/options.ts'
import { parseParent } from '../../src/forward-proxy/parents/parent.ts'
import { readWays } from '../../src/forward-proxy/parents/ways.ts'

const right: [string, string][] = [
  ['proxy.example:3128', 'http://proxy.example:3128'],
  ['http://Proxy.Example.', 'http://proxy.example:80'],
  ['HTTPS://proxy.example/', 'https://proxy.example:443'],
  ['socks5://h:80', 'socks5://h:80'],
  ['socks://h', 'socks5h://h:1080'],
  ['socks4a://0x7f.1', 'socks4a://127.0.0.1:1080'],
  ['socks5h://[2001:DB8::1]:9050', 'socks5h://[2001:db8::1]:9050'],
  ['http://user:p%40ss@h:1', 'http://h:1'],
]
for (const [url, name] of right) {
  test(`${url} is ${name}`, () => assert.equal(parseParent('parent', url).name, name))
}

test('user and password are percent-decoded; what prints a parent does not print them', () => {
  const parent = parseParent('parent', 'socks5h://an%6Ea%40corp:p%3As%C3%9F@h')

  assert.equal(parent.credentials?.user, 'anna@corp')
  assert.equal(parent.credentials?.password, 'p:sß')
  assert.equal(parseParent('parent', 'http://u:p@h').credentials?.basic, 'Basic dTpw')
  for (const text of [inspect(parent, { depth: 9, showHidden: true }), JSON.stringify(parent), String(parent)]) {
    assert.doesNotMatch(text, /anna|corp|p:s/)
  }
})

const wrong = [
  'ftp://u:hunter2@h',
  'http://u:hunter2@h:0',
  'http://u:hunter2@h:99999',
  'http://u:hunter2@h/path',
  'http://u:hunter2@h?q',
  'http://u:hunter2@',
  'http://u:hunter2@a b',
  'http://u:hunter2%zz@h',
  'http://u:hunter2%0d%0a@h',
  'http://u%3Ahunter2:x@h',
  'u:hunter2@h@h/x',
  'socks4://u:hunter2@h',
  `socks5://u:hunter2${'x'.repeat(255)}@h`,
  '',
]
for (const url of wrong) {
  test(`${url.slice(0, 40)} is an error that does not tell the password`, () => {
    assert.throws(
      () => parseParent('parent', url),
      (error) => {
        assert.ok(error instanceof OptionError)
        assert.doesNotMatch(error.message, /hunter2/)
        assert.match(error.message, /^Option 'parent'/)
        return true
      },
    )
    assert.throws(() => readWays('parents', [{ name: 'x', chain: [url] }]), /parents\[0\]\.chain\[0\]/)
  })
}

test('a slip in the options of a parent names the key and not the value', () => {
  assert.throws(
    () => readWays('parents', [{ ulr: 'http://u:hunter2@h' } as never]),
    (error: Error) => /ulr/.test(error.message) && /'url'/.test(error.message) && !/hunter2/.test(error.message),
  )
  assert.throws(() => readWays('parents', [{}]), /either 'url' or 'chain'/)
  assert.throws(() => readWays('parents', [{ url: 'h', name: 'direct' }]), /name/)
  assert.throws(() => readWays('parents', []), /parents/)
  assert.throws(
    () =>
      readWays('parents', [
        { url: 'h', name: 'a' },
        { url: 'i', name: 'a' },
      ]),
    /two ways/,
  )
  assert.throws(() => parseParent('parent', 'http://h', { ca: 'x' }), /only an https parent/)
})

test('ways without a name are called by their hosts, and told apart where only the credentials differ', () => {
  const ways = readWays('parents', ['http://a:1@h:1', 'http://b:2@h:1', ['socks5h://s', 'https://t']])

  assert.deepEqual(
    ways.map(({ name }) => name),
    ['h:1', 'h:1#2', 's:1080>t:443'],
  )
})
