import type { FastifyRequest } from 'fastify'
import type { UpstreamOptions } from '../../src/balance/options.ts'
import type { PoolOptions } from '../../src/balance/pool-options.ts'
import { type RetrySettings, readRetry } from '../../src/balance/retry/options.ts'
import { readMirror } from '../../src/balance/shape/mirror.ts'
import { readSplit } from '../../src/balance/shape/split.ts'
import { readUpstreamTls } from '../../src/balance/upstream-tls.ts'
import { readWeight } from '../../src/balance/weight.ts'
import type { Exchange } from '../../src/contract/exchange.ts'
import type { Mirror } from '../../src/contract/mirror.ts'
import { flag, OptionError } from '../../src/contract/options.ts'
import type { Pool, RetryPolicy, Upstream, UpstreamSettings } from '../../src/contract/pool.ts'
import { placeOf, readOriginUrl } from '../../src/http/origin-url.ts'
import type { Scope } from '../kernel/scope.ts'
import type { ProxyRouteOptions, UpstreamChooser } from './options.ts'

/** Where a route sends: a pool, or what a function says for each request. */
export interface Destination {
  readonly pool: ((exchange: Exchange) => Pool) | undefined
  readonly choose: ((request: FastifyRequest) => Upstream | Promise<Upstream>) | undefined
  readonly mirror: Mirror | undefined
  /** The route's own, for exchanges of that pool; undefined: as the pool says. */
  readonly retry: ((pool: Pool) => RetryPolicy) | undefined
}

/** @throws OptionError for anything that cannot work */
export function readUpstream(scope: Scope, options: ProxyRouteOptions): Destination {
  const { upstream, pool, split, weights } = options
  if ([upstream, pool, split].filter((one) => one !== undefined).length !== 1) {
    throw new OptionError(
      'upstream',
      upstream,
      "give 'upstream' (a URL, a list or a function), 'pool' or 'split', one of them",
    )
  }
  if (weights !== undefined && (upstream === undefined || typeof upstream === 'function')) {
    throw new OptionError('weights', weights, "they go with a list of URLs in 'upstream'")
  }
  return {
    ...readTarget(scope, options),
    mirror: readRouteMirror(scope, options),
    retry: options.retry === undefined ? undefined : retryOf(readRetry('retry', options.retry)),
  }
}

function readTarget(scope: Scope, options: ProxyRouteOptions): Pick<Destination, 'pool' | 'choose'> {
  const { upstream, pool, split, weights } = options
  const settings = { http2: flag('http2', options.http2, false), tls: readUpstreamTls('tls', options.tls) }
  if (split !== undefined) {
    const tools = { poolNamed: (name: string) => poolNamed(scope, name), random: Math.random }
    const { choose } = readSplit('split', split, tools)
    return { pool: choose, choose: undefined }
  }
  if (pool !== undefined) return { pool: always(readPoolOption(scope, pool)), choose: undefined }
  if (typeof upstream === 'function') return { pool: undefined, choose: chooser(scope, upstream, settings) }

  const upstreams = readList(upstream as string | readonly string[], weights)
  const name = nameOf(upstreams.map(({ url }) => url))
  const { http2, tls } = settings
  const made = scope.sharedPool(name, { upstreams, http2, ...(tls === undefined ? {} : { tls }) })
  return { pool: always(made), choose: undefined }
}

/** Checked here too, so that an error names the option that was given. */
function readList(
  upstream: string | readonly string[],
  weights: readonly number[] | undefined,
): readonly UpstreamOptions[] {
  const urls = typeof upstream === 'string' ? [upstream] : upstream
  if (!Array.isArray(urls)) throw new OptionError('upstream', upstream, 'give a URL, a list of URLs or a function')
  if (urls.length === 0) throw new OptionError('upstream', '', 'give at least one URL')
  if (weights !== undefined && !(Array.isArray(weights) && weights.length === urls.length)) {
    throw new OptionError('weights', weights, `give a list with one for each of the ${urls.length} upstreams`)
  }
  const places = new Set<string>()
  return urls.map((url: string, i) => {
    const at = typeof upstream === 'string' ? 'upstream' : `upstream[${i}]`
    const place = placeOf(readOriginUrl(at, url))
    if (places.has(place)) throw new OptionError(at, url, 'it stands in the list twice; give it a weight instead')
    places.add(place)
    if (weights === undefined) return { url }
    return { url, weight: readWeight(`weights[${i}]`, weights[i]) }
  })
}

const always = (pool: Pool) => (): Pool => pool

function chooser(
  { upstreams }: Scope,
  choose: UpstreamChooser,
  settings: UpstreamSettings,
): NonNullable<Destination['choose']> {
  return (request) => {
    const chosen = choose(request)
    if (typeof chosen === 'string') return upstreams.get(chosen, settings)
    return Promise.resolve(chosen).then((url) => upstreams.get(url, settings))
  }
}

function readPoolOption(scope: Scope, pool: string | PoolOptions): Pool {
  if (typeof pool === 'string') return poolNamed(scope, pool)
  const { upstreams, discover } = typeof pool === 'object' && pool !== null ? pool : {}
  const urls = (Array.isArray(upstreams) ? upstreams : []).map((one) => (typeof one === 'string' ? one : one?.url))
  const made = scope.createPool(nameOf(discover === undefined ? urls : [...urls, 'discovered']), pool)
  scope.keep(made)
  return made
}

/** For logs and metrics: `127.0.0.1:3000,127.0.0.1:3001`. */
function nameOf(urls: readonly unknown[]): string {
  return urls.map((url) => (typeof url === 'string' ? URL.parse(url)?.host || url : String(url))).join(',')
}

function readRouteMirror(scope: Scope, { mirror }: ProxyRouteOptions): Mirror | undefined {
  if (mirror === undefined || mirror === false) return undefined
  const made = readMirror('mirror', mirror, {
    poolNamed: (name) => poolNamed(scope, name),
    clock: scope.clock,
    random: Math.random,
  })
  scope.keep(made)
  return made
}

/** The route says what, the pool how much: its budget is for all of its routes. */
function retryOf(settings: RetrySettings): (pool: Pool) => RetryPolicy {
  const known = new WeakMap<Pool, RetryPolicy>()
  return (pool) => {
    const policy = known.get(pool) ?? Object.freeze({ ...settings, budget: pool.retry.budget })
    known.set(pool, policy)
    return policy
  }
}

function poolNamed(scope: Scope, name: string): Pool {
  const pool = scope.pools.get(name)
  if (pool !== undefined) return pool
  const names = scope.pools.names()
  const right = names.length === 0 ? 'there is no pool yet' : `the pools are ${names.join(', ')}`
  throw new OptionError('pool', name, right)
}
