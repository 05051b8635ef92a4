import type { UpstreamOptions } from '../options.ts'

/** Where a pool finds its upstreams as they come and go. Told apart by its first key. */
export type DiscoverOptions = DnsDiscoverOptions | SrvDiscoverOptions | FileDiscoverOptions | PollDiscoverOptions

/** What both kinds of DNS discovery take. */
export interface DnsOptions {
  /**
   * `4` or `6` asks for that family alone. A machine that has both is two upstreams.
   * @default 'both'
   */
  readonly family?: 4 | 6 | 'both'
  /** DNS servers, such as `'10.0.0.2'`, `'127.0.0.1:5353'`, `'[::1]:5353'`. @default the system's */
  readonly servers?: readonly string[]
  /** An answer that lives shorter is asked for again only after so long. @default '1s' */
  readonly minTtl?: number | string
  /** An answer that lives longer is asked for again after so long. @default '5m' */
  readonly maxTtl?: number | string
  /** Pause after a failure; doubled with each further one, to 30 s. @default '1s' */
  readonly retry?: number | string
}

/** A and AAAA records: each address is an upstream. */
export interface DnsDiscoverOptions extends DnsOptions {
  /**
   * URL of the upstreams, such as `'http://api.internal:3000'`. Its host is looked up; Host, SNI and certificates keep it.
   * `localhost`, and a name that DNS does not know, are looked up as the system does (/etc/hosts, search domains), every 30 s.
   * When `servers` is given, `localhost` alone. A name that both DNS and /etc/hosts know is DNS's.
   */
  readonly dns: string
}

/** SRV records (RFC 2782): each address of each target is an upstream, with the priority and weight of the record. */
export interface SrvDiscoverOptions extends DnsOptions {
  /** Whole name of the service, such as `'_http._tcp.api.internal'`. Search domains are not tried. */
  readonly srv: string
  /** How to speak to the targets. @default 'https' where the name begins with `_https`, else 'http' */
  readonly scheme?: 'http' | 'https'
}

/** A watched file. */
export interface FileDiscoverOptions {
  /**
   * Path of a JSON or YAML file: a list of URLs, or of objects with the options of an upstream. 1 MiB at
   * most. Replace it by a rename: a list that is written slowly may be read before its end.
   */
  readonly file: string
  /** How often it is looked at in case that the system told of no change (network disks). @default '5s' */
  readonly interval?: number | string
}

/** A function that is asked again and again. */
export interface PollDiscoverOptions {
  /**
   * Gives the upstreams as they are now. Throwing keeps the last ones. `signal` says that nobody waits any longer. It is not
   * called again before the last call has come back: one that ignores the signal and hangs ends the discovery.
   */
  readonly poll: (
    signal: AbortSignal,
  ) => readonly (string | UpstreamOptions)[] | PromiseLike<readonly (string | UpstreamOptions)[]>
  /** Pause after an answer. @default '10s' */
  readonly interval?: number | string
  /** For one answer. @default '5s' */
  readonly timeout?: number | string
}
