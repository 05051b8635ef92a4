import { Pool } from 'undici'
import { OptionError } from '../contract/options.ts'

export interface WarmClientOptions {
  /** Where all requests go, whatever their URL names. */
  readonly to: string
  readonly concurrency: number
  /** Host of every request, in place of that of its URL. */
  readonly host: string | undefined
  /** Lower-case name, value, ... */
  readonly fields: Readonly<Record<string, string>>
  /** Milliseconds for the head of an answer, and between two pieces of its content. */
  readonly timeout: number
  /** Ends all of it. */
  readonly signal: AbortSignal
}

export interface WarmAnswer {
  readonly status: number
  readonly cacheStatus: string
  readonly content: AsyncIterable<Buffer>
}

export interface WarmClient {
  get(url: URL): Promise<WarmAnswer>
  close(): Promise<void>
}

/** @throws OptionError that names --to */
export function createWarmClient(options: WarmClientOptions): WarmClient {
  const { concurrency, host, fields, timeout, signal } = options
  const pool = new Pool(readTo(options.to), {
    connections: concurrency,
    headersTimeout: timeout,
    bodyTimeout: timeout,
    connectTimeout: Math.min(timeout, 10_000),
  })
  return {
    async get(url) {
      const answer = await pool.request({
        method: 'GET',
        path: url.pathname + url.search,
        // As whoever ends TLS in front of the proxy says it: believed from a trusted proxy alone.
        headers: { host: host ?? url.host, 'x-forwarded-proto': url.protocol.slice(0, -1), ...fields },
        signal,
      })
      const status = answer.headers['cache-status'] ?? ''
      return {
        status: answer.statusCode,
        cacheStatus: Array.isArray(status) ? status.join(', ') : status,
        content: answer.body,
      }
    },
    close: () => pool.destroy(),
  }
}

/** The origin that requests go to. */
export function readTo(to: string): URL {
  const url = URL.parse(to)
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/` && url.port !== '0'
  if (isOrigin) return url
  throw new OptionError('--to', to, 'give the proxy, without a path, such as http://127.0.0.1:8080')
}

/** Why a request failed, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return reasons[code ?? ''] ?? message
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: nobody listens at --to',
  ECONNRESET: 'the connection broke',
  ENOTFOUND: 'the host of --to is not known',
  UND_ERR_SOCKET: 'the connection broke',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stalled',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
}
