import { createPolicy, type PolicyName } from '../../src/balance/policy/policies.ts'
import { systemClock } from '../../src/contract/clock.ts'
import type { Lease } from '../../src/contract/pool.ts'
import { membersOf } from './churn.ts'
import { seededRandom } from './random.ts'
import { simulatedPool } from './simulated-pool.ts'

export interface PickCost {
  readonly policy: PolicyName
  readonly upstreams: number
  /** Nanoseconds of the policy's own work. */
  readonly policyOnly: number
  /** Nanoseconds of the pool's pick, answer and release, with its defaults: outliers, slow start, events. */
  readonly whole: number
}

/** Exchanges that are under way at a time. */
const inFlight = 64
const rounds = 9
/** Milliseconds before the first round. */
const warmUp = 60
/** Milliseconds of one round. */
const roundTime = 12

export function measurePick(policy: PolicyName, upstreams: number): PickCost {
  return {
    policy,
    upstreams,
    policyOnly: costOf(policyPicker(policy, upstreams)),
    whole: costOf(poolPicker(policy, upstreams)),
  }
}

/** Each pick ends the one that is oldest of those under way. */
function policyPicker(policy: PolicyName, upstreams: number): () => void {
  const random = seededRandom(1)
  const members = membersOf(upstreams)
  for (const member of members) member.latency.observe(20 + random() * 10, 0)
  const chooser = createPolicy(policy, { random, slowStart: undefined, boundedLoad: undefined })
  chooser.update(members)
  const ask = { now: 0, tried: [], hash: 0 }
  const taken = Array.from({ length: inFlight }, (_, i) => members[i % upstreams]!)
  for (const member of taken) member.active++
  let at = 0
  return function pick() {
    ask.now += 0.05
    ask.hash = (ask.hash + 0x9e3779b9) >>> 0
    taken[at]!.active--
    const member = chooser.pick(ask)!
    member.active++
    taken[at] = member
    at = (at + 1) % inFlight
  }
}

function poolPicker(policy: PolicyName, upstreams: number): () => void {
  let now = 0
  const clock = { ...systemClock, now: () => now }
  const { pool } = simulatedPool(policy, upstreams, clock, seededRandom(1))
  const ask = { exchange: undefined, tried: [] }
  const taken: Lease[] = Array.from({ length: inFlight }, () => pool.pick(ask)!)
  let at = 0
  return function pickAndRelease() {
    now += 0.05
    taken[at]!.answered(200)
    taken[at]!.release()
    taken[at] = pool.pick(ask)!
    at = (at + 1) % inFlight
  }
}

/** Nanoseconds of this thread's processor time a call: the median of rounds, warmed up. What else the machine does is not in it. */
function costOf(work: () => void): number {
  // The first pick may build a table.
  work()
  let calls = 0
  for (const began = spent(); spent() - began < warmUp * 1000; calls += 50) for (let i = 0; i < 50; i++) work()
  const batch = Math.max(10, Math.round((calls * roundTime) / warmUp))
  const costs = Array.from({ length: rounds }, () => {
    const began = spent()
    for (let i = 0; i < batch; i++) work()
    return ((spent() - began) * 1000) / batch
  })
  return costs.sort((a, b) => a - b)[Math.floor(rounds / 2)] as number
}

/** Microseconds. */
function spent(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}
