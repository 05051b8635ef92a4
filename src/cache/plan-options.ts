import type { Exchange } from '../contract/exchange.ts'
import { requestField } from '../contract/exchange.ts'
import { between, duration, flag, knownKeys, OptionError, oneOf, section, size, time } from '../contract/options.ts'
import { isToken } from '../http/chars.ts'
import { cookieValues } from './key-cookies.ts'
import { compileKey, type KeyOptions } from './key-options.ts'
import type { CachePlan } from './plan.ts'

/** How long a response that says nothing of it is guessed to be fresh, RFC 9111 4.2.2. */
export interface HeuristicOptions {
  /** Of the time since Last-Modified. @default 0.1 */
  readonly share?: number
  /** At most. @default '1d' */
  readonly max?: number | string
}

/** Requests that go past the cache: nothing is looked up, nothing is stored. One of these is enough. */
export interface BypassOptions {
  /** Request fields that are there, such as `X-Preview`. */
  readonly fields?: readonly string[]
  /** Cookies that are there, such as `session`. */
  readonly cookies?: readonly string[]
  /** Says so of one request. */
  readonly when?: (exchange: Exchange) => boolean
}

/** How responses of a route are cached. Of the plugin for all routes, of a route for its own. */
export interface CacheRouteOptions {
  /** Stands in for the freshness that a response says of itself. What it forbids (`no-store`, `private`) it still forbids. @default as it says */
  readonly ttl?: number | string
  /** For a response that says nothing and has no Last-Modified. @default not stored */
  readonly defaultTtl?: number | string
  /** For 404, 405, 410, 414 and 501 that say nothing. @default as other responses */
  readonly negativeTtl?: number | string | false
  /** @default { share: 0.1, max: '1d' } */
  readonly heuristic?: HeuristicOptions | false
  /** How long past its time a response is used while it is validated, where it does not say so itself (RFC 5861). @default false */
  readonly staleWhileRevalidate?: number | string | false
  /** The same when the upstream answers 500, 502, 503 or 504. @default false */
  readonly staleIfError?: number | string | false
  /** The same when the upstream cannot be reached. @default '1h' */
  readonly grace?: number | string | false
  /** How long past all of these a response is kept to be validated. @default '1h' */
  readonly keep?: number | string | false
  /** What tells responses apart, beside the URL and Vary. */
  readonly key?: KeyOptions
  /** Store responses that set cookies. A shared cookie is a shared session: leave it off. @default false */
  readonly storeSetCookie?: boolean
  /** Targeted fields (RFC 9213), the preferred first. @default ['sallyport-cache-control', 'cdn-cache-control'] */
  readonly targets?: readonly string[]
  /** Our device token: Surrogate-Capability is sent, Surrogate-Control obeyed. @default false */
  readonly surrogate?: string | false
  /** A longer response passes through and is not stored. @default '64MiB' */
  readonly maxEntryBytes?: number | string
  /** How long a request waits for another that asks for the same. @default '30s' */
  readonly collapse?: number | string | false
  /** Cache-Status (RFC 9211) on answers. @default true */
  readonly statusField?: boolean
  /** Cache-Control of requests: `'ignore'` keeps clients from going past the cache. @default 'obey' */
  readonly requestDirectives?: 'obey' | 'ignore'
  readonly bypass?: BypassOptions
}

export const cacheRouteKeys = [
  'ttl',
  'defaultTtl',
  'negativeTtl',
  'heuristic',
  'staleWhileRevalidate',
  'staleIfError',
  'grace',
  'keep',
  'key',
  'storeSetCookie',
  'targets',
  'surrogate',
  'maxEntryBytes',
  'collapse',
  'statusField',
  'requestDirectives',
  'bypass',
] as const

/**
 * Reads the options once.
 * @param at path of the options, for errors: `''` or `'cache'`
 * @throws OptionError for anything that cannot work
 */
export function compilePlan(at: string, given: CacheRouteOptions): CachePlan {
  knownKeys(at, given, cacheRouteKeys)
  const name = (key: string): string => (at === '' ? key : `${at}.${key}`)
  const heuristic =
    given.heuristic === false ? undefined : section(name('heuristic'), given.heuristic, ['share', 'max'])
  return Object.freeze({
    key: compileKey(name('key'), given.key),
    freshness: {
      ttl: optional(name('ttl'), given.ttl),
      defaultTtl: optional(name('defaultTtl'), given.defaultTtl),
      negativeTtl: optional(name('negativeTtl'), given.negativeTtl),
      heuristicShare: heuristic === undefined ? 0 : between(name('heuristic.share'), heuristic.share, 0.1, 0, 1),
      heuristicMax: heuristic === undefined ? 0 : time(name('heuristic.max'), heuristic.max, 86_400_000),
    },
    storeSetCookie: flag(name('storeSetCookie'), given.storeSetCookie, false),
    targets: readTargets(name('targets'), given.targets),
    surrogate: readSurrogate(name('surrogate'), given.surrogate),
    staleWhileRevalidate: duration(name('staleWhileRevalidate'), given.staleWhileRevalidate, 0),
    staleIfError: duration(name('staleIfError'), given.staleIfError, 0),
    grace: duration(name('grace'), given.grace, 3_600_000),
    keep: duration(name('keep'), given.keep, 3_600_000),
    maxEntryBytes: size(name('maxEntryBytes'), given.maxEntryBytes, 64 * 1024 * 1024),
    collapse: duration(name('collapse'), given.collapse, 30_000),
    status: flag(name('statusField'), given.statusField, true),
    obeysRequests: oneOf(name('requestDirectives'), given.requestDirectives, 'obey', ['obey', 'ignore']) === 'obey',
    bypass: readBypass(name('bypass'), given.bypass),
  })
}

function optional(option: string, given: number | string | false | undefined): number | undefined {
  return given === undefined ? undefined : duration(option, given, 0)
}

function readTargets(option: string, given: readonly string[] | undefined): readonly string[] {
  if (given === undefined) return ['sallyport-cache-control', 'cdn-cache-control']
  if (!Array.isArray(given) || !given.every((one) => typeof one === 'string' && isToken(one))) {
    throw new OptionError(option, given, "give a list of field names such as ['cdn-cache-control']")
  }
  return given.map((one: string) => one.toLowerCase())
}

function readSurrogate(option: string, given: string | false | undefined): string | undefined {
  if (given === undefined || given === false) return undefined
  if (typeof given === 'string' && isToken(given)) return given
  throw new OptionError(option, given, "give a device token such as 'edge', or false")
}

function readBypass(option: string, given: BypassOptions | undefined): CachePlan['bypass'] {
  if (given === undefined) return undefined
  const { fields = [], cookies = [], when } = section(option, given, ['fields', 'cookies', 'when'])
  for (const [key, list] of [
    ['fields', fields],
    ['cookies', cookies],
  ] as const) {
    if (Array.isArray(list) && list.every((one) => typeof one === 'string' && isToken(one))) continue
    throw new OptionError(`${option}.${key}`, list, 'give a list of names')
  }
  if (when !== undefined && typeof when !== 'function') {
    throw new OptionError(`${option}.when`, when, 'give a function that says true or false of an exchange')
  }
  const names = fields.map((name) => name.toLowerCase())
  return (exchange) =>
    names.some((name) => requestField(exchange, name) !== undefined) ||
    cookies.some((name) => cookieValues(exchange.rawFields, name).length > 0) ||
    when?.(exchange) === true
}
