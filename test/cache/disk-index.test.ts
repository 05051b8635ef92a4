import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiskEntry } from '../../src/cache/disk/disk-entry.ts'
import { DiskIndex } from '../../src/cache/disk/disk-index.ts'
import { variantName } from '../../src/cache/disk/file-name.ts'
import { headOf, wall } from './store-bed.ts'

const home = {
  headOf: () => assert.fail('no head is needed'),
  read: () => assert.fail('nothing is read'),
}

function entryOf(url: string, extra: string, keepUntil = wall + 60_000): DiskEntry {
  const name = variantName(headOf(url, { extra }))
  return new DiskEntry(home, { url, name, serial: 1, size: 1, headBytes: 1, json: '{}', keepUntil, weight: 4096 })
}

function indexOf(maxEntries: number): { index: DiskIndex; left: DiskEntry[] } {
  const left: DiskEntry[] = []
  const onLeave = (entry: DiskEntry): void => void left.push(entry)
  return { index: new DiskIndex({ maxBytes: 1 << 30, maxEntries, wall: () => wall, onLeave }), left }
}

test('who walks the index sees every variant that stays, whatever leaves meanwhile', () => {
  const { index } = indexOf(100)
  const [a, b, c] = ['a', 'b', 'c'].map((extra) => entryOf('http://a.test/', extra)) as [
    DiskEntry,
    DiskEntry,
    DiskEntry,
  ]
  for (const entry of [a, b, c]) index.add(entry)

  const seen: DiskEntry[] = []
  for (const entry of index.all()) {
    seen.push(entry)
    index.remove(b)
  }

  assert.ok(seen.includes(a) && seen.includes(c))
  assert.deepEqual(index.find('http://a.test/'), [c, a])
})

test('those past their time leave before any other', () => {
  const { index, left } = indexOf(10)
  const expired = [3, 7].map((i) => entryOf(`http://a.test/${i}`, '', wall - 5000))
  for (let i = 0; i < 8; i++) index.add(entryOf(`http://b.test/${i}`, ''))
  for (const entry of expired) index.add(entry)

  index.add(entryOf('http://c.test/1', ''))
  index.add(entryOf('http://c.test/2', ''))

  assert.deepEqual(new Set(left), new Set(expired))
  assert.equal(index.evictions, 0)
  assert.equal(index.entries, 10)
})

test('a name is told by lengths: what is moved from one part of it to the next is another', () => {
  const names = [
    headOf('http://a.test/1', { extra: '' }),
    headOf('http://a.test/', { extra: '1' }),
    headOf('http://a.test/', { vary: ['1', ''] }),
    headOf('http://a.test/', { vary: ['', '1'] }),
    headOf('http://a.test/', { extra: '0:' }),
  ].map(variantName)

  assert.equal(new Set(names).size, names.length)
  for (const name of names) assert.match(name, /^[0-9a-f]{40}$/)
})
