import { isatty } from 'node:tty'
import { readHealth } from '../balance/health/options.ts'
import type { PolicyName } from '../balance/policy/policies.ts'
import { duration, OptionError } from '../contract/options.ts'
import type { Upstream } from '../contract/pool.ts'
import type { FieldRules } from '../http/field-rules.ts'
import { placeOf, readOriginUrl } from '../http/origin-url.ts'
import { compileCidrs } from '../net/cidr.ts'
import { createUpstream } from '../upstream/origin.ts'
import { type CacheChoice, type CacheFlags, readCacheFlags } from './cache-settings.ts'
import { parseHeaderRules } from './header-rules.ts'
import { type ListenAddress, parseListenAddress } from './listen-address.ts'

/** As commander reads them. */
export interface ReverseFlags extends CacheFlags {
  readonly to?: readonly string[]
  readonly weight?: readonly string[]
  readonly policy?: PolicyName
  readonly health?: string
  readonly listen: string
  readonly hostHeader: 'preserve' | 'upstream'
  readonly headerUp?: readonly string[]
  readonly headerDown?: readonly string[]
  readonly trustedProxy?: readonly string[]
  readonly http2Upstream?: boolean
  readonly insecureUpstream?: boolean
  readonly accessLog?: 'json' | 'combined' | 'off'
  readonly drainTimeout: string
}

/** Flags that have been checked. */
export interface ReverseSettings {
  readonly urls: readonly string[]
  readonly upstreams: readonly Upstream[]
  /** One for each of `urls`. */
  readonly weights: readonly number[]
  /** Undefined: the default of pools. */
  readonly policy: PolicyName | undefined
  /** Path of the health checks; undefined: none. */
  readonly health: string | undefined
  /** Undefined: no cache. */
  readonly cache: CacheChoice | undefined
  readonly listen: ListenAddress
  readonly host: 'preserve' | 'upstream' | { readonly set: string }
  readonly requestFields: FieldRules
  readonly responseFields: FieldRules
  readonly trustedProxies: readonly string[]
  readonly http2: boolean
  readonly insecure: boolean
  readonly accessLog: 'json' | 'combined' | false
  /** Milliseconds. */
  readonly drainTimeout: number
}

/** @throws OptionError that names the flag */
export function readReverseFlags(flags: ReverseFlags): ReverseSettings {
  const urls = flags.to ?? []
  if (urls.length === 0) {
    throw new OptionError('--to', undefined, 'say where requests go, such as --to http://127.0.0.1:3000')
  }
  const http2 = flags.http2Upstream ?? false
  const up = parseHeaderRules('--header-up', flags.headerUp ?? [])
  const down = parseHeaderRules('--header-down', flags.headerDown ?? [])
  if (down.host !== undefined) {
    throw new OptionError('--header-down', `Host: ${down.host}`, 'Host is a field of requests; use --header-up')
  }
  const trustedProxies = flags.trustedProxy ?? []
  compileCidrs('--trusted-proxy', trustedProxies)
  const format = flags.accessLog ?? (isatty(1) ? 'combined' : 'json')
  return {
    urls,
    upstreams: readUrls(urls, http2),
    weights: readWeights(flags.weight, urls.length),
    policy: flags.policy,
    health: readHealthPath(flags.health),
    cache: readCacheFlags(flags, process.env),
    listen: parseListenAddress('--listen', flags.listen),
    host: readHost(flags, up.host),
    requestFields: up.rules,
    responseFields: down.rules,
    trustedProxies,
    http2,
    insecure: flags.insecureUpstream ?? false,
    accessLog: format === 'off' ? false : format,
    drainTimeout: readTime(flags.drainTimeout),
  }
}

function readHost(flags: ReverseFlags, set: string | undefined): ReverseSettings['host'] {
  if (set === undefined) return flags.hostHeader
  if (flags.hostHeader === 'preserve') return { set }
  throw new OptionError('--header-up', `Host: ${set}`, '--host-header says what Host is; leave one of them out')
}

function readUrls(urls: readonly string[], http2: boolean): readonly Upstream[] {
  const places = new Set<string>()
  return urls.map((url) => {
    const upstream = readUrl(url, http2)
    const place = placeOf(readOriginUrl('--to', url))
    if (places.has(place))
      throw new OptionError('--to', url, 'it is given twice; --weight gives one more than the others')
    places.add(place)
    return upstream
  })
}

function readWeights(given: readonly string[] | undefined, count: number): readonly number[] {
  if (given === undefined) return Array.from({ length: count }, () => 1)
  const weights = given.map((text) => {
    const weight = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : 0
    if (weight > 0 && Number.isFinite(weight)) return weight
    throw new OptionError('--weight', text, 'give a number above 0, such as 2')
  })
  if (weights.length === count) return weights
  const right = `give one for each --to, in their order: there are ${weights.length} weights and ${count} servers`
  throw new OptionError('--weight', given.join(', '), right)
}

function readHealthPath(path: string | undefined): string | undefined {
  try {
    readHealth('--health', path)
    return path
  } catch {
    throw new OptionError('--health', path, 'give a path such as /healthz, percent-encoded where it is not ASCII')
  }
}

function readUrl(url: string, http2: boolean): Upstream {
  const port = /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])?:?\d+$/i.test(url)
  if (port) {
    const [, host, number] = /^(.*?):?(\d+)$/.exec(url) as unknown as [string, string, string]
    const guess = `http://${host === '' ? '127.0.0.1' : host}:${number}`
    throw new OptionError('--to', url, `the scheme is missing. Did you mean ${guess}?`)
  }
  return createUpstream('--to', url, { http2 })
}

function readTime(text: string): number {
  return duration('--drain-timeout', /^\d+$/.test(text) ? Number(text) : text, 0)
}
