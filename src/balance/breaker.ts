export interface BreakerSettings {
  /** Failures in a row that open it. */
  readonly failures: number
  /** Milliseconds that it stays open at first; doubled each time that the probe fails. */
  readonly open: number
  /** The longest that it stays open. */
  readonly maxOpen: number
}

/** Circuit breaker of one upstream: closed, open for a time, then half-open: one exchange probes, and decides. */
export class Breaker {
  readonly #settings: BreakerSettings
  #failures = 0
  /** Clock reading at which a probe may go; undefined while closed. */
  #opensUntil: number | undefined
  #lasts: number
  #probing = false

  constructor(settings: BreakerSettings) {
    this.#settings = settings
    this.#lasts = settings.open
  }

  state(now: number): 'closed' | 'open' | 'half-open' {
    if (this.#opensUntil === undefined) return 'closed'
    return now < this.#opensUntil ? 'open' : 'half-open'
  }

  allows(now: number): boolean {
    return this.#opensUntil === undefined || (now >= this.#opensUntil && !this.#probing)
  }

  /** An exchange was given to the upstream. */
  taken(): void {
    if (this.#opensUntil !== undefined) this.#probing = true
  }

  /** Clock reading of the next probe; undefined while closed. */
  get probeAt(): number | undefined {
    return this.#opensUntil
  }

  succeeded(): void {
    this.#failures = 0
    this.#probing = false
    this.#opensUntil = undefined
    this.#lasts = this.#settings.open
  }

  failed(now: number): void {
    const { failures, maxOpen } = this.#settings
    if (this.#opensUntil !== undefined) {
      // One that was sent before it opened says nothing new.
      if (!this.#probing) return
      this.#lasts = Math.min(this.#lasts * 2, maxOpen)
    } else if (++this.#failures < failures) return
    this.#probing = false
    this.#opensUntil = now + this.#lasts
  }

  /** The exchange ended without a verdict, such as when the client left. */
  abandoned(): void {
    this.#probing = false
  }
}
