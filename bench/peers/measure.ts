import type { Contender } from './contenders.ts'
import { launchNode, type Running } from './launch.ts'
import type { Load, LoadResult } from './load/load.ts'
import { probe } from './probe.ts'
import { busyNanoseconds, processCost } from './process-cost.ts'
import type { Protocol, Scenario, ScenarioId } from './scenarios.ts'

/** A round that other programs disturbed more than this is repeated, so often at most; the least disturbed counts. */
const DISTURBED = 0.05
const REPEATS = 2

/** Requests that a new process must have answered before its first round. */
const WARM_REQUESTS = 10_000

/** What one round said about one proxy in one scenario. */
export interface Sample {
  readonly scenario: ScenarioId
  readonly contender: string
  readonly round: number
  /** User and system time of the proxy's processes, in microseconds a request. */
  readonly cpuMicros: number
  readonly requestsPerSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly rssBytes: number
  /** Share of the time that other programs took of the proxies' processor. */
  readonly disturbed: number
  /** Empty when every answer was right. */
  readonly errors: readonly string[]
}

export interface MeasurePlan {
  readonly contenders: readonly Contender[]
  readonly scenarios: readonly Scenario[]
  readonly rounds: number
  readonly seconds: number
  /** Seconds of load on each proxy before the first round of a scenario; the first scenario's, and the others'. */
  readonly warmUp: readonly [first: number, later: number]
  readonly connections: number
  readonly loads: Readonly<Record<Protocol, Load>>
  readonly loadCore: number
  readonly proxyCore: number
  readonly directory: string
  /** Told before each stretch of load: how many are done, of how many, and what comes. */
  readonly progress: (done: number, total: number, what: string) => void
}

export interface Measurement {
  readonly samples: readonly Sample[]
  /** Proxies that could not be measured in a scenario, and why. */
  readonly failures: readonly { readonly contender: string; readonly scenario: ScenarioId; readonly why: string }[]
}

/**
 * Loads one proxy at a time while all are alive, on one processor, with the origin and the load on another. Rounds are
 * interleaved and each begins with another proxy, so that a slow minute of the machine falls on all of them.
 */
export async function measure(plan: MeasurePlan): Promise<Measurement> {
  const alive: Running[] = []
  const samples: Sample[] = []
  const failures: Measurement['failures'][number][] = []
  const total = plan.scenarios.reduce((sum, s) => sum + fits(plan.contenders, s).length * plan.rounds, 0)
  // On a machine that is never quiet the run must still end.
  let repeatsLeft = Math.floor(total / 2)
  try {
    const origin = await launchNode(new URL('origin.ts', import.meta.url), [], { core: plan.loadCore })
    alive.push(origin)
    const started = new Map<string, Running>()
    for (const [index, scenario] of plan.scenarios.entries()) {
      const ready: Contender[] = []
      for (const contender of fits(plan.contenders, scenario)) {
        plan.progress(samples.length, total, `${scenario.id}: warming up ${contender.label}`)
        try {
          await prepare(contender, scenario, plan.warmUp[index === 0 ? 0 : 1])
          ready.push(contender)
        } catch (error) {
          failures.push({ contender: contender.id, scenario: scenario.id, why: (error as Error).message })
        }
      }
      for (let round = 0; round < plan.rounds; round++) {
        for (const contender of rotated(ready, round * 3)) {
          plan.progress(samples.length, total, `${scenario.id}: round ${round + 1}, ${contender.label}`)
          samples.push(await quietSample(contender, scenario, round))
        }
      }
    }

    async function prepare(contender: Contender, scenario: Scenario, seconds: number): Promise<void> {
      const key = `${contender.id} ${scenario.protocol}`
      let proxy = started.get(key)
      const fresh = proxy === undefined
      if (proxy === undefined) {
        const { proxyCore: core, directory } = plan
        const url = `http://127.0.0.1:${origin.port}`
        proxy = await contender.start({ origin: url, protocol: scenario.protocol, core, directory })
        started.set(key, proxy)
        alive.push(proxy)
      }
      await probe(proxy.port, scenario)
      const long = fresh ? plan.warmUp[0] : seconds
      // Compiled code comes with requests, not with seconds: a process that got little of a busy machine gets more time.
      for (let served = 0, turns = 0; served < (fresh ? WARM_REQUESTS : 1) && turns < 4; turns++) {
        served += (await load(proxy, scenario, long)).requests
      }
    }

    async function quietSample(contender: Contender, scenario: Scenario, round: number): Promise<Sample> {
      let best = await sample(contender, scenario, round)
      for (let repeat = 0; repeat < REPEATS && best.disturbed > DISTURBED && repeatsLeft > 0; repeat++, repeatsLeft--) {
        // An error is never repeated away.
        if (best.errors.length > 0) break
        const again = await sample(contender, scenario, round)
        if (again.errors.length > 0 || again.disturbed < best.disturbed) best = again
      }
      return best
    }

    async function sample(contender: Contender, scenario: Scenario, round: number): Promise<Sample> {
      const proxy = started.get(`${contender.id} ${scenario.protocol}`)!
      const began = performance.now()
      const busy = busyNanoseconds(plan.proxyCore)
      const before = processCost(proxy.pid)
      const { requests, seconds, p50, p99, errors } = await load(proxy, scenario, plan.seconds)
      const after = processCost(proxy.pid)
      const own = after.cpuNanoseconds - before.cpuNanoseconds
      const others = busyNanoseconds(plan.proxyCore) - busy - own
      return {
        scenario: scenario.id,
        contender: contender.id,
        round,
        cpuMicros: own / 1000 / requests,
        requestsPerSecond: requests / seconds,
        p50,
        p99,
        rssBytes: after.rssBytes,
        disturbed: Math.max(0, others / 1e6 / (performance.now() - began)),
        errors: requests > 0 ? errors : [...errors, 'no request was answered: left out of the medians'],
      }
    }
  } finally {
    await Promise.all(alive.map((process) => process.stop()))
  }
  return { samples, failures }

  function load(proxy: Running, scenario: Scenario, seconds: number): Promise<LoadResult> {
    const { connections, loadCore: core, directory } = plan
    return plan.loads[scenario.protocol]({ port: proxy.port, scenario, connections, seconds, core, directory })
  }
}

function fits(contenders: readonly Contender[], scenario: Scenario): Contender[] {
  return contenders.filter(({ protocols }) => protocols.includes(scenario.protocol))
}

function rotated<T>(list: readonly T[], by: number): T[] {
  return list.map((_, index) => list[(index + by) % list.length]!)
}
