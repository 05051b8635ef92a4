import type { ErrorCode } from './errors.ts'
import type { Upstream } from './pool.ts'
import type { Client, Target } from './target.ts'

/** One thing passing through. */
export type ExchangeKind = 'http' | 'upgrade' | 'connect' | 'tcp' | 'udp'

/**
 * What became of an exchange. One vocabulary: log keys, metric labels and template facts read from here (see facts.ts).
 * Durations are milliseconds with fractions; -1 means that it did not happen.
 */
export class Facts {
  /** Status sent downstream; 499 when the client left first; 0 while unknown, and for good when a refusal said nothing. */
  status = 0
  /** Body bytes from the client; for an upgrade, bytes after the 101. */
  bytesReceived = 0
  /** Body bytes to the client; for an upgrade, bytes after the 101. */
  bytesSent = 0
  duration = -1
  connect = -1
  firstByte = -1
  /** The upstream's name, such as `127.0.0.1:3000`. */
  upstream: string | undefined = undefined
  upstreamProtocol: string | undefined = undefined
  pool: string | undefined = undefined
  /** Connections or streams tried for this exchange. */
  attempts = 0
  /** Milliseconds that it waited for a place at an upstream. */
  queued = -1
  /** True when the last attempt went out on a connection that had served before. */
  reused = false
  /** What the cache did, by the words of RFC 9211: `hit`, or why it asked (`uri-miss`, `stale`, `bypass`, ...). */
  cache: string | undefined = undefined
  /** More of it: why an answer was not stored, why a stale one was given. */
  cacheDetail: string | undefined = undefined
  /** Code of the refusal, when a guard or a check said no. */
  refusal: string | undefined = undefined
  /** Code of the failure, when there was one. */
  error: ErrorCode | undefined = undefined
  /** For the log alone, never for the client. */
  cause: unknown = undefined
}

/** One exchange, from the first byte of its head to the last of its answer. */
export class Exchange {
  readonly kind: ExchangeKind
  readonly id: string
  readonly target: Target
  readonly client: Client
  /** Downstream protocol: `HTTP/1.0`, `HTTP/1.1`, `HTTP/2.0`. */
  readonly protocol: string
  /** Request fields as received: name, value, name, value. Do not change. */
  readonly rawFields: readonly string[]
  /** Clock reading when the head was complete. */
  readonly startedAt: number
  readonly facts: Facts = new Facts()
  /** Where the last attempt went. */
  upstream: Upstream | undefined = undefined
  /** True once nobody waits for its answer: the client has left, or has been told of a failure. */
  gone = false
  /** Fields (name, value, ...) for this client's answer alone; never stored, never another client's. */
  replyFields: string[] | undefined = undefined
  #leaving: Set<() => void> | undefined

  constructor(
    kind: ExchangeKind,
    id: string,
    target: Target,
    client: Client,
    protocol: string,
    rawFields: readonly string[],
    startedAt: number,
  ) {
    this.kind = kind
    this.id = id
    this.target = target
    this.client = client
    this.protocol = protocol
    this.rawFields = rawFields
    this.startedAt = startedAt
  }

  /** Calls `fn` when nobody waits any more, in the same turn. */
  onGone(fn: () => void): void {
    this.#leaving ??= new Set()
    this.#leaving.add(fn)
  }

  offGone(fn: () => void): void {
    this.#leaving?.delete(fn)
  }

  /** Nobody waits any more: whoever works for it stops. */
  leave(): void {
    if (this.gone) return
    this.gone = true
    if (this.#leaving === undefined) return
    for (const fn of this.#leaving) fn()
    this.#leaving = undefined
  }
}

/** First value of a request field, or undefined. `name` in lower case. */
export function requestField(exchange: Exchange, name: string): string | undefined {
  const raw = exchange.rawFields
  for (let i = 0; i < raw.length; i += 2) {
    const key = raw[i] as string
    if (key.length === name.length && key.toLowerCase() === name) return raw[i + 1]
  }
  return undefined
}
