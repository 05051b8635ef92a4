import type { PolicyName } from '../../src/balance/policy/policies.ts'
import type { Lease } from '../../src/contract/pool.ts'
import { exponential, normal, seededRandom } from './random.ts'
import { SharingServer } from './sharing-server.ts'
import { simulatedPool } from './simulated-pool.ts'
import { Timeline } from './timeline.ts'

/** A test bed in the manner of Prequal's (NSDI 2024): what each server may count on, and what it has while nobody else wants it. */
export interface TestBed {
  readonly servers: number
  /** Servers whose machine is wanted by somebody else: they have what they may count on, and no more. */
  readonly antagonists: number
  /** Milliseconds after which other servers are the ones; 0 is never. */
  readonly antagonistsMove: number
  readonly duration: number
  /** Not counted. */
  readonly warmUp: number
}

export const testBed = {
  /** Processors that each server may count on: its allocation. */
  cores: 4,
  /** What it has on a machine that is otherwise idle. */
  idleCores: 8,
  /** Milliseconds of one processor that a request needs in the mean; its distribution is a normal one with deviation = mean, cut at 0. */
  work: 20,
  /** Nobody waits longer. */
  deadline: 5000,
} as const

/** The mean of a normal distribution cut at 0 is so many times the mean of the whole one, when its deviation is its mean. */
const cutMean = 1.2876

export interface OverloadResult {
  /** Milliseconds, sorted; those that were given up count as the deadline. */
  readonly latencies: Float64Array
  readonly failures: number
}

/** @param load part of what all servers together may count on */
export function runOverload(
  bed: TestBed,
  policy: PolicyName,
  outlier: boolean,
  load: number,
  seed: number,
): OverloadResult {
  const { cores, idleCores, work, deadline } = testBed
  const timeline = new Timeline()
  const random = seededRandom(seed)
  const { pool, placeOf } = simulatedPool(policy, bed.servers, timeline, seededRandom(seed + 1000), { outlier })
  const servers = Array.from({ length: bed.servers }, () => new SharingServer(timeline, idleCores))
  const ask = { exchange: undefined, tried: [] }
  const gap = work / (bed.servers * cores * load)
  const latencies: number[] = []
  let failures = 0

  function antagonise(first: number): void {
    for (const [i, server] of servers.entries()) {
      server.cores = (i - first + bed.servers) % bed.servers < bed.antagonists ? cores : idleCores
    }
    if (bed.antagonistsMove > 0) {
      timeline.setTimer(() => antagonise((first + bed.antagonists) % bed.servers), bed.antagonistsMove)
    }
  }

  function arrive(): void {
    timeline.setTimer(arrive, exponential(random, gap))
    const needs = workOf(random)
    const began = timeline.now()
    const lease = pool.pick(ask) as Lease
    const server = servers[placeOf(lease.upstream)] as SharingServer
    const job = server.add(needs, () => {
      timeline.cancel(giveUp)
      if (began >= bed.warmUp) latencies.push(timeline.now() - began)
      lease.answered(200)
      lease.release()
    })
    const giveUp = timeline.setTimer(() => {
      if (began >= bed.warmUp) {
        latencies.push(deadline)
        failures++
      }
      server.remove(job)
      lease.release('SP_UPSTREAM_TIMEOUT')
    }, deadline)
  }

  antagonise(0)
  timeline.setTimer(arrive, 0)
  timeline.run(bed.duration)
  return { latencies: Float64Array.from(latencies).sort(), failures }
}

function workOf(random: () => number): number {
  const mean = testBed.work / cutMean
  for (;;) {
    const work = normal(random, mean, mean)
    if (work > 0) return work
  }
}

/** @param sorted the least first */
export function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
}
