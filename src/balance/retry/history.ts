import type { Clock } from '../../contract/clock.ts'
import type { ProxyError } from '../../contract/errors.ts'
import type { DispatchOptions } from '../../contract/layer.ts'
import type { RetryBudget, RetryPolicy } from '../../contract/pool.ts'
import type { ReplayBody } from './replay-body.ts'

/** One side of a race of two; see hedge.ts. */
export interface Leg {
  /** May its answer still win? */
  readonly wanted: boolean
  /** An attempt with these options is about to begin. */
  begins(options: DispatchOptions): void
}

/** What the attempts of one exchange hand on. Most exchanges never have one. */
export class History {
  /** The transparent retry has been made: there is one. */
  transparent = false
  /** Attempts that conditions have caused. */
  retries = 0
  connects = 0
  /** Some attempt had a connection. */
  reached = false
  /** Interim answers have gone out. */
  interims = false
  /** Bytes of content that the handler has been told of. */
  bytes = 0
  /** The handler has been told that all of the content is sent. */
  sent = false
  /** Holds a place in the budget. */
  borrowed = false
  /** The last failure of an upstream. */
  error: ProxyError | undefined
  replay: ReplayBody | undefined
  leg: Leg | undefined
  /** Milliseconds for the head in each attempt; 0: what the exchange was given. */
  perTry = 0
  /** Clock reading by which the head must have come, all attempts together. */
  deadline = Number.POSITIVE_INFINITY

  add(error: Error | undefined, started: boolean, interims: boolean, bytes: number, sent: boolean): void {
    if (error !== undefined) this.error = error as ProxyError
    this.reached ||= started
    this.interims ||= interims
    this.bytes = Math.max(this.bytes, bytes)
    this.sent ||= sent
  }

  /** For the next attempt of an exchange that was given `limit`. */
  headersTimeout(limit: number | null | undefined, clock: Clock): number | null | undefined {
    if (this.perTry === 0) return limit
    return Math.max(1, Math.min(this.perTry, this.deadline - clock.now()))
  }

  /** A place in the budget, anew for each attempt: the load that allowed the one before may have gone. */
  borrow(budget: RetryBudget): boolean {
    if (this.borrowed) budget.release()
    this.borrowed = budget.take()
    return this.borrowed
  }

  /** The exchange is over. */
  settle(policy: RetryPolicy | undefined): void {
    this.replay?.close()
    if (!this.borrowed) return
    this.borrowed = false
    policy?.budget.release()
  }
}
