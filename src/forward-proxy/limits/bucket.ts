import { knownKeys, OptionError, size } from '../../contract/options.ts'

/** A rate. */
export interface Rate {
  /** Bytes a second, such as `'1MiB'`, in each direction. */
  readonly bytesPerSecond: number | string
  /**
   * Bytes that may pass at once after a rest; a twentieth of a second's at least, or the rate could not be kept.
   * @default a quarter of a second's, at least 16 KiB
   */
  readonly burst?: number | string
}

export interface RateSettings {
  readonly bytesPerSecond: number
  readonly burst: number
}

/** Reads a rate; a number or a text is one without a burst of its own. @throws OptionError */
export function readRate(option: string, given: number | string | Rate): RateSettings {
  const rate = typeof given === 'object' && given !== null ? given : { bytesPerSecond: given }
  knownKeys(option, rate, ['bytesPerSecond', 'burst'])
  const bytesPerSecond = size(`${option}.bytesPerSecond`, rate.bytesPerSecond, Number.NaN)
  if (!(bytesPerSecond >= 1 && bytesPerSecond < Number.POSITIVE_INFINITY)) {
    throw new OptionError(`${option}.bytesPerSecond`, rate.bytesPerSecond, 'give at least 1 byte a second')
  }
  const burst = size(`${option}.burst`, rate.burst, Math.max(16_384, Math.ceil(bytesPerSecond / 4)))
  if (burst < 1) throw new OptionError(`${option}.burst`, rate.burst, 'give at least 1 byte')
  const bounded = Math.min(burst, Number.MAX_SAFE_INTEGER)
  return { bytesPerSecond, burst: Math.max(bounded, Math.ceil(bytesPerSecond / 20)) }
}

/** A token bucket: it fills at a rate, up to its burst. */
export class Bucket {
  readonly burst: number
  readonly #perMs: number
  #level: number
  #at: number
  /** Flows that hold it. */
  users = 0
  /** Flows that wait and need some of it. */
  waiting = 0

  constructor({ bytesPerSecond, burst }: RateSettings, now: number) {
    this.burst = burst
    this.#perMs = bytesPerSecond / 1000
    this.#level = burst
    this.#at = now
  }

  /** Whole bytes that are in it. */
  level(now: number): number {
    if (now > this.#at) {
      this.#level = Math.min(this.burst, this.#level + (now - this.#at) * this.#perMs)
      this.#at = now
    }
    return Math.floor(this.#level)
  }

  spend(bytes: number): void {
    this.#level -= bytes
  }
}
