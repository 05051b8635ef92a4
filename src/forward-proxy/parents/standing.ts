export interface StandingLimits {
  /** Failures in a row that take a way out of use. 0 is never. */
  readonly maxFails: number
  /** Milliseconds that it then stays out, before one exchange tries it again. */
  readonly failTimeout: number
}

/** How a way does, by what exchanges met on it. */
export class Standing {
  readonly #limits: StandingLimits
  /** In a row. */
  fails = 0
  /** Clock reading from which it may be tried again; 0 while it is in use. */
  deadUntil = 0
  #probes = 0

  constructor(limits: StandingLimits) {
    this.#limits = limits
  }

  /** A way that was out of use is ready for one exchange at a time, until that one has come through. */
  isReady(now: number): boolean {
    return this.deadUntil === 0 || (now >= this.deadUntil && this.#probes === 0)
  }

  /** An exchange goes this way. The function that comes back is called once, when it is known what became of it. */
  take(): (verdict: 'worked' | 'failed' | 'unknown', now: number) => void {
    const isProbe = this.deadUntil !== 0
    if (isProbe) this.#probes++
    let open = true
    return (verdict, now) => {
      if (!open) return
      open = false
      if (isProbe) this.#probes--
      if (verdict === 'worked') {
        this.fails = 0
        this.deadUntil = 0
      } else if (verdict === 'failed') {
        this.fails++
        const { maxFails, failTimeout } = this.#limits
        if (maxFails > 0 && this.fails >= maxFails) this.deadUntil = now + failTimeout
      }
    }
  }
}
