import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Upstream } from '../../src/contract/pool.ts'
import type { Target } from '../../src/contract/target.ts'
import { type PathMapping, rewriteLocation, rewriteRefresh } from '../../src/http/location.ts'
import { exchangeWith, upstreamWith } from './exchange-with.ts'

const same: PathMapping = { prefix: '', upstreamPrefix: '' }
const mounted: PathMapping = { prefix: '/api', upstreamPrefix: '/base/v1' }
const stripped: PathMapping = { prefix: '/api', upstreamPrefix: '' }

type Case = [value: string, want: string, mapping?: PathMapping, upstream?: Partial<Upstream>, target?: Partial<Target>]

const https: Partial<Target> = { scheme: 'https', authority: 'a.test', host: 'a.test', port: undefined }
const plainUp: Partial<Upstream> = { hostname: 'up.test', port: 80, authority: 'up.test' }
const v6Up: Partial<Upstream> = { hostname: '::1', port: 3000, authority: '[::1]:3000' }

const cases: Case[] = [
  // Absolute, at the upstream.
  ['http://127.0.0.1:3000/x?q#f', 'http://a.test:8080/x?q#f'],
  ['HTTP://127.0.0.1:3000/x', 'http://a.test:8080/x'],
  ['http://127.0.0.1:3000', 'http://a.test:8080'],
  ['http://127.0.0.1:3000?q', 'http://a.test:8080?q'],
  ['http://127.0.0.1:3000/x', 'https://a.test/x', same, {}, https],
  ['https://127.0.0.1:3000/x', 'http://a.test:8080/x'],
  ['http://up.test/x', 'http://a.test:8080/x', same, plainUp],
  ['http://UP.test:80/x', 'http://a.test:8080/x', same, plainUp],
  ['http://up.test:/x', 'http://a.test:8080/x', same, plainUp],
  ['https://up.test/x', 'http://a.test:8080/x', same, plainUp],
  ['http://[::1]:3000/x', 'http://a.test:8080/x', same, v6Up],
  ['//127.0.0.1:3000/x', '//a.test:8080/x'],
  ['http://127.0.0.1:3000/base/v1/x', 'http://a.test:8080/api/x', mounted],
  ['http://127.0.0.1:3000/base/v1', 'http://a.test:8080/api', mounted],
  ['http://127.0.0.1:3000/other', 'http://a.test:8080/other', mounted],
  ['http://127.0.0.1:3000', 'http://a.test:8080/api', stripped],
  ['http://127.0.0.1:3000/x', '/x', same, {}, { authority: '', host: '' }],
  ['http://127.0.0.1:3000', '/', same, {}, { authority: '', host: '' }],
  // A path.
  ['/x', '/x'],
  ['/x', '/api/x', stripped],
  ['/', '/api/', stripped],
  ['/base/v1/x?q=/base/v1', '/api/x?q=/base/v1', mounted],
  ['/base/v1?q', '/api?q', mounted],
  ['/base/v1#f', '/api#f', mounted],
  ['/base/v12/x', '/base/v12/x', mounted],
  ['/base', '/base', mounted],
  ['/base/v1/%2e%2E/x', '/api/%2e%2E/x', mounted],
  ['/v1/x', '/x', { prefix: '/', upstreamPrefix: '/v1' }],
  ['/v1', '/', { prefix: '/', upstreamPrefix: '/v1/' }],
  ['/v1?q', '/?q', { prefix: '', upstreamPrefix: '/v1' }],
  // Our own authority, where Host was preserved.
  ['http://a.test:8080/base/v1/x', 'http://a.test:8080/api/x', mounted],
  ['https://A.test/base/v1/x', 'https://A.test/api/x', mounted, {}, https],
  ['http://a.test/base/v1/x', 'http://a.test/api/x', mounted, {}, https],
  ['https://a.test:443/base/v1/x', 'https://a.test:443/api/x', mounted, {}, https],
  ['http://a.test/base/v1/x', 'http://a.test/base/v1/x', mounted],
  // Elsewhere, relative, or not what it seems.
  ['http://other.test/x', 'http://other.test/x', stripped],
  ['http://127.0.0.1:3001/x', 'http://127.0.0.1:3001/x', stripped],
  ['//other.test/x', '//other.test/x', stripped],
  ['/\\other.test/x', '/\\other.test/x', stripped],
  ['//127.0.0.1:3000\\@evil.test', '//127.0.0.1:3000\\@evil.test', stripped],
  ['http://127.0.0.1:3000@evil.test/', 'http://127.0.0.1:3000@evil.test/', stripped],
  ['http://u@127.0.0.1:3000/', 'http://u@127.0.0.1:3000/', stripped],
  ['http://127.0.0.1:3000.evil.test/', 'http://127.0.0.1:3000.evil.test/', stripped],
  ['ftp://127.0.0.1:3000/x', 'ftp://127.0.0.1:3000/x', stripped],
  ['x/y', 'x/y', stripped],
  ['?q', '?q', stripped],
  ['#f', '#f', stripped],
  ['', '', stripped],
  ['http:/x', 'http:/x', stripped],
  ['http:///x', 'http:///x', stripped, {}, { authority: '', host: '' }],
]

for (const [value, want, mapping = same, upstream = {}, target = {}] of cases) {
  test(`Location ${value} becomes ${want} with ${mapping.prefix} for ${mapping.upstreamPrefix} (RFC 9110 10.2.2)`, () => {
    assert.equal(rewriteLocation(value, exchangeWith({ target }), upstreamWith(upstream), mapping), want)
  })
}

test('the URL of Refresh is turned into ours, in every spelling', () => {
  const spellings: [string, string][] = [
    ['5; url=http://127.0.0.1:3000/x', '5; url=http://a.test:8080/api/x'],
    ['5;URL=/x', '5;URL=/api/x'],
    ['0, url = "/x"', '0, url = "/api/x"'],
    ["1.5; url='/x' ", "1.5; url='/api/x' "],
    ['5; url="/x', '5; url="/api/x'],
    ['5; url=http://other.test/', '5; url=http://other.test/'],
    ['5', '5'],
    ['', ''],
  ]

  for (const [value, want] of spellings) {
    assert.equal(rewriteRefresh(value, exchangeWith({}), upstreamWith({}), stripped), want, value)
  }
})

test('a hostile value costs no more than its length', () => {
  const began = performance.now()

  for (const value of [`5${' '.repeat(64_000)}`, `${' '.repeat(64_000)}x`, `5;${' '.repeat(64_000)}url`]) {
    assert.equal(rewriteRefresh(value, exchangeWith({}), upstreamWith({}), stripped), value)
  }

  assert.ok(performance.now() - began < 500)
})
