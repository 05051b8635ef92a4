import assert from 'node:assert/strict'
import { test } from 'node:test'
import { extraOf, urlOf } from '../../src/cache/key.ts'
import { compileKey } from '../../src/cache/key-options.ts'
import { exchangeWith } from '../http/exchange-with.ts'
import { oneFrom, seededRandom } from '../support/random.ts'

const rounds = 100_000
/** What separates parts in many a key. */
const shards = [
  'a',
  'b',
  '|',
  ':',
  ';',
  '1',
  '2:',
  '3:a|b',
  '-',
  'f1:',
  'c',
  ',',
  ' ',
  '=',
  ';f:team:',
  ';f4:team',
  ';f4:team0:;',
]

test('two lists of tenant, team and cookie never make the same key (`a|b` and `a`, `|b`)', () => {
  const random = seededRandom(7)
  const text = (): string => {
    let made = ''
    for (let i = Math.floor(random() * 4); i > 0; i--) made += oneFrom(random, shards)
    return made
  }
  const plan = compileKey('key', {
    fields: ['tenant', 'team'],
    cookies: ['c'],
    by: (exchange) => exchange.rawFields[7],
  })
  const seen = new Map<string, string>()

  for (let round = 0; round < rounds; round++) {
    const [place, tenant, team, by] = [text(), text(), text(), random() < 0.2 ? undefined : text()]
    const cookie = text().replaceAll(';', '').trim()
    const fields = ['tenant', tenant, 'team', team, 'cookie', `c=${cookie}`]
    if (by !== undefined) fields.push('by', by)
    const parts = JSON.stringify([place, tenant, team, cookie, by])
    const extra = extraOf(plan, exchangeWith({ fields }), place)
    assert.equal(seen.get(extra) ?? parts, parts, extra)
    seen.set(extra, parts)
  }
  assert.ok(seen.size > rounds / 2)
})

test('two targets never make the same URL', () => {
  const random = seededRandom(8)
  const plan = compileKey('key', undefined)
  const hosts = ['a', 'a.b', 'a-80', '[::1]', '[::1:80]', '80']
  const ports = [undefined, 1, 80, 443, 8080]
  const paths = ['/', '//', '/a', '/%61', '/:80', '/a:80/b', '//a', '/http://a/', '/A']
  const queries = ['', '?', '??', '?/', '?a', '?a&', '?A']
  const seen = new Map<string, string>()

  for (let round = 0; round < rounds; round++) {
    const scheme = oneFrom(random, ['http', 'https'] as const)
    const target = { scheme, host: oneFrom(random, hosts), port: oneFrom(random, ports), path: oneFrom(random, paths) }
    const query = oneFrom(random, queries)
    const parts = JSON.stringify([target, target.port ?? (scheme === 'https' ? 443 : 80), query])
    const url = urlOf(plan, { ...target, query })
    const same = parts.replace(/"port":\d+,/, '')
    assert.equal(seen.get(url) ?? same, same, url)
    seen.set(url, same)
  }
  assert.ok(seen.size > 1000)
})
