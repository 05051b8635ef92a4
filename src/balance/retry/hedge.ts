import type { Timer } from '../../contract/clock.ts'
import type { DispatchController, DispatchHandler, DispatchOptions } from '../../contract/layer.ts'
import type { Pool, RetryPolicy, Upstream } from '../../contract/pool.ts'
import { superseded } from '../../http/discard.ts'
import type { Surroundings } from './attempt.ts'
import { statusMatches } from './conditions.ts'
import { firstAttempt } from './first-attempt.ts'
import { type Contest, Runner } from './runner.ts'

/**
 * Sends to a second upstream too when the first has not answered within `policy.hedgeAfter`. The first answer wins, the
 * other attempt is aborted in the same turn (Dean and Barroso, The Tail at Scale, 2013).
 */
export function hedge(
  around: Surroundings,
  options: DispatchOptions,
  policy: RetryPolicy,
  handler: DispatchHandler,
): boolean {
  return new Race(around, options, policy, handler).start()
}

/** What the handler holds for a controller: it stands for both attempts until one has won. */
class Race implements DispatchController, Contest {
  aborted = false
  paused = false
  reason: Error | null = null
  readonly policy: RetryPolicy
  readonly handler: DispatchHandler
  readonly options: DispatchOptions
  over = false
  winner: Runner | undefined
  /** Whose words the handler hears. */
  speaker: Runner | undefined
  readonly #around: Surroundings
  readonly #first: Runner
  #second: Runner | undefined
  #timer: Timer | undefined
  /** The second holds a place in the budget. */
  #borrowed = false
  #started = false
  #sent = false

  constructor(around: Surroundings, options: DispatchOptions, policy: RetryPolicy, handler: DispatchHandler) {
    this.#around = around
    this.options = options
    this.policy = policy
    this.handler = handler
    this.#first = new Runner(this)
  }

  get rawHeaders(): Exclude<DispatchController['rawHeaders'], undefined> {
    return this.speaker?.controller.rawHeaders ?? null
  }

  get rawTrailers(): Exclude<DispatchController['rawTrailers'], undefined> {
    return this.speaker?.controller.rawTrailers ?? null
  }

  start(): boolean {
    this.#timer = this.#around.clock.setTimer(() => this.#hedge(), this.policy.hedgeAfter)
    return this.#send(this.#first, this.policy, [])
  }

  #send(runner: Runner, policy: RetryPolicy, tried: readonly Upstream[]): boolean {
    return firstAttempt(this.#around, this.options, policy, runner, tried, runner)
  }

  #hedge(): void {
    this.#timer = undefined
    const { exchange } = this.options
    const { tried, upstream } = this.#first
    const { policy } = this
    // Nothing is known to be slow while the first still waits for a place in the pool.
    if (exchange?.gone === true || upstream === undefined) return
    if (!(this.options.pool as Pool).has({ exchange, tried }) || !policy.budget.take()) return
    this.#borrowed = true
    this.#second = new Runner(this)
    try {
      this.#send(this.#second, { ...policy, attempts: 0 }, tried)
    } catch {
      // By a layer inside, which lets the first go on.
      this.#second.open = false
      this.#giveBack()
    }
  }

  started(runner: Runner, context: unknown): void {
    if (!runner.wanted) runner.controller.abort(superseded())
    else if (!this.#started) {
      this.#started = true
      this.handler.onRequestStart?.(this, context)
    }
  }

  sent(): void {
    if (!this.#sent) this.handler.onRequestSent?.()
    this.#sent = true
  }

  /** True when the head is this runner's to tell. */
  answers(runner: Runner, status: number): boolean {
    if (!runner.wanted) return false
    if (status < 200) {
      // Those of one are enough.
      this.speaker ??= runner
      return this.speaker === runner
    }
    const other = runner === this.#first ? this.#second : this.#first
    if (other?.open === true && statusMatches(this.policy.on, status)) {
      runner.open = false
      runner.controller.abort(superseded())
      if (runner === this.#second) this.#giveBack()
      return false
    }
    this.winner = runner
    this.speaker = runner
    this.#stop()
    runner.mark()
    if (other?.open === true) other.controller.abort(superseded())
    return true
  }

  failed(runner: Runner, error: Error): void {
    if (!runner.open || this.over) return
    runner.open = false
    if (runner === this.#second) this.#giveBack()
    const other = runner === this.#first ? this.#second : this.#first
    if (this.winner === undefined ? other?.open === true : this.winner !== runner) return
    this.end()
    this.speaker = runner
    this.handler.onResponseError?.(this, error)
  }

  end(): void {
    this.over = true
    this.#stop()
  }

  #stop(): void {
    if (this.#timer !== undefined) this.#around.clock.clearTimer(this.#timer)
    this.#timer = undefined
    this.#giveBack()
  }

  #giveBack(): void {
    if (this.#borrowed) this.policy.budget.release()
    this.#borrowed = false
  }

  abort(reason: Error): void {
    if (this.over) return
    this.aborted = true
    this.reason = reason
    this.end()
    this.#first.controller.abort(reason)
    this.#second?.controller.abort(reason)
    this.handler.onResponseError?.(this, reason)
  }

  pause(): void {
    this.paused = true
    this.winner?.controller.pause()
  }

  resume(): void {
    this.paused = false
    this.winner?.controller.resume()
  }
}
