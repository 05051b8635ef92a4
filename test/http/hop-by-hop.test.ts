import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dropNominated, isHopByHop, nominated } from '../../src/http/hop-by-hop.ts'

test('the hop-by-hop fields are known in any case', () => {
  const names = [
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'Proxy-Authenticate',
    'Proxy-Authorization',
    'Proxy-Authentication-Info',
  ]

  for (const name of names) {
    assert.equal(isHopByHop(name), true, name)
    assert.equal(isHopByHop(name.toLowerCase()), true, name)
    assert.equal(isHopByHop(name.toUpperCase()), true, name)
  }
})

test('other fields are not hop-by-hop, those of the same length and beginning among them', () => {
  const names = ['Host', 'Tx', 'Trailed', 'User-Agent', 'Connected!', 'Proxy-Status', 'Transfer-Encodinh', 'Cookie', '']

  for (const name of names) assert.equal(isHopByHop(name), false, name)
})

test('a Connection value gives the names it nominates, and nothing for what it usually holds (RFC 9110 7.6.1)', () => {
  const cases: [string, string[] | undefined][] = [
    ['close', undefined],
    ['keep-alive', undefined],
    ['Keep-Alive, Upgrade', undefined],
    ['', undefined],
    [' , ,', undefined],
    ['X-Foo', ['x-foo']],
    ['close, X-A,x-b ,\tX-C', ['x-a', 'x-b', 'x-c']],
    ['TE, trailers', ['trailers']],
  ]

  for (const [value, want] of cases) {
    const names = nominated(value)
    assert.deepEqual(names === undefined ? undefined : [...names], want, value)
  }
})

test('a field that the origin decides by cannot be nominated away (VSV00010, CVE-2026-33805, CVE-2026-26365)', () => {
  const value =
    'Host, Content-Length, Content-Type, Transfer-Encoding, Authorization, Cookie, Set-Cookie, Cache-Control, ' +
    'Forwarded, Via, X-Forwarded-For, X-Forwarded-Anything, Date, X-Real-IP'

  assert.equal(nominated(value), undefined)
})

test('dropping what is nominated leaves the rest in place and order, and spares what stands before the start', () => {
  const fields = ['X-A', '0', 'B', '1', 'x-a', '2', 'C', '3', 'X-A', '4']

  dropNominated(fields, 2, new Set(['x-a']))

  assert.deepEqual(fields, ['X-A', '0', 'B', '1', 'C', '3'])
})
