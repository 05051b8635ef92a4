import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { test } from 'node:test'
import { root } from '../support/imports.ts'
import { anchors, links, type Page, pages } from './markdown.ts'

test('links, images and anchors are read, code is not', () => {
  const page = { path: 'x.md', text: '# The `a` & b\n[x](y.md#z) ![i](i.svg) `[no](no.md)`\n```md\n[no](no.md)\n```\n' }

  assert.deepEqual(links(page), ['y.md#z', 'i.svg'])
  assert.deepEqual([...anchors(page.text)], ['the-a--b'])
})

test('every internal link leads somewhere', () => {
  const dead = pages().flatMap((page) =>
    links(page)
      .filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(page, link))
      .map((link) => `${page.path} -> ${link}`),
  )

  assert.deepEqual(dead, [])
})

function leadsSomewhere(page: Page, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page.path : posix.join(posix.dirname(page.path), path)
  const file = join(root, target)
  if (!existsSync(file)) return false
  return anchor === undefined || (statSync(file).isFile() && anchors(readFileSync(file, 'utf8')).has(anchor))
}
