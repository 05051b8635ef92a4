import { isIPv6 } from 'node:net'

/** Addresses that one dial tries. A name may have a thousand, and each is a socket. */
const most = 16

/**
 * Addresses still to be tried: families take turns, the family of the first address goes first (RFC 8305 section 4, with a
 * First Address Family Count of 1).
 */
export class AttemptOrder {
  readonly #v4: string[] = []
  readonly #v6: string[] = []
  readonly #known = new Set<string>()
  #v6Next: boolean | undefined

  add(addresses: readonly string[]): void {
    for (const address of addresses) {
      if (this.#known.size >= most || this.#known.has(address)) continue
      this.#known.add(address)
      const v6 = isIPv6(address)
      this.#v6Next ??= v6
      ;(v6 ? this.#v6 : this.#v4).push(address)
    }
  }

  get empty(): boolean {
    return this.#v4.length === 0 && this.#v6.length === 0
  }

  take(): string | undefined {
    const [first, second] = this.#v6Next === true ? [this.#v6, this.#v4] : [this.#v4, this.#v6]
    const address = first.shift() ?? second.shift()
    if (address !== undefined) this.#v6Next = !isIPv6(address)
    return address
  }
}
