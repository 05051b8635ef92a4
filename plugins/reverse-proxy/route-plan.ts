import type { FastifyRequest } from 'fastify'
import { createPool } from '../../src/balance/pool.ts'
import { duration, flag, integer, knownKeys, OptionError, oneOf, size } from '../../src/contract/options.ts'
import type { Pool, Upstream } from '../../src/contract/pool.ts'
import type { Target } from '../../src/contract/target.ts'
import type { PathMapping } from '../../src/http/location.ts'
import { compilePrefix } from '../../src/http/prefix.ts'
import { compileRequestFields, type RequestFieldPlan } from '../../src/http/request-fields.ts'
import { compileResponseFields, type ResponseFieldPlan } from '../../src/http/response-fields.ts'
import type { Scope } from '../kernel/scope.ts'
import type { ProxyRouteOptions, TimeoutOptions, UpgradeOptions, UploadRateOptions } from './options.ts'

/** A route's options, read once: all that the data path asks for. */
export interface RoutePlan {
  readonly scope: Scope
  readonly pool: Pool | undefined
  /** For a dynamic upstream: where this request goes. */
  readonly choose: ((request: FastifyRequest) => Upstream | Promise<Upstream>) | undefined
  /** The path to send, without query; undefined when the raw path does not stand under the prefix. */
  readonly toPath: (target: Target) => string | undefined
  /** How a path of the upstream maps back to one of ours. */
  readonly mapping: (upstream: Upstream) => PathMapping
  readonly requestFields: RequestFieldPlan
  readonly responseFields: ResponseFieldPlan
  readonly connectTimeout: number
  readonly firstByteTimeout: number
  readonly betweenBytesTimeout: number
  readonly totalTimeout: number
  readonly uploadRate: { readonly bytesPerSecond: number; readonly grace: number } | undefined
  readonly bodyLimit: number
  readonly maxInterim: number
  readonly upgrade: { readonly idleTimeout: number; readonly maxLifetime: number } | undefined
}

export const routeOptionKeys = [
  'upstream',
  'pool',
  'weights',
  'rewritePrefix',
  'host',
  'forwarded',
  'via',
  'requestFields',
  'responseFields',
  'underscores',
  'rewriteLocation',
  'rewriteCookies',
  'paths',
  'timeouts',
  'minUploadRate',
  'bodyLimit',
  'maxInterim',
  'upgrade',
  'trace',
  'http2',
  'tls',
] as const

/** @throws OptionError for anything that cannot work */
export function compileRoute(scope: Scope, prefix: string, options: ProxyRouteOptions): RoutePlan {
  const { rewritePrefix } = options
  if (rewritePrefix !== undefined && /[:*]/.test(prefix)) {
    throw new OptionError(
      'rewritePrefix',
      rewritePrefix,
      `the route's path ${prefix} must be plain, without parameters`,
    )
  }
  const { pseudonym } = scope
  const { requestIdField } = scope.settings
  const forwarded = options.forwarded ?? {}
  const via = flag('via', options.via, true) ? pseudonym : undefined
  return Object.freeze({
    scope,
    ...readUpstream(scope, options),
    toPath: compilePrefix(prefix, rewritePrefix),
    mapping: pathMapping(prefix, rewritePrefix),
    requestFields: compileRequestFields({
      host: readHost(options.host),
      forwarded: forwarded === false ? false : { x: forwarded.x ?? true, standard: forwarded.standard ?? true },
      via,
      requestIdField,
      underscores: oneOf('underscores', options.underscores, 'drop', ['drop', 'refuse', 'pass']),
      rules: options.requestFields,
      te: flag('http2', options.http2, false),
      trailers: flag('http2', options.http2, false),
    }),
    responseFields: compileResponseFields({
      via,
      rules: options.responseFields,
      rewriteLocation: flag('rewriteLocation', options.rewriteLocation, true),
      rewriteCookies: options.rewriteCookies,
    }),
    ...readTimeouts(options.timeouts ?? {}),
    uploadRate: readUploadRate(options.minUploadRate),
    bodyLimit: size('bodyLimit', options.bodyLimit, Number.POSITIVE_INFINITY),
    maxInterim: integer('maxInterim', options.maxInterim, 16),
    upgrade: readUpgrade(options.upgrade),
  })
}

