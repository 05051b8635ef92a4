import type { ProxyError } from '../../contract/errors.ts'

/** Takes what a name source finds. */
export interface Finder {
  /**
   * Addresses, as soon as they may be used; the second family may come later.
   * @param ttl seconds
   */
  found(addresses: readonly string[], ttl: number): void
  /**
   * It is over; called once, last.
   * @param error SP_DNS when there was no answer, for one family at least. Null when all was answered: then a name of which
   * nothing was found has no addresses.
   * @param ttl seconds that such an absence holds; Infinity where nobody said
   */
  end(error: ProxyError | null, ttl: number): void
}

/** One way to learn the addresses of a name: the system's, DNS servers, DNS over HTTPS. Keeps nothing. */
export interface NameSource {
  /**
   * Asks. Nothing is called after the function that comes back has been.
   * @param host canonical, no literal address
   */
  ask(host: string, finder: Finder): () => void
  /** Ends what is being asked. */
  close(): Promise<void>
}
