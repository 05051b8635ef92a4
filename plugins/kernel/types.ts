import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Dispatcher } from 'undici'
import type { LivePool } from '../../src/balance/pool.ts'
import type { PoolOptions } from '../../src/balance/pool-options.ts'
import type { Clock } from '../../src/contract/clock.ts'
import type { Exchange } from '../../src/contract/exchange.ts'
import type { Guard, GuardSlot, Refusal } from '../../src/contract/guard.ts'
import type { Dispatch, Layer, LayerSlot } from '../../src/contract/layer.ts'
import type { PathRules } from '../../src/http/path-policy.ts'

export interface KernelOptions {
  /**
   * Peers whose word on the client is believed: addresses or CIDR blocks. Never a hop count. They alone may bring an https
   * target over a connection without TLS; from anybody else it is 421. @default none
   */
  readonly trustedProxies?: readonly string[]
  /** Our name in Via and Proxy-Status. Make it unique for loop detection. @default 'sallyport-' and six random letters */
  readonly pseudonym?: string
  /** Limits for the head of a request, the same for HTTP/1 and HTTP/2. */
  readonly limits?: LimitOptions
  /** Field that carries the request id, in from a trusted peer and on to the upstream. @default 'x-request-id' */
  readonly requestIdField?: string | false
  /** HTTP/2 sessions of clients. */
  readonly http2?: Http2Options
  /** How long `close()` waits for exchanges in flight, WebSockets included. @default '10s' */
  readonly drainTimeout?: number | string
  /** Time, for tests. @default the machine's */
  readonly clock?: Clock
}

export interface LimitOptions {
  /** Bytes of all fields together: 431. Node's own `maxHeaderSize` must allow it. @default 16 KiB */
  readonly headerBytes?: number | string
  /** Number of field lines: 431. @default 100 */
  readonly headerFields?: number
  /** Bytes of the request target: 414. @default 8 KiB */
  readonly uriBytes?: number | string
}

export interface Http2Options {
  /** @default 100 */
  readonly maxConcurrentStreams?: number
  /** Streams that a client may reset early within `resetWindow` before its session is ended. @default 100 */
  readonly resetBudget?: number
  /** @default '60s' */
  readonly resetWindow?: number | string
}

/** `app.proxy`: where the plugins meet. Each scope has its own; it begins with what its parent has. */
export interface ProxyScope {
  readonly clock: Clock
  readonly pseudonym: string
  /** Adds a guard for the routes of this scope. */
  guard(slot: GuardSlot, guard: Guard): void
  /** Adds a layer for the routes of this scope. Within a slot the first added is outermost. */
  layer(slot: LayerSlot, layer: Layer): void
  /** Called once for each exchange of this scope, when all of it is over. */
  onSettle(listener: (exchange: Exchange) => void): void
  /** Asks the guards in order; the first refusal ends it. */
  admit(exchange: Exchange): Refusal | undefined | Promise<Refusal | undefined>
  /** Ends an exchange: stamps the duration, tells the listeners. Once; later calls do nothing. */
  settle(exchange: Exchange): void
  readonly pools: PoolRegistry
  /**
   * Makes a pool over this server's connections; `pools.add` gives it to the routes, and begins its checks and its
   * discovery when the server is ready.
   * @param option path of the options, for errors. By default `'pool'`
   * @throws OptionError for anything that cannot work
   */
  createPool(name: string, options: PoolOptions, option?: string): LivePool
  /** The composed layers of this scope. */
  readonly dispatch: Dispatch
  /** The same as an undici dispatcher, for `reply.from()`, `fetch` and undici's own calls. */
  readonly dispatcher: Dispatcher
  /** Says which keys of `config.proxy` a plugin reads. A key that nobody reads is an error at boot. */
  routeKeys(keys: readonly string[]): void
  /** Route handler for `config: { proxy: {...} }`. The reverse-proxy plugin sets it. */
  handler: (request: FastifyRequest, reply: FastifyReply) => unknown
}

/** `config` of a route: `proxy` makes it a proxied one. Plugins add their keys to `proxy`. */
export interface ProxyRouteConfig {
  readonly proxy?: {
    readonly paths?: PathRules
    readonly underscores?: 'drop' | 'refuse' | 'pass'
    readonly trace?: boolean
    readonly via?: boolean
    readonly upgrade?: boolean | object
  }
}

/** Pools by name. A child scope sees its parent's and adds its own. */
export interface PoolRegistry {
  get(name: string): LivePool | undefined
  /** Throws when the name is taken in this scope. Its checks begin when the server is ready, and end with it. */
  add(pool: LivePool): void
  names(): string[]
}

declare module 'fastify' {
  interface FastifyInstance {
    proxy: ProxyScope
  }
  interface FastifyRequest {
    /** The exchange of this request, on a proxied route. */
    readonly exchange: Exchange
  }
}
