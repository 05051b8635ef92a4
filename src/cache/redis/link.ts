import type { Redis, RedisOptions } from 'ioredis'
import { parseRedisUrl, type RedisTls, secretsOf } from './redis-url.ts'

/** The connections of one process. Each is made again by itself. */
export interface Link {
  /** Look-ups and changes of one head: small, never behind content. */
  readonly heads: Redis
  /** Content, commits and purges. */
  readonly content: Redis
  /** Waits for purges. */
  readonly bus: Redis
  /** Why something failed, without passwords. */
  reasonOf(error: unknown): string
  /** Why there is no connection. */
  reason(): string
  /** Drops what waits on heads and content, and connects anew. */
  reset(): void
  close(): void
}

export interface LinkOptions {
  readonly url: string
  readonly tls: RedisTls | undefined
  /** A connection was lost. */
  readonly lost: (reason: string) => void
  /** The connection of look-ups stands. */
  readonly ready: () => void
}

/** Milliseconds for connecting, and for a command that nobody waits for in time. */
export const patience = 1000

/** Loads ioredis and begins to connect. Does not wait for a connection. */
export async function openLink({ url, tls, lost, ready }: LinkOptions): Promise<Link> {
  const place = parseRedisUrl(url, tls)
  const secrets = secretsOf(url)
  const { Redis: Client } = await import('ioredis')
  const clients: Redis[] = []
  let last = ''
  let closed = false

  function reasonOf(error: unknown): string {
    let reason = error instanceof Error ? error.message : String(error)
    // An AggregateError of several addresses has no message of its own.
    if (reason === '') reason = (error as { readonly code?: string }).code ?? 'failed'
    // Old servers repeat the arguments of a command that they do not know, AUTH among them.
    for (const secret of secrets) reason = reason.replaceAll(secret, '(hidden)')
    return reason.slice(0, 200)
  }

  function open(): Redis {
    const client = new Client({ ...place, ...neverWaits, replyMapping: 'legacy' })
    client.on('error', (error) => {
      last = reasonOf(error)
    })
    clients.push(client)
    return client
  }

  const heads = open()
  const content = open()
  const bus = open()
  for (const client of [heads, content]) {
    client.on('close', () => {
      if (!closed) lost(last === '' ? 'the connection was closed' : last)
    })
    client.on('ready', () => {
      last = ''
      if (heads.status === 'ready' && content.status === 'ready') ready()
    })
  }

  return {
    heads,
    content,
    bus,
    reasonOf,
    reason: () => (last === '' ? 'no connection' : last),
    reset() {
      if (heads.status === 'ready') heads.disconnect(true)
      if (content.status === 'ready') content.disconnect(true)
    },
    close() {
      closed = true
      for (const client of clients) client.disconnect()
    },
  }
}

const neverWaits: RedisOptions = {
  protocol: 2,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  connectTimeout: patience,
  commandTimeout: patience,
  // A peer that hangs does not answer a FIN: the socket is destroyed.
  disconnectTimeout: 1,
  disableClientInfo: true,
  connectionName: 'sallyport',
  retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), patience),
}
