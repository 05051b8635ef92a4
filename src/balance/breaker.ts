import { duration, integer, OptionError, section, time } from '../contract/options.ts'

/** Circuit breaker of each upstream. Outlier ejection judges by comparison; a breaker judges an upstream alone. */
export interface BreakerOptions {
  /** Failures in a row that open it. @default 5 */
  readonly failures?: number
  /** How long it stays open at first; doubled each time that a probe fails. @default '5s' */
  readonly open?: number | string
  /** The longest that it stays open. @default '60s', or `open` where that is longer */
  readonly maxOpen?: number | string
}

export interface BreakerSettings {
  /** Failures in a row that open it. */
  readonly failures: number
  /** Milliseconds that it stays open at first; doubled each time that the probe fails. */
  readonly open: number
  /** The longest that it stays open. */
  readonly maxOpen: number
}

/**
 * Circuit breaker of one upstream: closed, open for a time, then half-open: one exchange probes, and decides. Each
 * exchange takes a ticket when it is given to the upstream, and exactly one of `succeeded`, `failed` and `abandoned`
 * gives it back. A ticket from before the last change says nothing: who was sent before it opened is no probe.
 */
export class Breaker {
  readonly #settings: BreakerSettings
  #failures = 0
  /** Clock reading at which a probe may go; undefined while closed. */
  #opensUntil: number | undefined
  #lasts: number
  #probing = false
  /** Changes whenever it opens or closes. */
  #ticket = 0

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

  /** An exchange was given to the upstream: after `allows`, or without it by one who does not ask. Its ticket. */
  taken(now: number): number {
    if (this.#opensUntil === undefined) return this.#ticket
    if (!this.allows(now)) return -1
    this.#probing = true
    return this.#ticket
  }

  /** Clock reading from which a probe may go; undefined while closed. */
  get probeAt(): number | undefined {
    return this.#opensUntil
  }

  succeeded(ticket: number): void {
    if (ticket !== this.#ticket) return
    this.#failures = 0
    if (this.#opensUntil === undefined) return
    this.#probing = false
    this.#opensUntil = undefined
    this.#lasts = this.#settings.open
    this.#ticket++
  }

  failed(ticket: number, now: number): void {
    if (ticket !== this.#ticket) return
    const { failures, maxOpen } = this.#settings
    if (this.#opensUntil !== undefined) this.#lasts = Math.min(this.#lasts * 2, maxOpen)
    else if (++this.#failures < failures) return
    this.#probing = false
    this.#opensUntil = now + this.#lasts
    this.#ticket++
  }

  /** The exchange ended without a verdict, such as when the client left: the next one may probe. */
  abandoned(ticket: number): void {
    if (ticket === this.#ticket) this.#probing = false
  }
}

/**
 * Settings of the breakers of a pool; undefined is off, which is the default. `true` is on with the defaults.
 * @throws OptionError
 */
export function readBreaker(option: string, given: BreakerOptions | boolean | undefined): BreakerSettings | undefined {
  if (given === undefined || given === false) return undefined
  const whole = given === true ? {} : section(option, given, ['failures', 'open', 'maxOpen'])
  const open = time(`${option}.open`, whole.open, 5000)
  const maxOpen = duration(`${option}.maxOpen`, whole.maxOpen, Math.max(60_000, open))
  if (maxOpen < open) throw new OptionError(`${option}.maxOpen`, whole.maxOpen, `give at least 'open', ${open} ms`)
  return Object.freeze({ failures: integer(`${option}.failures`, whole.failures, 5, 1), open, maxOpen })
}
