import { localityLoads } from './locality-load.ts'
import type { Member } from './member.ts'
import type { CreatePolicy, Policy, PolicyAsk, PolicySettings } from './policy/policy.ts'
import { priorityLoads } from './priority-load.ts'

export interface LevelSettings {
  readonly create: CreatePolicy
  readonly policy: PolicySettings
  /** How much health a level may lose before it gives traffic away: 1.4 is Envoy's. */
  readonly overprovisioning: number
  /** Percent of healthy members under which health is no longer believed; 0 is never. */
  readonly panicThreshold: number
  /** Weights of localities by name; one that has none weighs 1. */
  readonly localities: ReadonlyMap<string, number>
}

/** Members of one priority in one locality, and the policy among them. */
interface Group {
  readonly policy: Policy
  /** Who may be chosen. */
  members: readonly Member[]
  /** Share within its level, in percent. */
  load: number
}

interface Level {
  readonly groups: readonly Group[]
  /** Share of the pool's traffic, in percent. */
  readonly load: number
}

/**
 * Members by priority and locality: which level an exchange goes to by the health of each, then which locality, then
 * the policy says which member. What is full or tried falls through to the next locality, and to the next level.
 */
export class Levels {
  readonly #settings: LevelSettings
  readonly #groups = new Map<string, Group>()
  #levels: readonly Level[] = []
  /** Priorities in panic at the last `update`, where somebody serves. */
  panic: readonly number[] = []

  constructor(settings: LevelSettings) {
    this.#settings = settings
  }

  /** The members as they stand now; called again when one of them changed. */
  update(members: Iterable<Member>): void {
    const byPriority = new Map<number, Map<string, Member[]>>()
    for (const member of members) {
      if (member.state !== 'ready') continue
      const level = byPriority.get(member.priority) ?? new Map<string, Member[]>()
      byPriority.set(member.priority, level)
      const group = level.get(member.locality)
      if (group === undefined) level.set(member.locality, [member])
      else group.push(member)
    }
    const priorities = [...byPriority.keys()].sort((a, b) => a - b)
    const { overprovisioning, panicThreshold } = this.#settings
    const health = priorities.map((priority) =>
      countHealth([...(byPriority.get(priority) as Map<string, Member[]>).values()].flat()),
    )
    const { loads, panic } = priorityLoads(health, { overprovisioning, panicThreshold })

    const used = new Set<string>()
    this.#levels = priorities.map((priority, i) => {
      const localities = [...(byPriority.get(priority) as Map<string, Member[]>)].sort(([a], [b]) => (a < b ? -1 : 1))
      const inPanic = panic[i] === true
      const shares = localityLoads(
        localities.map(([name, all]) => {
          const { healthy, total } = countHealth(all)
          return { weight: this.#settings.localities.get(name) ?? 1, healthy: inPanic ? total : healthy, total }
        }),
        overprovisioning,
      )
      const groups = localities.map(([name, all], at) => {
        const key = `${priority} ${name}`
        used.add(key)
        const group = this.#groups.get(key) ?? this.#open(key)
        const list = chosen(all, inPanic)
        group.policy.update(list)
        group.members = list
        group.load = shares[at] as number
        return group
      })
      return { groups, load: loads[i] as number }
    })
    for (const key of this.#groups.keys()) if (!used.has(key)) this.#groups.delete(key)
    const serves = (level: Level | undefined): boolean =>
      level?.groups.some((group) => group.members.length > 0) === true
    this.panic = priorities.filter((_, i) => panic[i] === true && serves(this.#levels[i]))
  }

  #open(key: string): Group {
    const { create, policy } = this.#settings
    const group: Group = { policy: create(policy), members: [], load: 0 }
    this.#groups.set(key, group)
    return group
  }

  /** True when `test` holds for one of those who may be chosen. */
  some(test: (member: Member) => boolean): boolean {
    return this.#levels.some(({ groups }) => groups.some(({ members }) => members.some(test)))
  }

  /** @param draw 0 to 1: decides the level and the locality */
  pick(ask: PolicyAsk, draw: number): Member | undefined {
    const levels = this.#levels
    if (levels.length === 1) return pickInLevel(levels[0] as Level, ask, draw)
    let rest = draw * 100
    let first = 0
    for (; first < levels.length - 1; first++) {
      const { load } = levels[first] as Level
      if (rest < load) break
      rest -= load
    }
    const within = levels.length === 0 ? 0 : Math.min(rest / ((levels[first] as Level).load || 1), 1)
    for (let i = 0; i < levels.length; i++) {
      // The one drawn, then the others from the first on.
      const at = i === 0 ? first : i <= first ? i - 1 : i
      const member = pickInLevel(levels[at] as Level, ask, within)
      if (member !== undefined) return member
    }
    return undefined
  }
}

function pickInLevel({ groups }: Level, ask: PolicyAsk, draw: number): Member | undefined {
  if (groups.length === 1) return (groups[0] as Group).policy.pick(ask)
  let rest = draw * 100
  let first = 0
  for (; first < groups.length - 1; first++) {
    const { load } = groups[first] as Group
    if (rest < load) break
    rest -= load
  }
  for (let i = 0; i < groups.length; i++) {
    const member = (groups[(first + i) % groups.length] as Group).policy.pick(ask)
    if (member !== undefined) return member
  }
  return undefined
}

function countHealth(members: readonly Member[]): { healthy: number; total: number } {
  let healthy = 0
  for (const member of members) if (member.healthy) healthy++
  return { healthy, total: members.length }
}

/**
 * In panic all of a level serve, for what looks ill may only be overloaded. But when nobody is well and active checks
 * say so of each, there is nobody to send to: failing at once is the better answer.
 */
function chosen(members: readonly Member[], panic: boolean): readonly Member[] {
  if (!panic) return members.filter(({ healthy }) => healthy)
  const serving = members.filter(({ forced }) => forced !== 'down')
  return serving.every(({ check, healthy }) => check === 'down' && !healthy) ? [] : serving
}
