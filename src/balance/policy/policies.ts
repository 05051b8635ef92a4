import { firstAvailable } from './first-available.ts'
import { leastRequests } from './least-requests.ts'
import { maglev } from './maglev.ts'
import { peakEwma } from './peak-ewma.ts'
import type { CreatePolicy, Policy, PolicySettings } from './policy.ts'
import { random } from './random.ts'
import { rendezvous } from './rendezvous.ts'
import { ringHash } from './ring-hash.ts'
import { roundRobin } from './round-robin.ts'

/** Every policy by its name in options. The first is the default. */
export const policyNames = [
  'peak-ewma',
  'round-robin',
  'random',
  'least-requests',
  'first-available',
  'ring-hash',
  'maglev',
  'rendezvous',
] as const

export type PolicyName = (typeof policyNames)[number]

/** Those that go by the key of an exchange. */
export const hashPolicies: ReadonlySet<PolicyName> = new Set(['ring-hash', 'maglev', 'rendezvous'])

const policies: Readonly<Record<PolicyName, CreatePolicy>> = {
  'peak-ewma': peakEwma,
  'round-robin': roundRobin,
  random,
  'least-requests': leastRequests,
  'first-available': firstAvailable,
  'ring-hash': ringHash,
  maglev,
  rendezvous,
}

/** A policy for one group of members. It has none before its first `update`. */
export function createPolicy(name: PolicyName, settings: PolicySettings): Policy {
  return policies[name](settings)
}
