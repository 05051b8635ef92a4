/** What a PAC file says. */
export interface PacOptions {
  /**
   * The ways out, the first one first: `'PROXY host:3128'`, `'HTTPS host:443'`, `'SOCKS5 host:1080'`, `'SOCKS host:1080'`, and
   * `'DIRECT'`, which goes around the proxy when the others cannot be reached: only where that is allowed.
   */
  readonly proxies: readonly string[]
  /**
   * What is reached directly: a domain with those below it (`'a.test'`), those below it alone (`'*.a.test'` or `'.a.test'`), an
   * address or a CIDR block (`'10.0.0.0/8'`, matched against hosts written as addresses, without asking DNS).
   */
  readonly bypass?: readonly string[]
  /** Names without a dot are reached directly. @default true */
  readonly bypassPlain?: boolean
  /** Loopback and its names are reached directly. @default true */
  readonly bypassLoopback?: boolean
  /** Names are resolved by the client, and the blocks of `bypass` are matched against what they resolve to. Slow. @default false */
  readonly resolve?: boolean
}
