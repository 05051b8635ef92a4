import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { policyNames } from '../../src/balance/policy/policies.ts'
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
    const paths = [
      ...['plugins/reverse-proxy/options.ts', 'plugins/kernel/types.ts', 'plugins/observe/options.ts'],
      ...['plugins/balance/options.ts', 'src/balance/pool-options.ts', 'src/balance/options.ts'],
      ...['src/balance/health/options.ts', 'src/balance/outlier-options.ts', 'src/balance/retry/options.ts'],
      ...['src/balance/discovery/discover-options.ts', 'src/balance/sticky-options.ts', 'src/balance/breaker.ts'],
      ...['plugins/cache/options.ts', 'plugins/cache/control-options.ts'],
      ...['src/cache/plan-options.ts', 'src/cache/key-options.ts'],
      ...['src/balance/slow-start.ts', 'src/balance/shape/split-options.ts', 'src/balance/shape/mirror-options.ts'],
    ]
    const fields = paths.flatMap((path) =>
      readInterfaces(path)
        .filter(({ name }) => name.endsWith('Options'))
        .flatMap((one) => one.fields.map(({ name }) => name)),
    )

    assert.ok(fields.includes('rewritePrefix') && fields.includes('trustedProxies'))
    assert.ok(fields.includes('panicThreshold') && fields.includes('budget.ratio') && fields.includes('hedgeAfter'))
    assert.deepEqual(
      fields.filter((name) => !new RegExp(`^\\| \`${name}\` \\| .+ \\| .* \\| \\S.* \\|$`, 'm').test(page)),
      [],
    )
  })

  test('every event of a pool, and every policy, is in the README of balance', () => {
    const page = readFileSync(join(root, 'plugins/balance/README.md'), 'utf8')
    const [, body = ''] =
      /interface PoolEvents \{\n([\s\S]*?)\n\}/.exec(readFileSync(join(root, 'src/balance/pool-events.ts'), 'utf8')) ??
      []
    const events = [...body.matchAll(/^ {2}(\w+): \[/gm)].map(([, name]) => name as string)

    assert.ok(events.includes('ejected') && events.includes('refused'))
    assert.deepEqual(
      [...events, ...policyNames].filter((name) => !page.includes(`\`${name}\``)),
      [],
    )
  })

  test('every option of the cache is in its README', () => {
    const page = readFileSync(join(root, 'plugins/cache/README.md'), 'utf8')
    const names = ['plugins/cache/options.ts', 'src/cache/plan-options.ts'].flatMap((path) =>
      readInterfaces(path)
        .filter(({ name }) => name === 'CacheOptions' || name === 'CacheRouteOptions')
        .flatMap(({ fields }) => fields.map(({ name }) => name)),
    )

    assert.ok(names.includes('control') && names.includes('bypass'))
    assert.deepEqual(
      names.filter((name) => !new RegExp(`^\\| \`${name}\` +\\|`, 'm').test(page)),
      [],
    )
  })

  test('every fact is explained', () => {
    const page = referencePages().get('docs/facts.md') ?? ''

    const silent = Object.keys(factTable).filter((name) => page.includes(`| \`${name}\` |  |`))

    assert.deepEqual(silent, [])
  })
})
