import type { UpstreamTls } from '../contract/pool.ts'

/** One upstream of a pool. */
export interface UpstreamOptions {
  /** `http://host:port`, `https://host`, `http+unix:/path/to.sock`; a path goes before every path that is sent. */
  readonly url: string
  /** Share of the traffic, in proportion to the others'. @default 1 */
  readonly weight?: number
  /** 0 is used first; a higher level as the ones before lose health. @default 0 */
  readonly priority?: number
  /** Short for the priority after all others. @default false */
  readonly backup?: boolean
  /** Name of the place that it stands in; the pool's `localities` has the weights. */
  readonly locality?: string
  /** Exchanges at a time. @default the pool's */
  readonly maxRequests?: number
  /** Connections at a time. @default the pool's */
  readonly maxConnections?: number
  /** Speak HTTP/2. @default the pool's */
  readonly http2?: boolean
  readonly tls?: UpstreamTls
  /** Address to dial in place of the URL's host. Discovery sets it. */
  readonly address?: string
}
