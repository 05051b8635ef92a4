import type { SecureVersion } from 'node:tls'
import type { ErrorCode } from './errors.ts'
import type { Exchange } from './exchange.ts'

/** How to speak TLS to an upstream. Verification is on unless `rejectUnauthorized` is false. */
export interface UpstreamTls {
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly passphrase?: string
  /** Name for SNI and for the check of the certificate. @default the host of the URL */
  readonly servername?: string
  /** @default true */
  readonly rejectUnauthorized?: boolean
  readonly minVersion?: SecureVersion
}

/** One place to send to: an origin, and how to speak with it. Made once, compared by identity. */
export interface Upstream {
  /** Stable name within its pool; what logs say: `127.0.0.1:3000`, `unix:/run/app.sock`. */
  readonly name: string
  /** `http://host:port` or `https://host:port`, without path. For a Unix socket, `http://localhost`. */
  readonly origin: string
  readonly protocol: 'http:' | 'https:'
  /** Host without brackets, for the dialler. */
  readonly hostname: string
  readonly port: number
  /** Authority for a rewritten Host field: the port left out where it is the scheme's default. */
  readonly authority: string
  /** Path of the URL without its last slash, put before every path: `''` or `/base`. */
  readonly basePath: string
  readonly socketPath: string | undefined
  /** Speak HTTP/2: by ALPN over TLS, with prior knowledge in cleartext. */
  readonly http2: boolean
  readonly tls: UpstreamTls | undefined
  /** Address to dial in place of `hostname`, as DNS discovery found it. Host, SNI and certificate keep the name. */
  readonly address: string | undefined
  /** Connections that may stand at a time. */
  readonly maxConnections: number
}

/** How to speak to an upstream, beside its URL. */
export interface UpstreamSettings {
  /** @default false */
  readonly http2?: boolean | undefined
  readonly tls?: UpstreamTls | undefined
  /** Address to dial in place of the URL's host. */
  readonly address?: string | undefined
  /** @default 4096 */
  readonly maxConnections?: number | undefined
}

/** What the picker is told. */
export interface Ask {
  readonly exchange: Exchange | undefined
  /** Upstreams that this exchange has tried; not given again. */
  readonly tried: readonly Upstream[]
}

/** A place taken on one upstream, given back exactly once. */
export interface Lease {
  readonly upstream: Upstream
  /**
   * Content goes up: told when the connection is there, with each piece, and with `whole` when all is sent. How long a
   * client takes says nothing of the upstream. `now` is a clock reading.
   */
  upload?(now: number, whole: boolean): void
  /** The head of the final answer came. At most once, before `release`. */
  answered(status: number): void
  /**
   * It is over. `error` is what went wrong at the upstream; undefined when it answered to the end, and when the end was
   * none of its doing (the client left, the proxy gave up for reasons of its own).
   */
  release(error?: ErrorCode): void
}

/** Where an exchange may go. */
export interface Pool {
  readonly name: string
  /** As they stand now. */
  readonly upstreams: readonly Upstream[]
  /** A lease, or undefined when nothing is ready. */
  pick(ask: Ask): Lease | undefined
  /**
   * Waits for a place, where the pool has a queue and is full. Calls back once: a lease, or undefined when the time is up
   * or the pool closed. Returns a function that leaves the queue; undefined when there is no queue, or no place in it.
   */
  wait(ask: Ask, callback: (lease: Lease | undefined) => void): (() => void) | undefined
  /** True when `pick` would find an upstream that is not in `tried`. Takes nothing. */
  has(ask: Ask): boolean
  /** Whole seconds after which asking again makes sense; at least 1. */
  retryAfter(): number
  /** How exchanges of this pool are tried again. */
  readonly retry: RetryPolicy
}

/** Conditions for another attempt. Connect failures always are one: nothing was sent. */
export type RetryCondition = 'reset' | 'timeout' | '5xx' | '502' | '503' | '504' | '429'

/** How one exchange may be tried again. Times in milliseconds. */
export interface RetryPolicy {
  /** Attempts after the first that conditions may cause; connect failures do not count. */
  readonly attempts: number
  readonly on: ReadonlySet<RetryCondition>
  /** For the head of the answer of one attempt; 0 is none of its own. */
  readonly perTryTimeout: number
  /** Bytes of content kept for another attempt; 0 is none: then a request with content is sent once. */
  readonly bufferBody: number
  /** A second GET is sent to another upstream when the first has not answered for so long; 0 is never. */
  readonly hedgeAfter: number
  /** Attempts that may run at a time beside the first ones. */
  readonly budget: RetryBudget
}

/** Keeps retries from becoming the load. Envoy: `max(least, ratio * (active + pending))` at a time. */
export interface RetryBudget {
  /** False: no more retries now. True: one is taken, to be given back by `release`. */
  take(): boolean
  release(): void
}