function readUpstream(scope: Scope, options: ProxyRouteOptions): Pick<RoutePlan, 'pool' | 'choose'> {
  const { upstream, pool: name } = options
  const { upstreams } = scope
  const settings = { http2: flag('http2', options.http2, false), tls: options.tls }
  if ((upstream === undefined) === (name === undefined)) {
    throw new OptionError(
      'upstream',
      upstream,
      "give 'upstream' (a URL, a list or a function) or 'pool' (a name), one of them",
    )
  }
  if (name !== undefined) {
    const pool = scope.pools.get(name)
    if (pool === undefined) {
      const names = scope.pools.names()
      throw new OptionError(
        'pool',
        name,
        names.length === 0 ? 'there is no pool yet' : `the pools are ${names.join(', ')}`,
      )
    }
    return { pool, choose: undefined }
  }
  if (typeof upstream === 'function') {
    return {
      pool: undefined,
      choose(request) {
        const chosen = upstream(request)
        if (typeof chosen === 'string') return upstreams.get(chosen, settings)
        return Promise.resolve(chosen).then((url) => upstreams.get(url, settings))
      },
    }
  }
  const urls = typeof upstream === 'string' ? [upstream] : (upstream as readonly string[])
  const { weights } = options
  if (!Array.isArray(urls)) throw new OptionError('upstream', upstream, 'give a URL, a list of URLs or a function')
  if (weights !== undefined && weights.length !== urls.length) {
    throw new OptionError('weights', weights, `give one for each of the ${urls.length} upstreams`)
  }
  const list = urls.map((url, i) => upstreams.get(url, { ...settings, weight: weights?.[i] }))
  return { pool: createPool(list.map(({ name: one }) => one).join(','), list), choose: undefined }
}

function readHost(host: ProxyRouteOptions['host']): 'preserve' | 'upstream' | { readonly set: string } {
  if (host === undefined) return 'preserve'
  if (host === 'preserve' || host === 'upstream') return host
  if (typeof host === 'object' && typeof host.set === 'string') {
    knownKeys('host', host, ['set'])
    return host
  }
  throw new OptionError('host', host, "give 'preserve', 'upstream' or { set: 'a.test' }")
}

function readTimeouts(
  given: TimeoutOptions,
): Pick<RoutePlan, 'connectTimeout' | 'firstByteTimeout' | 'betweenBytesTimeout' | 'totalTimeout'> {
  knownKeys('timeouts', given, ['connect', 'firstByte', 'betweenBytes', 'total'])
  return {
    connectTimeout: duration('timeouts.connect', given.connect, 5_000),
    firstByteTimeout: duration('timeouts.firstByte', given.firstByte, 60_000),
    betweenBytesTimeout: duration('timeouts.betweenBytes', given.betweenBytes, 60_000),
    totalTimeout: duration('timeouts.total', given.total, 0),
  }
}

function readUploadRate(given: UploadRateOptions | false | undefined): RoutePlan['uploadRate'] {
  if (given === false) return undefined
  const { bytesPerSecond, grace } = given ?? { bytesPerSecond: 500, grace: undefined }
  knownKeys('minUploadRate', given ?? {}, ['bytesPerSecond', 'grace'])
  return {
    bytesPerSecond: integer('minUploadRate.bytesPerSecond', bytesPerSecond, 500, 1),
    grace: duration('minUploadRate.grace', grace, 20_000),
  }
}

function readUpgrade(given: boolean | UpgradeOptions | undefined): RoutePlan['upgrade'] {
  if (given === false) return undefined
  const options = given === true || given === undefined ? {} : given
  knownKeys('upgrade', options, ['idleTimeout', 'maxLifetime'])
  return {
    idleTimeout: duration('upgrade.idleTimeout', options.idleTimeout, 3_600_000),
    maxLifetime: duration('upgrade.maxLifetime', options.maxLifetime, 0),
  }
}

function pathMapping(prefix: string, rewritePrefix: string | undefined): (upstream: Upstream) => PathMapping {
  const ours = prefix.replace(/\/+$/, '')
  const theirs = (rewritePrefix ?? ours).replace(/\/+$/, '')
  const plain: PathMapping = { prefix: ours, upstreamPrefix: theirs }
  return ({ basePath }) => (basePath === '' ? plain : { prefix: ours, upstreamPrefix: basePath + theirs })
}
