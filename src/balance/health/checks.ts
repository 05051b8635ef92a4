import type { Clock, Timer } from '../../contract/clock.ts'
import { ProxyError } from '../../contract/errors.ts'
import type { Dispatch } from '../../contract/layer.ts'
import type { Upstream } from '../../contract/pool.ts'
import type { Check, CheckResult, RunningCheck } from './check-result.ts'
import { checkUpstream } from './check-upstream.ts'
import { grpcCheck } from './grpc-check.ts'
import { httpCheck } from './http-check.ts'
import type { HealthSettings } from './options.ts'
import { type Connect, tcpCheck } from './tcp-check.ts'

/** What is believed of an upstream, and why. */
export interface HealthVerdict {
  readonly up: boolean
  /** What the check found that decided: `status 500, expected 200-399`. */
  readonly reason: string
  /** Milliseconds that it took. */
  readonly took: number
}

export interface HealthMeans {
  readonly clock: Clock
  /** 0 to 1. */
  readonly random: () => number
  /** The transport, without layers around it. */
  readonly dispatch: Dispatch
  readonly connect: Connect
  /** Told of every check that ran to its end. For metrics. */
  readonly observe?: ((upstream: Upstream, result: CheckResult, took: number) => void) | undefined
  /** An upstream made for checks is done with: its connections go, and one that is being made too. */
  readonly forget?: ((target: Upstream, error: Error) => void) | undefined
}

export interface HealthChecks {
  /**
   * Checks it from now on. `report` is told the first verdict and each change. One that is there begins anew.
   * @throws OptionError for settings that this upstream cannot have
   */
  add(upstream: Upstream, report: (verdict: HealthVerdict) => void): void
  remove(upstream: Upstream): void
  /** Checks it now rather than when it is due. Nothing when a check runs or waits already. */
  checkNow(upstream: Upstream): void
  /** Stops all: no check, no timer, no report after this. */
  close(): void
}

/** Upstreams not yet judged of which each is checked at once; with more of them the first checks are spread. */
const atOnce = 16
/** The first checks start within so many milliseconds. */
const firstWithin = 1000

/** One upstream and what is known of it. */
class Checked {
  readonly upstream: Upstream
  readonly target: Upstream
  readonly check: Check
  readonly report: (verdict: HealthVerdict) => void
  up: boolean | undefined
  /** Results in a row that speak against `up`. */
  contrary = 0
  timer: Timer | undefined
  running: RunningCheck | undefined
  gone = false

  constructor(upstream: Upstream, target: Upstream, check: Check, report: (verdict: HealthVerdict) => void) {
    this.upstream = upstream
    this.target = target
    this.check = check
    this.report = report
  }
}

/** Checks upstreams now and then, each at its own time, and says when one has come up or gone down. */
export function createHealthChecks(settings: HealthSettings, means: HealthMeans): HealthChecks {
  const { clock, random, observe, forget } = means
  const all = new Map<Upstream, Checked>()
  /** Due, and waiting for one of the others to end. First in, first out. */
  const due = new Set<Checked>()
  let running = 0
  let unjudged = 0
  let starting = false
  let closed = false

  function checkFor(target: Upstream): Check {
    if (settings.kind === 'tcp') return tcpCheck(settings, means.connect, target)
    return (settings.kind === 'grpc' ? grpcCheck : httpCheck)(settings, means, target)
  }

  function schedule(one: Checked, delay: number): void {
    one.timer = clock.setTimer(() => {
      one.timer = undefined
      due.add(one)
      startDue()
    }, delay)
  }

  /** A check may end before it returns, so this may be called from within itself: then the loop outside goes on. */
  function startDue(): void {
    if (starting) return
    starting = true
    for (const one of due) {
      if (running >= settings.maxConcurrent) break
      due.delete(one)
      start(one)
    }
    starting = false
  }

  function start(one: Checked): void {
    const began = clock.now()
    let over = false
    running++
    const check = one.check((result) => {
      over = true
      one.running = undefined
      running--
      conclude(one, result, clock.now() - began)
      startDue()
    })
    if (over) return
    one.running = check
    // Removed from within `check`, when there was nothing to abort yet.
    if (one.gone) abort(one)
  }

  function conclude(one: Checked, result: CheckResult, took: number): void {
    if (one.gone) return
    const changed = judge(one, result)
    schedule(one, Math.max(1, pause(one) - took))
    // Last: whoever is told may remove it, or close.
    observe?.(one.upstream, result, took)
    if (changed && !one.gone) one.report({ up: one.up === true, reason: result.reason, took })
  }

  /** True when it came up or went down by this. */
  function judge(one: Checked, { outcome }: CheckResult): boolean {
    if (outcome === 'unknown') return false
    const passed = outcome === 'pass'
    if (one.up === passed) {
      one.contrary = 0
      return false
    }
    one.contrary++
    const enough = one.contrary >= (passed ? settings.rise : settings.fall)
    if (one.up !== undefined && !enough && !(outcome === 'dead' && settings.instantFail)) return false
    if (one.up === undefined) unjudged--
    one.up = passed
    one.contrary = 0
    return true
  }

  /** From the beginning of this check to the next. */
  function pause(one: Checked): number {
    const { interval, edgeInterval, downInterval, jitter } = settings
    const sure = one.up !== undefined && one.contrary === 0
    const base = sure ? (one.up ? interval : downInterval) : edgeInterval
    return base * (1 + jitter * (2 * random() - 1))
  }

  function abort(one: Checked): void {
    if (one.running === undefined) return
    one.running.abort()
    one.running = undefined
    running--
  }

  function drop(one: Checked): void {
    all.delete(one.upstream)
    due.delete(one)
    one.gone = true
    if (one.up === undefined) unjudged--
    if (one.timer !== undefined) clock.clearTimer(one.timer)
    one.timer = undefined
    abort(one)
    forget?.(one.target, new ProxyError('SP_SHUTDOWN', 'the checks are over'))
  }

  return {
    add(upstream, report) {
      if (closed) return
      const target = checkUpstream(upstream, settings)
      const known = all.get(upstream)
      if (known !== undefined) drop(known)
      const one = new Checked(upstream, target, checkFor(target), report)
      all.set(upstream, one)
      unjudged++
      // Never in this turn: the caller may not be ready to be told.
      schedule(one, unjudged <= atOnce ? 0 : random() * Math.min(settings.interval, firstWithin))
    },
    remove(upstream) {
      const one = all.get(upstream)
      if (one === undefined) return
      drop(one)
      startDue()
    },
    checkNow(upstream) {
      const one = all.get(upstream)
      if (one?.timer === undefined) return
      clock.clearTimer(one.timer)
      one.timer = undefined
      due.add(one)
      startDue()
    },
    close() {
      closed = true
      due.clear()
      for (const one of [...all.values()]) drop(one)
    },
  }
}
