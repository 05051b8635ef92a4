/**
 * Moving average of latencies that believes a rise at once and a fall slowly (Finagle). A reading decays with time, as if
 * zeros were observed: who is not asked is tried again. Milliseconds.
 */
export class PeakEwma {
  readonly #decay: number
  #value = 0
  #at = 0
  /** True once something was observed. */
  known = false

  /** @param decay mean lifetime of an observation: its weight is `exp(-age / decay)` */
  constructor(decay: number) {
    this.#decay = decay
  }

  observe(latency: number, now: number): void {
    const fade = Math.exp(-(now - this.#at) / this.#decay)
    const value = this.#value * fade
    this.#value = !this.known || latency > value ? latency : latency * (1 - fade) + value
    this.#at = now
    this.known = true
  }

  /** The estimate at `now`. */
  at(now: number): number {
    return this.#value * Math.exp(-(now - this.#at) / this.#decay)
  }
}
