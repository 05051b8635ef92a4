import net from 'node:net'
import type { Clock } from '../../contract/clock.ts'
import { ProxyError } from '../../contract/errors.ts'
import type { AddressGuard } from '../guard/address-guard.ts'
import { Dial, type DialCallback, type DialMeans, type DialTarget } from './dial.ts'
import type { Resolver } from './resolver.ts'

/** Times in milliseconds. */
export interface DiallerOptions {
  readonly clock: Clock
  readonly resolver: Resolver
  readonly guard: AddressGuard
  /** From the first attempt on, for all addresses together. @default 10,000 */
  readonly connectTimeout?: number
  /** After which the next address is tried beside the one before (RFC 8305 section 5). @default 250 */
  readonly attemptDelay?: number
  /** Opens a connection to a literal address. @default `net.connect`, half-open allowed */
  readonly connect?: (options: net.TcpNetConnectOpts) => net.Socket
}

export interface DialSettings {
  /**
   * Addresses of this machine to dial from: the first one of the family counts, and a family without one is not dialled,
   * for that would show another address of ours. @default the system's choice
   */
  readonly localAddresses?: readonly string[]
}

export interface Dialler {
  /**
   * Looks the host up once, has each address checked, and connects to those that are allowed, by their literals. Calls back
   * once, with a connected socket or a ProxyError: SP_DENIED, SP_DNS, SP_DNS_TIMEOUT, SP_CONNECT_REFUSED, SP_CONNECT_FAILED,
   * SP_CONNECT_TIMEOUT, SP_SHUTDOWN. May call back at once. Nothing is called after the function that comes back has been:
   * it ends the dial.
   */
  dial(target: DialTarget, callback: DialCallback, settings?: DialSettings): () => void
  /** Ends the dials that are under way, with SP_SHUTDOWN. The resolver is not ours to close. */
  close(): void
}

/** Dials what others name: resolve once, check, connect to the very address that was checked, fastest of all (RFC 8305). */
export function createDialler(options: DiallerOptions): Dialler {
  const under = new Set<Dial>()
  const means: DialMeans = {
    clock: options.clock,
    resolver: options.resolver,
    guard: options.guard,
    connectTimeout: options.connectTimeout ?? 10_000,
    attemptDelay: options.attemptDelay ?? 250,
    connect: options.connect ?? ((where) => net.connect(where)),
    over: (dial) => under.delete(dial),
  }
  let closed = false

  return {
    dial(target, callback, settings = {}) {
      if (closed) {
        callback(new ProxyError('SP_SHUTDOWN'), null)
        return () => {}
      }
      const dial = new Dial(target, settings.localAddresses, means, callback)
      under.add(dial)
      dial.start()
      return () => dial.cancel()
    },
    close() {
      closed = true
      for (const dial of [...under]) dial.fail(new ProxyError('SP_SHUTDOWN'))
    },
  }
}
