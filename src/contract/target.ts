/**
 * What a request asks for, read once and frozen: the router check, the guards, the cache key, the rewrite and the log
 * all use this, for HTTP and Upgrade alike.
 */
export interface Target {
  readonly method: string
  readonly scheme: 'http' | 'https'
  /** Host and optional port as sent, validated. Empty only for an HTTP/1.0 request without Host. */
  readonly authority: string
  /** Lower case, without port and without a trailing dot; an IPv6 literal keeps its brackets. */
  readonly host: string
  /** As sent, else undefined (the scheme's default is not filled in). */
  readonly port: number | undefined
  /** Raw path as sent, never decoded; begins with `/`, or is `*` (OPTIONS only). */
  readonly path: string
  /** Raw query with its `?`, or `''`. A bare `?` is kept. */
  readonly query: string
  /** For decisions only, never sent: percent-encoded unreserved characters decoded, hex digits upper case. */
  readonly canonicalPath: string
}

/** Who is asking. */
export interface Client {
  /** The client's address: the socket's, or what a trusted peer said of it. IPv4-mapped IPv6 is written as IPv4. */
  readonly ip: string
  readonly port: number
  /** The address at the other end of the socket. `''` on a Unix socket. */
  readonly peer: string
  /** True when the peer is in `trustedProxies`: what it says of the client is believed and kept. */
  readonly trusted: boolean
}
