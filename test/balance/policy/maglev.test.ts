import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Member } from '../../../src/balance/member.ts'
import { buildMaglevTable, maglev, maglevTable } from '../../../src/balance/policy/maglev.ts'
import { policyContract } from './contract.ts'
import { askFor, hashContract } from './hash-contract.ts'
import { equals, weighted } from './members.ts'

policyContract('maglev', maglev)
hashContract('maglev', maglev, { extra: 0.01 })

test('the table of the paper (section 3.4) comes out, and the one without backend 1', () => {
  assert.deepEqual([...buildMaglevTable([3, 0, 3], [4, 2, 1], [1, 1, 1], 7)], [1, 0, 1, 0, 2, 2, 0])
  assert.deepEqual([...buildMaglevTable([3, 3], [4, 1], [1, 1], 7)], [0, 0, 0, 0, 1, 1, 1])
})

test('weights 1 and 2 have 21,846 and 43,691 slots of 65,537, as with Envoy', () => {
  const [light, heavy] = slotsOf(maglevSlots(weighted([1, 2]), 65_537), 2)

  assert.deepEqual([light, heavy], [21_846, 43_691])
})

test('six members have one or two slots of seven', () => {
  const counts = slotsOf(maglevSlots(equals(6), 7), 6)

  assert.deepEqual([Math.min(...counts), Math.max(...counts)], [1, 2])
})

test('members of one weight differ by one slot at most', () => {
  for (const count of [3, 10, 100, 1000]) {
    const counts = slotsOf(maglevSlots(equals(count), 65_537), count)

    assert.ok(Math.max(...counts) - Math.min(...counts) <= 1)
  }
})

test('slots are in proportion to weights, but for one that each may have too many, and a very light member has one', () => {
  const weights = [1000, 10, 0.5, 0.001, 100, 10]
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const members = weighted(weights)

  const counts = slotsOf(maglevSlots(members, 65_537), members.length)

  weights.forEach((weight, i) => {
    assert.ok(Math.abs((counts[i] as number) - (65_537 * weight) / sum) <= weights.length, `${weight}: ${counts[i]}`)
    assert.ok((counts[i] as number) >= 1)
  })
})

// Beside each row: the mean over many sets of names.
for (const [count, removed, least, most] of [
  [10, 1, 0.0005, 0.006], // 0.2 %
  [100, 1, 0.002, 0.01], // 0.55 %
  [1000, 10, 0.015, 0.031], // 2.3 %
  [1000, 50, 0.022, 0.043], // 3.2 %
] as const) {
  test(`of ${count} members ${removed} go: their slots move, and ${least * 100} to ${most * 100} % of the others`, () => {
    const members = equals(count)
    const gone = new Set(members.filter((_, i) => i % (count / removed) === 3))
    assert.equal(gone.size, removed)
    const before = maglevSlots(members, 65_537)
    const after = maglevSlots(
      members.filter((member) => !gone.has(member)),
      65_537,
    )

    const owned = before.filter((member) => gone.has(member)).length / 65_537
    const extra = before.filter((member, slot) => !gone.has(member) && after[slot] !== member).length / 65_537

    assert.ok(Math.abs(owned - removed / count) < 0.001, `owned ${owned}`)
    assert.ok(extra >= least && extra <= most, `extra ${extra}`)
  })
}

test('more than 3,276 members have the larger table: at least 20 slots each', () => {
  const members = equals(4000)
  const lookup = maglevTable(members)
  const counts = new Map<Member | undefined, number>()

  for (let hash = 0; hash < 655_373; hash++) {
    const member = lookup(hash, askFor(hash))
    counts.set(member, (counts.get(member) ?? 0) + 1)
  }

  assert.equal(counts.size, 4000)
  for (const count of counts.values()) assert.ok(count === 163 || count === 164)
})

test('where nearly all are out, keys still are spread over those that are left', () => {
  const members = equals(300)
  members.slice(3).forEach((member) => {
    Object.assign(member, { maxRequests: 0 })
  })
  const lookup = maglevTable(members)
  const counts = new Map<Member | undefined, number>()

  for (let i = 0; i < 30_000; i++) {
    const member = lookup(i * 143_165, askFor(0))
    counts.set(member, (counts.get(member) ?? 0) + 1)
  }

  assert.equal(counts.size, 3)
  for (const count of counts.values()) assert.ok(count > 3000, `${count}`)
})

/** Who has each slot. */
function maglevSlots(members: readonly Member[], size: number): Member[] {
  const lookup = maglevTable(members, size)
  return Array.from({ length: size }, (_, slot) => lookup(slot, askFor(slot)) as Member)
}

/** Slots of each, in the order of their names. */
function slotsOf(slots: readonly Member[], count: number): number[] {
  const found = new Map<string, number>()
  for (const { id } of slots) found.set(id, (found.get(id) ?? 0) + 1)
  assert.ok(found.size <= count)
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, slots]) => slots)
}
