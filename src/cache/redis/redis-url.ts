import type { RedisOptions } from 'ioredis'
import { OptionError } from '../../contract/options.ts'
import type { UpstreamTls } from '../../contract/pool.ts'

/** How `rediss://` is verified, and who we are. */
export type RedisTls = Pick<UpstreamTls, 'ca' | 'cert' | 'key' | 'passphrase' | 'servername' | 'minVersion'>

/**
 * Where Redis is, from `redis://user:password@host:port/db`, `rediss://...` (TLS, always verified) or
 * `unix:///path/of.sock?db=0`. Nothing else of the URL is read: a query cannot switch off what keeps us from waiting.
 * @throws OptionError without the password
 */
export function parseRedisUrl(url: string, tls: RedisTls = {}): RedisOptions {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const kind = parsed?.protocol
  if (parsed === undefined || (kind !== 'redis:' && kind !== 'rediss:' && kind !== 'unix:')) throw bad(url)
  const secrets = { ...text('username', parsed.username), ...text('password', parsed.password) }
  if (kind === 'unix:') {
    return { path: decoded(parsed.pathname), db: database(url, parsed.searchParams.get('db')), ...secrets }
  }
  const host = parsed.hostname.replace(/^\[|\]$/g, '')
  if (host === '') throw bad(url)
  const place = {
    host,
    port: Number(parsed.port === '' ? 6379 : parsed.port),
    db: database(url, parsed.pathname.slice(1)),
  }
  if (kind === 'redis:') return { ...place, ...secrets }
  return { ...place, ...secrets, tls: { servername: host, ...tls, ca: chain(tls), rejectUnauthorized: true } }
}

/** What must not appear in a log: the password as it is and as the URL has it. */
export function secretsOf(url: string): readonly string[] {
  if (!URL.canParse(url)) return []
  const { password } = new URL(url)
  return password === '' ? [] : [password, decoded(password)]
}

function database(url: string, given: string | null): number {
  if (given === null || given === '') return 0
  if (!/^\d{1,5}$/.test(given)) throw bad(url)
  return Number(given)
}

function text<K extends string>(key: K, given: string): { readonly [key in K]?: string } {
  return given === '' ? {} : ({ [key]: decoded(given) } as { readonly [key in K]?: string })
}

/** A `%` that begins nothing stands for itself. */
function decoded(given: string): string {
  try {
    return decodeURIComponent(given)
  } catch {
    return given
  }
}

/** Node wants a list that may be written to. */
function chain({ ca }: RedisTls): (string | Buffer)[] | undefined {
  if (ca === undefined) return undefined
  return typeof ca === 'string' || Buffer.isBuffer(ca) ? [ca] : [...ca]
}

function bad(url: string): OptionError {
  return new OptionError('url', url, "give 'redis://host:6379', 'rediss://host:6379' or 'unix:///path/of.sock'")
}
