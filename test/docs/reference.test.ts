import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { factTable } from '../../src/contract/facts.ts'
import { root } from '../support/imports.ts'
import { readInterfaces } from './interfaces.ts'
import { referencePages } from './reference.ts'

describe('the reference says what the sources say', () => {
  for (const [path, text] of referencePages()) {
    test(`${path} is up to date; if not: npm run docs`, () => {
      assert.equal(readFileSync(join(root, path), 'utf8'), text)
    })
  }

  test('every option is explained', () => {
    const page = referencePages().get('docs/options.md') ?? ''
    const paths = ['plugins/reverse-proxy/options.ts', 'plugins/kernel/types.ts', 'plugins/observe/options.ts']
    const fields = paths.flatMap((path) =>
      readInterfaces(path)
        .filter(({ name }) => name.endsWith('Options'))
        .flatMap((one) => one.fields.map(({ name }) => name)),
    )

    assert.ok(fields.includes('rewritePrefix') && fields.includes('trustedProxies'))
    assert.deepEqual(
      fields.filter((name) => !new RegExp(`^\\| \`${name}\` \\| .+ \\| .* \\| \\S.* \\|$`, 'm').test(page)),
      [],
    )
  })

  test('every fact is explained', () => {
    const page = referencePages().get('docs/facts.md') ?? ''

    const silent = Object.keys(factTable).filter((name) => page.includes(`| \`${name}\` |  |`))

    assert.deepEqual(silent, [])
  })
})
