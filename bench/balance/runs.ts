import type { PolicyName } from '../../src/balance/policy/policies.ts'
import { policyNames } from '../../src/balance/policy/policies.ts'
import { type ChurnRow, runChurn } from './churn.ts'
import { quantile, runOverload, type TestBed } from './overload.ts'
import { measurePick, type PickCost } from './pick-cost.ts'
import { runSlowServer, type SlowServerRow } from './slow-server.ts'

/** Those that go by load or by turn. */
export const rivals = ['round-robin', 'random', 'least-requests', 'peak-ewma'] as const satisfies PolicyName[]
export const byDefault: PolicyName = 'peak-ewma'

/** Prequal's steps. */
export const loads = [0.75, 0.83, 0.93, 1.03, 1.14, 1.27, 1.41, 1.57, 1.74] as const
export const sizes = [3, 16, 100, 10_000] as const
const churns = [
  [10, 1],
  [100, 1],
  [1000, 10],
  [1000, 50],
] as const
const keys = 200_000

/** All upstreams are compared in it. */
export const smallBed: TestBed = { servers: 10, antagonists: 1, antagonistsMove: 0, duration: 20_000, warmUp: 4000 }
/** Above the size where two are drawn and compared; the antagonists move on every two seconds. */
export const largeBed: TestBed = { servers: 100, antagonists: 10, antagonistsMove: 2000, duration: 8000, warmUp: 2000 }
const largeLoads: readonly number[] = [0.93, 1.03, 1.14, 1.27, 1.74]

export interface OverloadRow {
  readonly policy: PolicyName
  readonly load: number
  /** Milliseconds; medians of the seeds. */
  readonly p50: number
  readonly p99: number
  readonly p999: number
  /** Percent that nobody waited for any longer; the mean of the seeds. */
  readonly failed: number
}

export interface Results {
  readonly seeds: number
  readonly slowServer: readonly SlowServerRow[]
  readonly small: readonly OverloadRow[]
  readonly large: readonly OverloadRow[]
  readonly churn: readonly ChurnRow[]
  readonly picks: readonly PickCost[]
}

/** @param progress told what comes next */
export function runAll(seedCount: number, progress: (what: string) => void): Results {
  const seeds = Array.from({ length: seedCount }, (_, i) => i + 1)

  function slowServers(): SlowServerRow[] {
    const cases = [false, true].flatMap((givesUp) => [false, true].map((outlier) => ({ givesUp, outlier })))
    return cases.flatMap((one) =>
      rivals.map((policy) => {
        progress(`slow server, ${policy}`)
        return runSlowServer({ ...one, policy }, seeds)
      }),
    )
  }

  function overloads(bed: TestBed, at: readonly number[]): OverloadRow[] {
    return at.flatMap((load) =>
      rivals.map((policy) => {
        progress(`overload of ${bed.servers} servers, ${load} times, ${policy}`)
        return overloadRow(bed, policy, load, seeds)
      }),
    )
  }

  return {
    seeds: seedCount,
    slowServer: slowServers(),
    small: overloads(smallBed, loads),
    large: overloads(largeBed, largeLoads),
    churn: (['maglev', 'ring-hash', 'rendezvous'] as const).flatMap((policy) =>
      churns.map(([upstreams, removed]) => {
        progress(`churn, ${policy}, ${removed} of ${upstreams}`)
        return runChurn(policy, upstreams, removed, keys)
      }),
    ),
    picks: policyNames.flatMap((policy) =>
      sizes.map((size) => {
        progress(`cost of a pick, ${policy}, ${size} upstreams`)
        return measurePick(policy, size)
      }),
    ),
  }
}

/** Ejection of outliers is off: it is the policy that is looked at. */
function overloadRow(bed: TestBed, policy: PolicyName, load: number, seeds: readonly number[]): OverloadRow {
  const results = seeds.map((seed) => runOverload(bed, policy, false, load, seed))
  const middle = (q: number): number => median(results.map(({ latencies }) => quantile(latencies, q)))
  const shares = results.map(({ failures, latencies }) => (100 * failures) / latencies.length)
  return {
    policy,
    load,
    p50: middle(0.5),
    p99: middle(0.99),
    p999: middle(0.999),
    failed: shares.reduce((sum, share) => sum + share, 0) / shares.length,
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] as number
}
