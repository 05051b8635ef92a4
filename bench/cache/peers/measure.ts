import { launchNode, type Running } from '../../peers/launch.ts'
import type { LoadResult } from '../../peers/load/load.ts'
import { wrk } from '../../peers/load/wrk.ts'
import { busyNanoseconds, processCost } from '../../peers/process-cost.ts'
import { check, countOf } from './check.ts'
import type { CacheContender } from './contenders.ts'
import type { CacheScenario } from './scenarios.ts'

/** A round that other programs disturbed more than this is repeated once; the less disturbed one counts. */
const DISTURBED = 0.05

/** More than this share of the requests at the origin are no longer stragglers of the round before. */
const STRAGGLERS = 0.001

/** Requests that a new process must have answered before its first round. */
const WARM_REQUESTS = 10_000

/** What one round said about one proxy in one scenario. */
export interface CacheSample {
  readonly scenario: string
  readonly contender: string
  readonly round: number
  /** User and system time of the proxy's processes, in microseconds a request. */
  readonly cpuMicros: number
  readonly requestsPerSecond: number
  /** Milliseconds. */
  readonly p99: number
  readonly rssBytes: number
  /** Requests that reached the origin, of those that were answered. */
  readonly originShare: number
  /** Share of the time that other programs took of the proxies' processor. */
  readonly disturbed: number
  /** Empty when every answer was right. */
  readonly errors: readonly string[]
}

export interface CachePlan {
  readonly contenders: readonly CacheContender[]
  readonly scenarios: readonly CacheScenario[]
  readonly rounds: number
  readonly seconds: number
  readonly connections: number
  readonly loadCore: number
  readonly proxyCore: number
  readonly directory: string
  /** Told before each stretch of load: how many are done, of how many, and what comes. */
  readonly progress: (done: number, total: number, what: string) => void
}

export interface CacheMeasurement {
  readonly samples: readonly CacheSample[]
  /** What each answers in a scenario, by `scenario contender`. */
  readonly answers: ReadonlyMap<string, string>
  readonly failures: readonly { readonly contender: string; readonly scenario: string; readonly why: string }[]
}

/**
 * Loads one cache at a time while all are alive, on one processor, with the origin and the load on another. Rounds are
 * interleaved and each begins with another cache, so that a slow minute of the machine falls on all of them.
 */
export async function measure(plan: CachePlan): Promise<CacheMeasurement> {
  const { contenders, scenarios, rounds, loadCore, proxyCore, directory, progress } = plan
  const alive: Running[] = []
  const samples: CacheSample[] = []
  const answers = new Map<string, string>()
  const failures: CacheMeasurement['failures'][number][] = []
  const total = contenders.length * scenarios.length * rounds
  // On a machine that is never quiet the run must still end.
  let repeatsLeft = Math.floor(total / 8)
  try {
    const origin = await launchNode(new URL('origin.ts', import.meta.url), [], { core: loadCore })
    alive.push(origin)
    const started = new Map<CacheContender, Running>()
    for (const scenario of scenarios) {
      const ready: CacheContender[] = []
      for (const contender of contenders) {
        progress(samples.length, total, `${scenario.id}: warming up ${contender.label}`)
        try {
          await prepare(contender, scenario)
          ready.push(contender)
        } catch (error) {
          failures.push({ contender: contender.id, scenario: scenario.id, why: (error as Error).message })
        }
      }
      for (let round = 0; round < rounds; round++) {
        for (const contender of rotated(ready, round * 3)) {
          progress(samples.length, total, `${scenario.id}: round ${round + 1}, ${contender.label}`)
          samples.push(await quietSample(contender, scenario, round))
        }
      }
    }

    async function prepare(contender: CacheContender, scenario: CacheScenario): Promise<void> {
      const running = started.get(contender)
      const cache =
        running ?? (await contender.start({ origin: `http://127.0.0.1:${origin.port}`, core: proxyCore, directory }))
      if (running === undefined) {
        started.set(contender, cache)
        alive.push(cache)
      }
      answers.set(`${scenario.id} ${contender.id}`, await check(cache.port, origin.port, contender, scenario))
      // Compiled code comes with requests, not with seconds: a process that got little of a busy machine gets more time.
      const enough = running === undefined ? WARM_REQUESTS : 1
      for (let served = 0, turns = 0; served < enough && turns < 4; turns++) {
        served += (await load(cache, scenario, 1)).requests
      }
    }

    async function quietSample(contender: CacheContender, scenario: CacheScenario, round: number) {
      const first = await sample(contender, scenario, round)
      // An error is never repeated away.
      if (first.disturbed <= DISTURBED || first.errors.length > 0 || repeatsLeft === 0) return first
      repeatsLeft--
      const again = await sample(contender, scenario, round)
      return again.errors.length > 0 || again.disturbed < first.disturbed ? again : first
    }

    async function sample(contender: CacheContender, scenario: CacheScenario, round: number): Promise<CacheSample> {
      const cache = started.get(contender)!
      const reached = await countOf(origin.port)
      const began = performance.now()
      const busy = busyNanoseconds(proxyCore)
      const before = processCost(cache.pid)
      const { requests, seconds, p99, errors } = await load(cache, scenario, plan.seconds)
      const after = processCost(cache.pid)
      const own = after.cpuNanoseconds - before.cpuNanoseconds
      const others = busyNanoseconds(proxyCore) - busy - own
      const elapsed = performance.now() - began
      const asked = (await countOf(origin.port)) - reached
      const missed = contender.caches && scenario.status === 200 && asked > requests * STRAGGLERS
      return {
        scenario: scenario.id,
        contender: contender.id,
        round,
        cpuMicros: own / 1000 / requests,
        requestsPerSecond: requests / seconds,
        p99,
        rssBytes: after.rssBytes,
        originShare: asked / requests,
        disturbed: Math.max(0, others / 1e6 / elapsed),
        errors: [
          ...errors,
          ...(missed ? [`${asked} requests went to the origin`] : []),
          ...(requests === 0 ? ['no request was answered: left out of the medians'] : []),
        ],
      }
    }
  } finally {
    await Promise.all(alive.map((process) => process.stop()))
  }
  return { samples, answers, failures }

  function load(cache: Running, scenario: CacheScenario, seconds: number): Promise<LoadResult> {
    const fields = Object.entries(scenario.fields).map(([name, value]) => `${name}: ${value}`)
    const { connections } = plan
    return wrk({ port: cache.port, scenario: scenario.base, fields, connections, seconds, core: loadCore, directory })
  }
}

function rotated<T>(list: readonly T[], by: number): T[] {
  return list.map((_, index) => list[(index + by) % list.length]!)
}
