import assert from 'node:assert/strict'
import test from 'node:test'
import type { Target } from '../../src/contract/target.ts'
import { canonicalPath, compilePathPolicy } from '../../src/http/path-policy.ts'
import { compilePrefix } from '../../src/http/prefix.ts'

const lenient = compilePathPolicy({ dotSegments: 'pass' })

function target(path: string): Target {
  const canonical = canonicalPath(lenient, path) as string
  const rest = { method: 'GET', scheme: 'http', authority: 'a', host: 'a', port: undefined, query: '?q' } as const
  return { ...rest, path, canonicalPath: canonical }
}

const rows: [source: string, prefix: string, rewrite: string | undefined, path: string, sent: string | undefined][] = [
  ['no rewrite', '/api', undefined, '/api/x', '/api/x'],
  ['no rewrite, raw bytes', '/api', undefined, '/%61pi//x%2f', '/%61pi//x%2f'],
  ['strip', '/api', '', '/api/x', '/x'],
  ['strip all', '/api', '', '/api', '/'],
  ['strip all', '/api', '', '/api/', '/'],
  ['root for prefix', '/api', '/', '/api', '/'],
  ['root for prefix', '/api', '/', '/api/x', '/x'],
  ['replace', '/api', '/v1', '/api', '/v1'],
  ['replace', '/api', '/v1', '/api/', '/v1/'],
  ['replace', '/api', '/v1', '/api/x/y', '/v1/x/y'],
  ['slash at the end of the prefix', '/api/', '/v1', '/api/x', '/v1/x'],
  ['slash at the end of the rewrite', '/api', '/v1/', '/api/x', '/v1/x'],
  ['slash at the end of the rewrite', '/api', '/v1/', '/api', '/v1/'],
  ['rewrite without a slash', '/api', 'v1', '/api/x', '/v1/x'],
  ['root prefix', '/', '/v1', '/x', '/v1/x'],
  ['root prefix', '/', '/v1', '/', '/v1/'],
  ['empty prefix', '', '/v1', '/x', '/v1/x'],
  ['empty prefix', '', '', '//x', '//x'],
  ['deep prefix', '/a/b', '/c', '/a/b/d', '/c/d'],
  ['raw bytes behind the prefix', '/api', '/v1', '/api//x%2f;y/%7e', '/v1//x%2f;y/%7e'],
  ['CVE-2026-16117', '/admin', '/v1', '/adm%69n/x', '/v1/x'],
  ['CVE-2026-16117', '/admin', '/v1', '/%61%64min', '/v1'],
  ['CVE-2026-16117', '/a/b', '/v1', '/%61/%62/%63', '/v1/%63'],
  ['CVE-2026-16117, encoded in the option', '/adm%69n', '/v1', '/admin/x', '/v1/x'],
  ['RFC 3986 6.2.2.1, not in ASCII', '/caf\xe9', '/v1', '/caf%c3%a9/x', '/v1/x'],
  ['security A.58, other word', '/admin', '/v1', '/administrator', undefined],
  ['security A.58, %2F is no segment end', '/admin', '/v1', '/admin%2fx', undefined],
  ['security A.58, semicolon', '/admin', '/v1', '/admin;x', undefined],
  ['security A.58, case', '/admin', '/v1', '/ADMIN/x', undefined],
  ['security A.58, slashes before', '/admin', '/v1', '//admin/x', undefined],
  ['GHSA-c4qr-gmr9-v23w, outside', '/admin', '/v1', '/other', undefined],
  ['GHSA-c4qr-gmr9-v23w, outside, encoded', '/admin', '/v1', '/%6fther/x', undefined],
  ['too short', '/a/b', '/v1', '/a', undefined],
  ['too short, encoded', '/a/b', '/v1', '/%61', undefined],
  ['RFC 9112 3.2.4', '/', '/v1', '*', '*'],
]

for (const [source, prefix, rewrite, path, sent] of rows) {
  test(`'${prefix}' as ${JSON.stringify(rewrite)} sends ${path} as ${sent} (${source})`, () => {
    assert.equal(compilePrefix(prefix, rewrite)(target(path)), sent)
  })
}

test('a rewritePrefix that is no path is an error that names the option', () => {
  for (const bad of ['/a?b', '/a#b', '/%zz', '/a%']) {
    assert.throws(() => compilePrefix('/', bad), { code: 'SP_BAD_OPTION', option: 'rewritePrefix' }, bad)
  }
})

test('a prefix with parameters beside rewritePrefix is an error that names the option', () => {
  assert.throws(() => compilePrefix('/:tenant/api', '/v1'), { code: 'SP_BAD_OPTION', option: 'prefix' })
  assert.equal(compilePrefix('/:tenant/api', undefined)(target('/x/api')), '/x/api')
})
