import assert from 'node:assert/strict'
import test from 'node:test'
import { canonicalPath, compilePathPolicy, type PathRules, type PathViolation } from '../../src/http/path-policy.ts'

const standard = compilePathPolicy(undefined)

const accepted: [source: string, path: string, canonical?: string][] = [
  ['RFC 3986 3.3', '/'],
  ['RFC 3986 3.3', '/a/b/c.html'],
  ['RFC 3986 3.3, pchar', "/a:@!$&'()*+,=-._~"],
  ['RFC 9112 3.2.4', '*'],
  ['reply-from#460', '/[...slug]'],
  ['reply-from#460', '/a/[...slug]/x'],
  ['reply-from#460', '/...'],
  ['reply-from#460', '/..foo'],
  ['reply-from#460', '/a..'],
  ['reply-from#460', '/.../x'],
  ['reply-from#460, encoded', '/%2e%2e%2e/x', '/.../x'],
  ['RFC 8615', '/.well-known/acme'],
  ['security A.58', '//a//b/'],
  ['security A.56', '//evil/x'],
  ['security A.58', '/admin;x=..'],
  ['security A.58, %2F', '/a%2fb', '/a%2Fb'],
  ['security A.55, double encoding', '/%252e%252e/x'],
  ['security A.55, double encoding', '/%252E/%255c%2500'],
  ['RFC 3986 6.2.2.2', '/adm%69n/%7Euser%2D%5F', '/admin/~user-_'],
  ['RFC 3986 6.2.2.1', '/%c3%bc%3a%3A', '/%C3%BC%3A%3A'],
  ['RFC 3986 6.2.2.2, reserved stays', '/a%3Bb%3fc%23d%20', '/a%3Bb%3Fc%23d%20'],
  ['RFC 3986 3.3, raw marks that clients send', '/a|b"c<d>{e}^`'],
]

for (const [source, path, canonical] of accepted) {
  test(`takes ${path} (${source})`, () => {
    assert.equal(canonicalPath(standard, path), canonical ?? path)
  })
}

const refused: [source: string, path: string, rule: PathViolation['rule']][] = [
  ['security A.51', '/a/../x', 'dotSegments'],
  ['security A.51', '/a/..', 'dotSegments'],
  ['security A.51', '/..', 'dotSegments'],
  ['security A.51', '/.', 'dotSegments'],
  ['security A.51', '/./a', 'dotSegments'],
  ['security A.51', '/%2e%2e/x', 'dotSegments'],
  ['GHSA-2q7r-29rg-6m5h', '/%2E%2E/x', 'dotSegments'],
  ['security A.51', '/.%2E/x', 'dotSegments'],
  ['security A.51', '/%2e', 'dotSegments'],
  ['security A.51', '/%2e/a', 'dotSegments'],
  ['security A.52', '/a/%2e%2e%2fx', 'dotSegments'],
  ['security A.52', '/a%2f..%2fx', 'dotSegments'],
  ['security A.52', '/a%2f%2e', 'dotSegments'],
  ['security A.53', '/a/..;/x', 'dotSegments'],
  ['security A.53', '/a/..;v=1/x', 'dotSegments'],
  ['security A.53', '/a/%2e%2e;/x', 'dotSegments'],
  ['security A.53', '/.;a', 'dotSegments'],
  ['CVE-2026-85124', '/a/..\\x', 'backslash'],
  ['CVE-2026-85124', '/a\\..\\x', 'backslash'],
  ['security A.54', '/\\evil', 'backslash'],
  ['CVE-2026-85124, encoded', '/a%5c..%5cx', 'encodedBackslash'],
  ['security A.59', '/a%00', 'nul'],
  ['security A.59', '/a%0d%0aX:%20y', 'control'],
  ['security A.59', '/a%0A', 'control'],
  ['security A.59', '/%1f', 'control'],
  ['security A.59', '/%7f', 'control'],
  ['security A.59', '/%09', 'control'],
  ['RFC 9112 3.2, raw space', '/a b', 'control'],
  ['RFC 9112 3.2, raw tab', '/a\tb', 'control'],
  ['RFC 9112 3.2, raw DEL', '/\x7f', 'control'],
  ['RFC 9112 3.2, raw byte', '/\xff', 'control'],
  ['RFC 9112 3.2, raw byte after an escape', '/%41\xff', 'control'],
  ['security A.60', '/%zz', 'percent'],
  ['security A.60', '/%', 'percent'],
  ['security A.60', '/%2', 'percent'],
  ['security A.60', '/a%4', 'percent'],
  ['security A.60', '/%%34', 'percent'],
  ['security A.60', '/%u002e', 'percent'],
  ['security A.60', '/%-1', 'percent'],
]

for (const [source, path, rule] of refused) {
  test(`refuses ${JSON.stringify(path)} by ${rule} (${source})`, () => {
    const violation = canonicalPath(standard, path) as PathViolation

    assert.equal(violation.rule, rule)
    assert.ok(Object.isFrozen(violation))
  })
}

const ruled: [rule: keyof PathRules, path: string, canonical: string][] = [
  ['dotSegments', '/a/%2e%2e/x', '/a/../x'],
  ['backslash', '/a\\b', '/a\\b'],
  ['encodedBackslash', '/a%5cb', '/a%5Cb'],
  ['encodedSlash', '/a%2fb', '/a%2Fb'],
  ['nul', '/a%00', '/a%00'],
  ['control', '/a%0d', '/a%0D'],
  ['semicolon', '/a;b', '/a;b'],
  ['emptySegments', '/a//b', '/a//b'],
]

for (const [rule, path, canonical] of ruled) {
  test(`the option ${rule} refuses ${path} and lets it pass`, () => {
    const refusing = canonicalPath(compilePathPolicy({ [rule]: 'refuse' }), path) as PathViolation
    const passing = canonicalPath(compilePathPolicy({ [rule]: 'pass' }), path)

    assert.equal(refusing.rule, rule)
    assert.equal(passing, canonical)
  })
}

test('a dot segment between backslashes is refused where backslashes pass', () => {
  const policy = compilePathPolicy({ backslash: 'pass', encodedBackslash: 'pass' })

  for (const path of ['/a/..\\x', '/a\\..', '/a%5c..%5cx', '/a\\%2e%2e%5Cx']) {
    assert.equal((canonicalPath(policy, path) as PathViolation).rule, 'dotSegments', path)
  }
})

test('a raw control character is refused whatever the option says', () => {
  assert.equal((canonicalPath(compilePathPolicy({ control: 'pass' }), '/a\nb') as PathViolation).rule, 'control')
})

test('an unknown rule or word is an error that names it', () => {
  assert.throws(() => compilePathPolicy({ dotSegment: 'pass' } as PathRules), /'paths\.dotSegment'.*'dotSegments'/)
  assert.throws(() => compilePathPolicy({ nul: 'allow' } as unknown as PathRules), /'paths\.nul' is "allow"/)
})

test('the canonical form of a canonical form is itself', () => {
  for (const [, path, canonical] of accepted) {
    const once = canonical ?? path
    // A doubly encoded character stays encoded once: it is %25 followed by digits, and %25 is never decoded.
    assert.equal(canonicalPath(standard, once), once)
  }
})
