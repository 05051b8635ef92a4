import { createHash } from 'node:crypto'
import type { Exchange } from '../../src/contract/exchange.ts'
import { duration, flag, integer, knownKeys, OptionError, oneOf, section, size } from '../../src/contract/options.ts'
import type { Upstream } from '../../src/contract/pool.ts'
import type { Target } from '../../src/contract/target.ts'
import { type PathMapping, rewriteLocation } from '../../src/http/location.ts'
import { compilePrefix } from '../../src/http/prefix.ts'
import { compileRequestFields, type RequestFieldPlan } from '../../src/http/request-fields.ts'
import { compileResponseFields, type ResponseFieldPlan } from '../../src/http/response-fields.ts'
import type { Scope } from '../kernel/scope.ts'
import type { ProxyRouteOptions, TimeoutOptions, UpgradeOptions, UploadRateOptions } from './options.ts'
import { plainPath } from './plain-path.ts'
import { type Destination, readUpstream } from './read-upstream.ts'

/** A route's options, read once: all that the data path asks for. */
export interface RoutePlan extends Destination {
  readonly scope: Scope
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
  /** What the route says of caching: the cache plugin reads it. */
  readonly cache: boolean | object | undefined
  /** Stands for `requestFields`. */
  readonly rules: string
  /** A Location of the upstream's as the client would say it. */
  readonly locate: (value: string, exchange: Exchange) => string
  readonly upgrade: { readonly idleTimeout: number; readonly maxLifetime: number } | undefined
}

export const routeOptionKeys = [
  'upstream',
  'pool',
  'weights',
  'split',
  'mirror',
  'retry',
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
  'cache',
] as const

/** @throws OptionError for anything that cannot work */
export function compileRoute(scope: Scope, prefix: string, options: ProxyRouteOptions): RoutePlan {
  const { rewritePrefix } = options
  if (rewritePrefix !== undefined && rewritePrefix !== '') plainPath('rewritePrefix', rewritePrefix)
  if (rewritePrefix !== undefined && /[:*]/.test(prefix)) {
    throw new OptionError(
      'rewritePrefix',
      rewritePrefix,
      `the route's path ${prefix} must be plain, without parameters`,
    )
  }
  const { pseudonym } = scope
  const { requestIdField } = scope.settings
  const mapping = pathMapping(prefix, rewritePrefix)
  const via = flag('via', options.via, true) ? pseudonym : undefined
  return Object.freeze({
    scope,
    ...readUpstream(scope, options),
    toPath: compilePrefix(prefix, rewritePrefix),
    mapping,
    cache: options.cache,
    rules: digestOf(options.requestFields),
    locate: (value: string, exchange: Exchange) =>
      exchange.upstream === undefined
        ? value
        : rewriteLocation(value, exchange, exchange.upstream, mapping(exchange.upstream)),
    requestFields: compileRequestFields({
      host: readHost(options.host),
      forwarded: readForwarded(options.forwarded),
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
    ...readTimeouts(options.timeouts),
    uploadRate: readUploadRate(options.minUploadRate),
    bodyLimit: size('bodyLimit', options.bodyLimit, Number.POSITIVE_INFINITY),
    maxInterim: integer('maxInterim', options.maxInterim, 16),
    upgrade: readUpgrade(options.upgrade),
  })
}

/** Rules that differ have digests that differ. */
function digestOf(rules: ProxyRouteOptions['requestFields']): string {
  if (rules === undefined) return ''
  return createHash('sha256').update(JSON.stringify(rules)).digest('base64url')
}

function readHost(host: ProxyRouteOptions['host']): 'preserve' | 'upstream' | { readonly set: string } {
  if (host === undefined) return 'preserve'
  if (host === 'preserve' || host === 'upstream') return host
  if (typeof host === 'object' && host !== null && typeof host.set === 'string') {
    knownKeys('host', host, ['set'])
    return host
  }
  throw new OptionError('host', host, "give 'preserve', 'upstream' or { set: 'a.test' }")
}

function readForwarded(given: ProxyRouteOptions['forwarded']): { x: boolean; standard: boolean } | false {
  if (given === false) return false
  const { x, standard } = section('forwarded', given, ['x', 'standard'])
  return { x: flag('forwarded.x', x, true), standard: flag('forwarded.standard', standard, true) }
}

function readTimeouts(
  options: TimeoutOptions | undefined,
): Pick<RoutePlan, 'connectTimeout' | 'firstByteTimeout' | 'betweenBytesTimeout' | 'totalTimeout'> {
  const given = section('timeouts', options, ['connect', 'firstByte', 'betweenBytes', 'total'])
  return {
    connectTimeout: duration('timeouts.connect', given.connect, 5_000),
    firstByteTimeout: duration('timeouts.firstByte', given.firstByte, 60_000),
    betweenBytesTimeout: duration('timeouts.betweenBytes', given.betweenBytes, 60_000),
    totalTimeout: duration('timeouts.total', given.total, 0),
  }
}

function readUploadRate(given: UploadRateOptions | false | undefined): RoutePlan['uploadRate'] {
  if (given === false) return undefined
  const { bytesPerSecond, grace } = section('minUploadRate', given, ['bytesPerSecond', 'grace'])
  return {
    bytesPerSecond: integer('minUploadRate.bytesPerSecond', bytesPerSecond, 500, 1),
    grace: duration('minUploadRate.grace', grace, 20_000),
  }
}

function readUpgrade(given: boolean | UpgradeOptions | undefined): RoutePlan['upgrade'] {
  if (given === false) return undefined
  const options = section('upgrade', given === true ? undefined : given, ['idleTimeout', 'maxLifetime'])
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
