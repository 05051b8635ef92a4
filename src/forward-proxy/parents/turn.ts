import type { ParentAsk } from './rules.ts'
import type { Way } from './ways.ts'

export const parentPolicies = ['round-robin', 'random', 'sticky-user', 'sticky-host', 'time', 'ordered'] as const

/**
 * `round-robin`: another one for each exchange. `random`. `sticky-user`: one user, or one address where there is no user,
 * goes one way; `sticky-host`: so does one target. `time`: all go one way, which changes every `rotateEvery`. `ordered`: the
 * first that works.
 */
export type ParentPolicy = (typeof parentPolicies)[number]

/**
 * Chooses from `ready`, which is not empty.
 * @param all the same ways and those that are not ready, always in one order
 */
export type Turn = (ready: readonly Way[], all: readonly Way[], ask: ParentAsk) => Way

export interface TurnTools {
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** From 0 up to 1. */
  readonly random: () => number
  /** Milliseconds. */
  readonly rotateEvery: number
}

/** The turn of a policy. All of them keep to weights, `ordered` apart. */
export function createTurn(policy: ParentPolicy, { now, random, rotateEvery }: TurnTools): Turn {
  if (policy === 'round-robin') return roundRobin()
  if (policy === 'random') return (ready) => at(ready, random() * total(ready))
  if (policy === 'sticky-user') return (ready, _, ask) => sticky(ready, ask.user ?? ask.client)
  if (policy === 'sticky-host') return (ready, _, ask) => sticky(ready, ask.host)
  if (policy === 'time') return (ready, all) => current(ready, all, Math.floor(now() / rotateEvery))
  return (ready) => ready[0] as Way
}

/** Smooth weighted round-robin: every way gains its weight, the richest is taken and pays for all of them. */
function roundRobin(): Turn {
  const credit = new Map<Way, number>()
  return function roundRobin(ready) {
    let best = ready[0] as Way
    let most = Number.NEGATIVE_INFINITY
    for (const way of ready) {
      const has = (credit.get(way) ?? 0) + way.weight
      credit.set(way, has)
      if (has > most) {
        most = has
        best = way
      }
    }
    credit.set(best, most - total(ready))
    return best
  }
}

/** Weighted rendezvous hashing: when a way drops out, only its own keys move. score = weight / -ln(u). */
function sticky(ready: readonly Way[], key: string): Way {
  let best = ready[0] as Way
  let highest = -1
  for (const way of ready) {
    const score = way.weight / -Math.log((hash(`${key}\0${way.name}`) + 0.5) / 2 ** 32)
    if (score > highest) {
      highest = score
      best = way
    }
  }
  return best
}

/** The way of time slot `slot`. When it is not ready, the next in order: that another one drops out changes nothing. */
function current(ready: readonly Way[], all: readonly Way[], slot: number): Way {
  const wanted = all.indexOf(at(all, slot % total(all)))
  for (let i = 0; i < all.length; i++) {
    const way = all[(wanted + i) % all.length] as Way
    if (ready.includes(way)) return way
  }
  return ready[0] as Way
}

/** The way at a point of the line on which each takes up its weight. */
function at(ways: readonly Way[], point: number): Way {
  for (const way of ways) {
    if (point < way.weight) return way
    point -= way.weight
  }
  return ways[ways.length - 1] as Way
}

function total(ways: readonly Way[]): number {
  let sum = 0
  for (const way of ways) sum += way.weight
  return sum
}

/** FNV-1a of 32 bits, stirred by the finaliser of MurmurHash3, which its low bits need. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
