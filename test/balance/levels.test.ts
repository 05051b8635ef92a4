import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Levels } from '../../src/balance/levels.ts'
import type { Member } from '../../src/balance/member.ts'
import { createPolicy } from '../../src/balance/policy/policies.ts'
import { memberWith } from './policy/members.ts'
import { counted } from './pool-bed.ts'

interface Settings {
  readonly panicThreshold?: number
  readonly localities?: ReadonlyMap<string, number>
}

function levelsOf(members: readonly Member[], settings: Settings = {}): Levels {
  const levels = new Levels({
    create: (its) => createPolicy('round-robin', its),
    policy: { random: () => 0, slowStart: undefined, boundedLoad: undefined },
    overprovisioning: 1.4,
    panicThreshold: settings.panicThreshold ?? 50,
    localities: settings.localities ?? new Map(),
  })
  levels.update(members)
  return levels
}

/** `count` members `p0`, `p1`, ... of which the first `well` are up. */
function level(prefix: string, priority: number, count: number, well: number, locality = ''): Member[] {
  return Array.from({ length: count }, (_, i) => {
    const member = memberWith(`${prefix}${i}`, { priority, locality })
    member.check = i < well ? 'up' : 'down'
    return member
  })
}

/** Of a thousand picks with evenly spread draws, how many go to names that begin with each letter. */
function shares(levels: Levels, tried: readonly Member[] = []): Record<string, number> {
  const ask = { now: 0, tried: tried.map(({ upstream }) => upstream), hash: 0 }
  return counted(
    Array.from({ length: 1000 }, (_, i) => levels.pick(ask, (i + 0.5) / 1000)?.upstream.name.charAt(0) ?? 'none'),
  )
}

/** Percent that are well in the first and the second level, and the share of each: Envoy's table. */
const spills: readonly [first: number, second: number, shares: Record<string, number>][] = [
  [100, 100, { a: 1000 }],
  [72, 100, { a: 1000 }],
  [71, 100, { a: 994, b: 6 }],
  [50, 100, { a: 700, b: 300 }],
  [25, 100, { a: 350, b: 650 }],
  [0, 100, { b: 1000 }],
]

for (const [first, second, expected] of spills) {
  test(`with ${first} % and ${second} % well the levels get ${JSON.stringify(expected)} of a thousand`, () => {
    const levels = levelsOf([...level('a', 0, 100, first), ...level('b', 1, 100, second)])

    assert.deepEqual(shares(levels), expected)
    assert.deepEqual(levels.panic, [])
  })
}

test('a backup stays idle while the others are well, and takes all when they are down', () => {
  const [a, backup] = [level('a', 0, 3, 3), level('z', 1000, 1, 1)]

  assert.deepEqual(shares(levelsOf([...a, ...backup])), { a: 1000 })
  for (const member of a) member.check = 'down'

  assert.deepEqual(shares(levelsOf([...a, ...backup])), { z: 1000 })
})

test('below the panic threshold all of a level serve, and the levels say so; above 0 it can be turned off', () => {
  const members = level('a', 0, 10, 3)

  const levels = levelsOf(members)
  const names = new Set(
    Array.from({ length: 100 }, () => levels.pick({ now: 0, tried: [], hash: 0 }, 0.5)?.upstream.name),
  )
  assert.equal(names.size, 10)
  assert.deepEqual(levels.panic, [0])

  const calm = levelsOf(members, { panicThreshold: 0 })
  assert.deepEqual(calm.panic, [])
  assert.match(calm.pick({ now: 0, tried: [], hash: 0 }, 0.5)?.upstream.name as string, /^a[012]$/)
})

test('in panic nobody is sent where the operator says down, is draining, or where checks say that all are down', () => {
  const ejected = level('a', 0, 2, 2)
  for (const member of ejected) member.ejected = true
  assert.deepEqual(shares(levelsOf(ejected)), { a: 1000 }, 'ejected by what they did to traffic: better than nobody')

  const [first, second] = level('a', 0, 2, 0) as [Member, Member]
  assert.deepEqual(shares(levelsOf([first, second])), { none: 1000 })
  assert.deepEqual(levelsOf([first, second]).panic, [])
  second.check = 'unknown'
  second.forced = 'down'
  assert.deepEqual(shares(levelsOf([first, second])), { none: 1000 })
  second.forced = 'auto'
  second.state = 'drain'
  assert.deepEqual(shares(levelsOf([first, second])), { none: 1000 })
})

test('a level that is full or tried falls through to the next, down and up', () => {
  const [a, b] = [level('a', 0, 2, 2), level('b', 1, 2, 2)]
  const levels = levelsOf([...a, ...b])

  assert.deepEqual(shares(levels, a), { b: 1000 })
  assert.deepEqual(shares(levels, [...a, ...b]), { none: 1000 })
  for (const member of a) member.maxRequests = 0
  assert.deepEqual(shares(levels), { b: 1000 })

  const spilling = levelsOf([...level('a', 0, 4, 2), ...b])
  assert.deepEqual(shares(spilling, b), { a: 1000 })
})

/** Percent of locality X that is well, and its share beside a Y of twice its weight: Envoy's table. */
const localities: readonly [well: number, share: number][] = [
  [100, 333],
  [70, 327],
  [69, 324],
  [50, 259],
  [25, 149],
  [0, 0],
]

for (const [well, share] of localities) {
  test(`locality weights 1:2 with ${well} % of the first one well give it ${share} of a thousand`, () => {
    const weights = new Map([
      ['x', 1],
      ['y', 2],
    ])
    const levels = levelsOf([...level('x', 0, 100, well, 'x'), ...level('y', 0, 100, 100, 'y')], {
      localities: weights,
      panicThreshold: 0,
    })

    assert.ok(Math.abs((shares(levels).x ?? 0) - share) <= 7, JSON.stringify(shares(levels)))
  })
}

test('a locality of weight 0 serves only where nobody else can', () => {
  const [x, y] = [level('x', 0, 1, 1, 'x'), level('y', 0, 1, 1, 'y')]
  const levels = levelsOf([...x, ...y], { localities: new Map([['x', 0]]) })

  assert.deepEqual(shares(levels), { y: 1000 })
  assert.deepEqual(shares(levels, y), { x: 1000 })
})
