import { Member } from '../../src/balance/member.ts'
import { createPolicy, type PolicyName } from '../../src/balance/policy/policies.ts'
import { createUpstream } from '../../src/upstream/origin.ts'
import { seededRandom } from './random.ts'

export interface ChurnRow {
  readonly policy: PolicyName
  readonly upstreams: number
  readonly removed: number
  /** Percent of the keys that those which left had: they have to move. */
  readonly owned: number
  /** Percent of the keys that moved beside: they need not have. */
  readonly extra: number
  /** Percent of the keys that are not back where they were when all had come back. */
  readonly lost: number
}

/** Takes some upstreams away and gives them back, and counts whose keys move. */
export function runChurn(policy: PolicyName, upstreams: number, removed: number, keys: number): ChurnRow {
  const members = membersOf(upstreams)
  const leaving = drawn(members, removed, seededRandom(upstreams + removed))
  const staying = members.filter((member) => !leaving.has(member))
  const random = seededRandom(7)
  const hashes = Array.from({ length: keys }, () => Math.floor(random() * 2 ** 32))
  const chooser = createPolicy(policy, { random, slowStart: undefined, boundedLoad: undefined })
  const places = (among: readonly Member[]): (Member | undefined)[] => {
    chooser.update(among)
    return hashes.map((hash) => chooser.pick({ now: 0, tried: [], hash }))
  }

  const before = places(members)
  const after = places(staying)
  const again = places(members)

  let owned = 0
  let extra = 0
  let lost = 0
  for (let i = 0; i < keys; i++) {
    const home = before[i] as Member
    if (leaving.has(home)) owned++
    else if (after[i] !== home) extra++
    if (again[i] !== home) lost++
  }
  const percent = (count: number): number => (100 * count) / keys
  return { policy, upstreams, removed, owned: percent(owned), extra: percent(extra), lost: percent(lost) }
}

/** Members without a limit, of weight 1. */
export function membersOf(count: number): Member[] {
  const settings = { weight: 1, priority: 0, locality: '', maxRequests: Number.POSITIVE_INFINITY }
  return Array.from({ length: count }, (_, i) => {
    const url = `http://10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:80`
    return new Member(createUpstream('upstream', url), settings, 10_000, undefined)
  })
}

function drawn(members: readonly Member[], count: number, random: () => number): ReadonlySet<Member> {
  const chosen = new Set<Member>()
  while (chosen.size < count) chosen.add(members[Math.floor(random() * members.length)] as Member)
  return chosen
}
