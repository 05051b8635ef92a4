/**
 * Moving average of latencies that believes a rise at once and a fall slowly: Finagle's `PeakEwma`. With
 * `w = exp(-age / decay)` an observation x makes it `max(x, x * (1 - w) + value * w)`. A reading decays with time, as if
 * zeros were observed: who is not asked is tried again. Milliseconds.
 */
export class PeakEwma {
  readonly #decay: number
  #value = 0
  #at = 0
  /** True once something was observed. */
  known = false

  /** @param decay mean lifetime of an observation: its weight is `exp(-age / decay)`; the half-life is `decay * ln 2` */
  constructor(decay: number) {
    this.#decay = decay
  }

  observe(latency: number, now: number): void {
    const fade = this.#fade(now)
    const value = this.#value * fade
    this.#value = !this.known || latency > value ? latency : latency * (1 - fade) + value
    if (now > this.#at) this.#at = now
    this.known = true
  }

  /** The estimate at `now`. */
  at(now: number): number {
    return this.#value * this.#fade(now)
  }

  /** Never above 1: readings that come out of order do not make the past slower than it was. */
  #fade(now: number): number {
    return now > this.#at ? Math.exp((this.#at - now) / this.#decay) : 1
  }
}
