import type { PrivacySettings } from './privacy-options.ts'

/** What becomes of a request field by the level and the policies. Small integers, for a switch. */
export const keep = 0
export const drop = 1
export const setUserAgent = 2
export const shortenReferer = 3

/** What tells of the client, or of the way that the request has come. */
const telling: readonly string[] = [
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-server',
  'x-forwarded-by',
  'x-forwarded-user',
  'x-forwarded',
  'forwarded',
  'forwarded-for',
  'x-real-ip',
  'x-client-ip',
  'client-ip',
  'x-cluster-client-ip',
  'x-original-forwarded-for',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'x-proxyuser-ip',
  'x-bluecoat-via',
  'x-tinyproxy',
  'from',
]

/** What a request cannot do without: Squid's list. Names that begin with `content-` or `accept` are on it too. */
const needed: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'connection',
  'date',
  'host',
  'if-modified-since',
  'pragma',
])

/** The handshake of a WebSocket (RFC 6455 4.1) is nothing without these. */
const neededToUpgrade: ReadonlySet<string> = new Set([
  'upgrade',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
])

/** What becomes of a field, by its name in lower case. */
export type FieldVerdict = (lower: string, upgrade: boolean) => number

/** Decides at boot what becomes of each name. */
export function fieldVerdicts(settings: PrivacySettings): FieldVerdict {
  const { level, userAgent, referer, cookies, dnt } = settings
  const known = new Map<string, number>()
  if (level !== 'transparent') for (const name of telling) known.set(name, drop)
  if (level === 'elite' || level === 'paranoid') known.set('via', drop)
  known.set('user-agent', userAgent === 'keep' ? keep : userAgent === 'drop' ? drop : setUserAgent)
  known.set('referer', referer === 'keep' ? keep : referer === 'drop' ? drop : shortenReferer)
  for (const name of ['cookie', 'cookie2']) known.set(name, cookies === 'drop' ? drop : keep)
  // What is set is added at the end, once.
  for (const name of ['dnt', 'sec-gpc']) known.set(name, dnt === 'keep' ? keep : drop)
  // Client hints would tell of another browser than User-Agent does.
  const hints = userAgent !== 'keep'

  return function verdict(lower, upgrade) {
    const found = known.get(lower)
    if (found !== undefined) return found
    // Many origins read `_` as `-`.
    if (lower.includes('_') && known.get(lower.replaceAll('_', '-')) === drop) return drop
    // What is said to a proxy is not for the origin.
    if (lower.startsWith('proxy-')) return drop
    if (hints && lower.startsWith('sec-ch-ua')) return drop
    if (level !== 'paranoid' || needed.has(lower)) return keep
    if (lower.startsWith('content-') || lower.startsWith('accept')) return keep
    return upgrade && neededToUpgrade.has(lower) ? keep : drop
  }
}
