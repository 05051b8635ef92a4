import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { root } from '../support/imports.ts'
import { readInterfaces } from './interfaces.ts'

const page = readFileSync(join(root, 'docs/migration.md'), 'utf8')
const readme = (name: string): string => readFileSync(join(root, 'node_modules', name, 'README.md'), 'utf8')

/** The part of the page under one heading. */
function section(heading: string): string {
  const [, text] = page.split(`\n## ${heading}\n`)
  assert.ok(text !== undefined, `no section ${heading}`)
  return text.split('\n## ')[0] as string
}

const firstColumn = (text: string): string[] =>
  [...text.matchAll(/^\| `([\w.]+)` \|/gm)].map(([, name]) => (name as string).replace(/^on\./, ''))

const names = (text: string, pattern: RegExp): string[] => [
  ...new Set([...text.matchAll(pattern)].map(([, name]) => name as string)),
]

const missing = (theirs: readonly string[], heading: string): string[] => {
  const ours = new Set(firstColumn(section(heading)))
  return theirs.filter((name) => !ours.has(name))
}

describe('the migration tables leave no option out', () => {
  test('of @fastify/http-proxy', () => {
    const [, options = ''] = readme('@fastify/http-proxy').split('\n## Options\n')
    const theirs = names(options, /^### `(?:reply\.)?(\w+)/gm)

    assert.ok(theirs.includes('rewritePrefix') && theirs.includes('wsHooks'))
    const left = missing(theirs, 'From @fastify/http-proxy')
    assert.deepEqual(
      left.filter((name) => name !== 'fromParameters'),
      [],
    )
  })

  test('of @fastify/reply-from', () => {
    const [, options = ''] = readme('@fastify/reply-from').split('\n### Plugin options\n')
    const theirs = names(options, /^#{3,4} `(\w+)[^`.]*`/gm).filter((name) => name !== 'reply')

    assert.ok(theirs.includes('base') && theirs.includes('retryDelay') && theirs.includes('queryString'))
    assert.deepEqual(missing(theirs, 'From @fastify/reply-from'), [])
  })

  test('of http-proxy-middleware and of httpxy below it', () => {
    const own = readme('http-proxy-middleware')
    const theirs = [
      ...names(own, /^### `(\w+)`? /gm),
      ...names(own, /^- \*\*option\.(?:on\.)?(\w+)/gm),
      ...names(readme('httpxy'), /^\| `(\w+)` +\| `/gm).filter((name) => !['start', 'end'].includes(name)),
    ]

    assert.ok(theirs.includes('pathFilter') && theirs.includes('xfwd') && theirs.includes('proxyReq'))
    assert.deepEqual(missing(theirs, 'From http-proxy-middleware'), [])
  })

  test('and what they say is ours is there', () => {
    const ours = new Set(
      ['plugins/reverse-proxy/options.ts', 'src/http/field-rules.ts', 'src/contract/pool.ts', 'plugins/kernel/types.ts']
        .flatMap(readInterfaces)
        .flatMap(({ fields }) => fields.map(({ name }) => name)),
    )
    const right = [...page.matchAll(/^\| `[\w.]+` \| (.*) \|$/gm)].map(([, cell]) => cell as string)
    const said = right.flatMap((cell) => names(cell, /`(\w+)(?::[^`]*)?`/g))

    // Names of Fastify, Node or the other package, used as such.
    const theirs = ['onSend', 'config', 'connectionTimeout', 'retryMethods', 'Refresh', 'Forwarded', 'SP_BODY_CONSUMED']
    assert.ok(said.length > 30)
    assert.deepEqual(
      said.filter((name) => !ours.has(name) && !theirs.includes(name)),
      [],
    )
  })
})
