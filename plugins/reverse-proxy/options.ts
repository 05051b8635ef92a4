import type { FastifyRequest, RouteOptions } from 'fastify'
import type { PoolOptions } from '../../src/balance/pool-options.ts'
import type { RetryOptions } from '../../src/balance/retry/options.ts'
import type { MirrorOptions } from '../../src/balance/shape/mirror-options.ts'
import type { SplitOptions } from '../../src/balance/shape/split-options.ts'
import type { CacheRouteOptions } from '../../src/cache/plan-options.ts'
import type { UpstreamTls } from '../../src/contract/pool.ts'
import type { FieldRules } from '../../src/http/field-rules.ts'
import type { PathRules } from '../../src/http/path-policy.ts'
import type { CookieRewrite } from '../../src/http/set-cookie.ts'

export type { CookieRewrite, FieldRules, PathRules }

export interface TimeoutOptions {
  /** For a connection to stand. @default '5s' */
  readonly connect?: number | string | false
  /** From the request sent to the head of the answer. @default '60s' */
  readonly firstByte?: number | string | false
  /** Between two pieces of the answer. @default '60s' */
  readonly betweenBytes?: number | string | false
  /** For the whole exchange. @default false */
  readonly total?: number | string | false
}

export interface UploadRateOptions {
  /** Bytes a second that an upload must keep, on average since it began. @default 500 */
  readonly bytesPerSecond?: number
  /** Time before the rate counts. @default '20s' */
  readonly grace?: number | string
}

export interface UpgradeOptions {
  /** Closes an upgraded connection when nothing moved either way. @default '1h' */
  readonly idleTimeout?: number | string | false
  /** Closes an upgraded connection at this age. @default false */
  readonly maxLifetime?: number | string | false
}

/** Chooses an upstream for one request: its URL. A promise is fine. Throwing answers 502. */
export type UpstreamChooser = (request: FastifyRequest) => string | Promise<string>

/** How one route is proxied: `config.proxy` of a route, the options of `reply.proxy()`, and part of the plugin's own. */
export interface ProxyRouteOptions {
  /** Origin URL, a list of them (a pool with the defaults), or a function. `http+unix:/path/to.sock` is a Unix socket. */
  readonly upstream?: string | readonly string[] | UpstreamChooser
  /** Name of a pool in `app.proxy.pools`, or a pool of this route's own, instead of `upstream`. */
  readonly pool?: string | PoolOptions
  /** Several pools, by weight, field or cookie, instead of `upstream`. */
  readonly split?: SplitOptions
  /** Copies requests to another pool; nobody waits for what comes back. @default false */
  readonly mirror?: MirrorOptions | false
  /** How answers are cached, where sallyport/cache is registered; `false`: not at all. @default as that plugin says */
  readonly cache?: boolean | CacheRouteOptions
  /** What is tried again at another upstream; stands in for what the pool says. @default the pool's */
  readonly retry?: RetryOptions | false
  /** Weights of `upstream`, in its order. @default all 1 */
  readonly weights?: readonly number[]
  /** Stands in for the route's prefix in the path that is sent. @default the prefix stays */
  readonly rewritePrefix?: string
  /** Host field for the upstream: the client's, the upstream's own, or a fixed one. @default 'preserve' */
  readonly host?: 'preserve' | 'upstream' | { readonly set: string }
  /** `X-Forwarded-For`, `-Host`, `-Proto`, `-Port` and `Forwarded` (RFC 7239). @default { x: true, standard: true } */
  readonly forwarded?: false | { readonly x?: boolean; readonly standard?: boolean }
  /** Add Via (RFC 9110 7.6.3) and refuse our own with 508. @default true */
  readonly via?: boolean
  readonly requestFields?: FieldRules
  readonly responseFields?: FieldRules
  /** Field names with an underscore: many origins read `_` as `-`. @default 'drop' */
  readonly underscores?: 'drop' | 'refuse' | 'pass'
  /** Turn Location, Content-Location and Refresh that point at the upstream into ours. @default true */
  readonly rewriteLocation?: boolean
  readonly rewriteCookies?: CookieRewrite
  readonly paths?: PathRules
  readonly timeouts?: TimeoutOptions
  /** Minimum upload rate; slower answers 408. @default { bytesPerSecond: 500, grace: '20s' } */
  readonly minUploadRate?: UploadRateOptions | false
  /** Bytes of a request body; more answers 413. @default no limit */
  readonly bodyLimit?: number | string | false
  /** Interim answers (1xx) passed on for one request; more from the upstream answers 502. @default 16 */
  readonly maxInterim?: number
  /** WebSocket and every other Upgrade. @default on */
  readonly upgrade?: boolean | UpgradeOptions
  /** TRACE reflects what it is sent, cookies too (RFC 9110 9.3.8). @default false: 405 */
  readonly trace?: boolean
  /** Speak HTTP/2 to the upstream. @default false */
  readonly http2?: boolean
  readonly tls?: UpstreamTls
}

/** Options of `reply.proxy()`: a route's, and the target. */
export interface ReplyProxyOptions extends ProxyRouteOptions {
  /** Path and query to send instead of the request's own; never built from decoded text. */
  readonly path?: string
}

/** Options of the plugin; the names of @fastify/http-proxy where they mean the same. */
export interface ReverseProxyOptions extends ProxyRouteOptions {
  /** Where the proxy is mounted. @default '/' */
  readonly prefix?: string
  /** Methods that are proxied. @default every method that Node can parse, save CONNECT and TRACE */
  readonly httpMethods?: readonly string[]
  /** Fastify route constraints, such as `{ host: 'a.test' }`. */
  readonly constraints?: Record<string, unknown>
  /** Runs before the request is sent on, one or a list, as in a route of Fastify. */
  readonly preHandler?: RouteOptions['preHandler']
  /** The route's own `config`, beside `proxy`. */
  readonly config?: Readonly<Record<string, unknown>>
}
