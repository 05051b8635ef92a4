import type { SecureVersion } from 'node:tls'
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
  readonly weight: number
}

/** What the picker is told. */
export interface Ask {
  readonly exchange: Exchange | undefined
  /** Upstreams that this exchange has tried; not given again while another is ready. */
  readonly tried: readonly Upstream[]
}

/** A place taken on one upstream, given back exactly once. */
export interface Lease {
  readonly upstream: Upstream
  /** `ok` means that the upstream answered, with whatever status. */
  release(outcome: LeaseOutcome): void
}

export interface LeaseOutcome {
  readonly ok: boolean
  /** 0 when there was no answer. */
  readonly status: number
  /** Milliseconds to the head of the answer, -1 without one. */
  readonly firstByte: number
  /** True when no connection could be made. */
  readonly connectFailed: boolean
}

/** Where an exchange may go. */
export interface Pool {
  readonly name: string
  readonly upstreams: readonly Upstream[]
  /** A lease, or undefined when nothing is ready. */
  pick(ask: Ask): Lease | undefined
}
