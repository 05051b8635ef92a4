import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mix32 } from '../../../src/balance/hash.ts'
import type { Member } from '../../../src/balance/member.ts'
import { loadBound } from '../../../src/balance/policy/bounded-load.ts'
import type { CreatePolicy, Policy, PolicyAsk, PolicySettings } from '../../../src/balance/policy/policy.ts'
import { seededRandom } from '../../support/random.ts'
import { equals, memberWith, weighted } from './members.ts'

export interface HashPromised {
  /** Keys that move beside those that must, when one of ten goes: a part of all keys. */
  readonly extra: number
}

const keys = Array.from({ length: 20_000 }, (_, i) => mix32(i))

/** What every policy that goes by keys holds to, beside `policyContract`. */
export function hashContract(name: string, create: CreatePolicy, { extra }: HashPromised): void {
  function policyOf(members: readonly Member[], settings: Partial<PolicySettings> = {}): Policy {
    const policy = create({ random: () => 0, slowStart: undefined, boundedLoad: undefined, ...settings })
    policy.update(members)
    return policy
  }

  test(`${name}: one key has one member, in whatever order the list stands`, () => {
    const members = weighted([3, 1, 1, 2, 1, 5, 1])
    const one = places(policyOf(members))
    const other = places(policyOf([...members].reverse()))

    assert.deepEqual(other, one)
  })

  test(`${name}: the same list again moves no key`, () => {
    const members = equals(10)
    const policy = policyOf(members)
    const before = places(policy)

    policy.update([...members])

    assert.deepEqual(places(policy), before)
  })

  test(`${name}: members that differ by the path or by the origin of their URL alone are told apart`, () => {
    const parts = [{ basePath: '/a' }, { basePath: '/b' }, { origin: 'http://other.test' }]
    const members = parts.map((part) => {
      const member = memberWith('same')
      return Object.assign(Object.create(Object.getPrototypeOf(member)), member, {
        upstream: { ...member.upstream, ...part },
      }) as Member
    })

    const counts = parts.map((_, i) => places(policyOf(members)).filter((one) => one === members[i]).length)

    for (const count of counts) assert.ok(count > keys.length / 4, `${counts}`)
  })

  for (const how of ['tried', 'full'] as const) {
    test(`${name}: one that is ${how} is passed over for its own keys alone, which many take over`, () => {
      const members = equals(10)
      const out = members[3] as Member
      const policy = policyOf(members)
      const before = places(policy)
      if (how === 'full') Object.assign(out, { maxRequests: 0 })
      const tried = how === 'tried' ? [out.upstream] : []

      const during = places(policy, tried)

      const heirs = new Map<Member, number>()
      before.forEach((member, i) => {
        const now = during[i] as Member
        if (member !== out) assert.equal(now, member)
        else heirs.set(now, (heirs.get(now) ?? 0) + 1)
      })
      const share = keys.length / 10 / 9
      assert.equal(heirs.size, 9)
      for (const count of heirs.values()) assert.ok(count < share * 1.6, `${count}, fair is ${share}`)

      Object.assign(out, { maxRequests: Number.POSITIVE_INFINITY })
      assert.deepEqual(places(policy), before)
    })
  }

  test(`${name}: when one of ten goes, its keys move, and of the others ${extra * 100} % at most`, () => {
    const members = equals(10)
    const gone = members[6] as Member
    const policy = policyOf(members)
    const before = places(policy)

    policy.update(members.filter((member) => member !== gone))

    assert.ok(movedOf(before, places(policy), gone) <= extra * keys.length)
    policy.update(members)
    assert.deepEqual(places(policy), before)
  })

  test(`${name}: one more key at a time, no member is ever over its bound, however hot a key is`, () => {
    for (const [boundedLoad, weights] of [
      [1, [1, 1, 1]],
      [1.25, Array.from({ length: 10 }, () => 1)],
      [1.5, [5, 1, 1, 3]],
      [2, Array.from({ length: 50 }, (_, i) => 1 + (i % 3))],
    ] as const) {
      const random = seededRandom(9)
      const members = weighted(weights)
      const policy = policyOf(members, { boundedLoad })
      const sum = weights.reduce((total, weight) => total + weight, 0)
      const running: Member[] = []
      for (let i = 0; i < 4000; i++) {
        if (random() < 0.48 && running.length > 0) {
          const [ended] = running.splice(Math.floor(random() * running.length), 1) as [Member]
          ended.active--
          continue
        }
        // Half of the traffic is for one key.
        const hash = random() < 0.5 ? 1 : Math.floor(random() * 2 ** 32)

        const picked = policy.pick(askFor(hash)) as Member

        const bound = loadBound(boundedLoad, running.length, picked.weight, sum)
        assert.ok(picked.active < bound, `${picked.id} has ${picked.active} of ${bound}`)
        picked.active++
        running.push(picked)
      }
    }
  })

  test(`${name}: a key stays at home below the bound, and goes to one other place while its home is at it`, () => {
    const members = equals(20)
    const policy = policyOf(members, { boundedLoad: 1.5 })
    for (const member of members) member.active = 10
    const homes = places(policy)
    const home = homes[0] as Member
    home.active = 16

    const away = places(policy)

    const heirs = new Set<Member>()
    homes.forEach((member, i) => {
      if (member === home) heirs.add(away[i] as Member)
      else assert.equal(away[i], member)
    })
    assert.ok(!heirs.has(home))
    // Jumps: what overflows is spread over all, not poured on a neighbour.
    assert.equal(heirs.size, 19)
    assert.deepEqual(places(policy), away)
  })

  test(`${name}: where all that are left are at their bound, the first choice has it`, () => {
    const members = equals(4)
    const [a, b] = members as [Member, Member]
    const tried = [a.upstream, b.upstream]
    const first = places(policyOf(members), tried)
    const policy = policyOf(members, { boundedLoad: 1.2 })
    for (const member of members) member.active = 10
    a.active = 0
    b.active = 0

    assert.deepEqual(places(policy, tried), first)
  })

  test(`${name}: the only one below its bound is found among 500`, () => {
    const members = equals(500)
    const policy = policyOf(members, { boundedLoad: 1 })
    for (const member of members) member.active = 1
    const idle = members[123] as Member
    idle.active = 0

    for (let i = 0; i < 200; i++) assert.equal(policy.pick(askFor(keys[i] as number)), idle)
  })

  test(`${name}: in slow start a member gets more and more of its keys, and keeps those that it has`, () => {
    const members = equals(5)
    const late = members[2] as Member
    const slowStart = { window: 10_000, aggression: 1, minimum: 0.1 }
    const home = places(policyOf(members))
    const policy = policyOf(members, { slowStart })
    late.rampSince = 0

    let before: (Member | undefined)[] = []
    for (const [now, share] of [
      [0, 0.1],
      [2500, 0.25],
      [7500, 0.75],
      [10_000, 1],
    ] as const) {
      const at = keys.map((hash) => policy.pick(askFor(hash, [], now)))
      at.forEach((member, i) => {
        if (before[i] === late) assert.equal(member, late)
        if (home[i] !== late) assert.equal(member, home[i])
      })
      const count = at.filter((member) => member === late).length / home.filter((member) => member === late).length
      assert.ok(Math.abs(count - share) < 0.05, `${count} at ${now}`)
      before = at
    }
  })

  test(`${name}: where all start slowly, every key is at home`, () => {
    const members = equals(5)
    const home = places(policyOf(members))
    const policy = policyOf(members, { slowStart: { window: 10_000, aggression: 1, minimum: 0.1 } })
    for (const member of members) member.rampSince = 0

    assert.deepEqual(places(policy), home)
  })
}

export function askFor(hash: number, tried: PolicyAsk['tried'] = [], now = 0): PolicyAsk {
  return { hash, tried, now }
}

/** Whom each of the keys goes to. */
export function places(policy: Policy, tried: PolicyAsk['tried'] = []): (Member | undefined)[] {
  return keys.map((hash) => policy.pick(askFor(hash, tried)))
}

/** How many keys moved although they were not at the one that has gone. */
function movedOf(before: readonly unknown[], after: readonly unknown[], gone: unknown): number {
  return before.filter((member, i) => member !== gone && after[i] !== member).length
}
