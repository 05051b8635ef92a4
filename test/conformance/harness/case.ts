import type { Context } from './context.ts'

/** One promise about a proxy, tried over real sockets. */
export interface Case {
  /** Unique, kebab-case. */
  readonly id: string
  /** What a right proxy does: a sentence. */
  readonly title: string
  /**
   * Where the promise comes from: `A10` and the like are lines of the acceptance list (A HTTP/1, B HTTP/2, F upstream
   * faults, G client faults), `complaint 5` an entry of the list of users' complaints; then RFC sections, advisories, issues.
   */
  readonly source: string
  /** Milliseconds until an undecided case has failed. @default 5000 */
  readonly limit?: number
  /** Throws when the promise is not kept; NotApplicable when the proxy has nothing that the promise is about. */
  run(ctx: Context): Promise<void>
}

/** What a case asks of the proxy before it starts. Plain data: it travels to a child process. */
export interface Setup {
  /** What clients speak. `http2` is cleartext with prior knowledge; `tls` is HTTP/2 and HTTP/1 by ALPN. @default 'http1' */
  readonly inbound?: 'http1' | 'http2' | 'tls'
  /** Where the proxy is mounted, and the path that stands in for the prefix upstream. @default [{ prefix: '/' }] */
  readonly mounts?: readonly { readonly prefix: string; readonly to?: string }[]
  /** Upstream timeouts in milliseconds. */
  readonly timeouts?: { readonly connect?: number; readonly firstByte?: number; readonly betweenBytes?: number }
  /** How long a client may take: for the head, and without progress for the body. Milliseconds. */
  readonly clientTimeouts?: { readonly head?: number; readonly body?: number }
  /** 127.0.0.1 is a proxy whose word on the client is believed. */
  readonly trustLoopback?: boolean
  readonly pseudonym?: string
  /** Table of host rules: an exact host name, and the origin for it. Other hosts are not served. */
  readonly hostRules?: Readonly<Record<string, string>>
  /** The origin is chosen for each request by the user's own function, from the Host field. */
  readonly chosenByHost?: Readonly<Record<string, string>>
  readonly upstreamHttp2?: boolean
  /** Fields that the user has the proxy set. */
  readonly requestFields?: Readonly<Record<string, string>>
  readonly responseFields?: Readonly<Record<string, string>>
  /** Milliseconds without a byte after which an upgraded connection is closed. */
  readonly upgradeIdle?: number
  /** The host application has @fastify/websocket too, with an echo at `/local`. */
  readonly besideWebsocketPlugin?: boolean
  /** The host application has parsed the JSON body before the proxy is asked. */
  readonly afterBodyParser?: boolean
  /** Listen on this port rather than on a free one. */
  readonly port?: number
}

export interface RunningProxy {
  readonly port: number
  /** Stops it as gracefully as it can. Resolves when it has stopped. */
  close(): Promise<void>
  /** Resident bytes of the proxy's process. */
  memory(): Promise<number>
}

export interface ProxyUnderTest {
  readonly name: string
  /** `upstreams` are origin URLs; more than one only where the case is about several. */
  start(upstreams: readonly string[], setup: Setup): Promise<RunningProxy>
}

/** The proxy has nothing that the promise is about. Neither kept nor broken. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable'
}
