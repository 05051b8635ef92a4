import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createUpstream } from '../../src/upstream/origin.ts'

const read: readonly [string, Partial<ReturnType<typeof createUpstream>>][] = [
  [
    'http://127.0.0.1:3000',
    {
      name: '127.0.0.1:3000',
      origin: 'http://127.0.0.1:3000',
      hostname: '127.0.0.1',
      port: 3000,
      authority: '127.0.0.1:3000',
      basePath: '',
    },
  ],
  ['http://a.test', { name: 'a.test:80', origin: 'http://a.test', port: 80, authority: 'a.test', protocol: 'http:' }],
  ['https://a.test', { name: 'a.test:443', port: 443, authority: 'a.test', protocol: 'https:' }],
  ['https://a.test:443/', { name: 'a.test:443', port: 443, authority: 'a.test', basePath: '' }],
  ['http://a.test:443', { name: 'a.test:443', port: 443, authority: 'a.test:443' }],
  ['HTTP://A.Test:80', { name: 'a.test:80', authority: 'a.test' }],
  ['http://[::1]:3000', { name: '[::1]:3000', hostname: '::1', authority: '[::1]:3000', origin: 'http://[::1]:3000' }],
  ['http://a.test/base', { basePath: '/base' }],
  ['http://a.test/base//', { basePath: '/base' }],
  ['http://a.test/a/b/', { basePath: '/a/b' }],
  ['http://a.test/%2Fa', { basePath: '/%2Fa' }],
  [
    'http+unix:/run/app.sock',
    { name: 'unix:/run/app.sock', socketPath: '/run/app.sock', authority: 'localhost', protocol: 'http:' },
  ],
  ['http+unix:///run/app.sock', { socketPath: '/run/app.sock' }],
  ['unix:/run/app.sock', { socketPath: '/run/app.sock' }],
  ['unix+http:/run/app.sock', { socketPath: '/run/app.sock' }],
]

for (const [url, parts] of read) {
  test(`${url} is read`, () => {
    const upstream = createUpstream('upstream', url)

    for (const [key, value] of Object.entries(parts)) assert.equal(upstream[key as keyof typeof upstream], value, key)
    assert.equal(upstream.maxConnections, 4096)
    assert.equal(upstream.http2, false)
    assert.ok(Object.isFrozen(upstream))
  })
}

const refused: readonly [unknown, RegExp][] = [
  ['', /'upstream' is ""/],
  ['127.0.0.1:3000', /give an http or https URL/],
  ['a.test', /give an http or https URL/],
  ['ftp://a.test', /'upstream' is "ftp:\/\/a\.test": give an http or https URL/],
  ['ws://a.test', /give an http or https URL/],
  ['http://', /give an http or https URL/],
  ['http://a.test:99999', /give an http or https URL/],
  ['http://a.test:0', /port/],
  ['unix:relative.sock', /give an http or https URL/],
  ['http+unix:', /give an http or https URL/],
  ['http://a.test/?q=1', /no query or fragment here/],
  ['http://a.test/#part', /no query or fragment here/],
  [undefined, /'upstream' is missing/],
  [3000, /'upstream' is 3000/],
  [{}, /'upstream' is an object/],
]

for (const [url, message] of refused) {
  test(`${JSON.stringify(url)} is refused`, () => {
    assert.throws(
      () => createUpstream('upstream', url as string),
      (error: Error & { code: string; option: string }) => {
        assert.equal(error.code, 'SP_BAD_OPTION')
        assert.match(error.message, message)
        return true
      },
    )
  })
}

test('credentials in the URL are refused, and not repeated in the message', () => {
  for (const url of ['http://user:hunter2@a.test', 'https://hunter2@a.test']) {
    assert.throws(
      () => createUpstream('upstream', url),
      (error: Error) =>
        /credentials do not belong in the URL/.test(error.message) && !error.message.includes('hunter2'),
    )
  }
})
