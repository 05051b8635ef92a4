import { between, flag, integer, knownKeys, OptionError, oneOf, section, time } from '../contract/options.ts'
import type { UpstreamTls } from '../contract/pool.ts'
import { type BreakerOptions, type BreakerSettings, readBreaker } from './breaker.ts'
import { type DiscoverOptions, type DiscoverySettings, readDiscovery } from './discovery/discovery.ts'
import { readUpstreamList } from './discovery/upstream-list.ts'
import { type HashKey, type HashKeyReader, readHashKey } from './hash-key.ts'
import { type HealthOptions, type HealthSettings, readHealth } from './health/options.ts'
import type { UpstreamOptions } from './options.ts'
import { type OutlierOptions, type OutlierSettings, readOutlier } from './outlier-options.ts'
import { hashPolicies, type PolicyName, policyNames } from './policy/policies.ts'
import type { QueueSettings } from './queue.ts'
import { type RetryOptions, type RetrySettings, readRetry } from './retry/options.ts'
import { readSlowStart, type SlowStart, type SlowStartOptions } from './slow-start.ts'
import { readSticky, type StickyOptions, type StickySettings } from './sticky.ts'
import { readUpstreamTls } from './upstream-tls.ts'

export interface QueueOptions {
  /** Exchanges that may wait. @default 1024 */
  readonly size?: number
  /** How long each may wait; then 503. @default '5s' */
  readonly timeout?: number | string
}

/** A pool: where its traffic may go, who gets it, and what is believed of each. */
export interface PoolOptions {
  /** Upstreams that always stand here: URLs, or objects with a URL and more. */
  readonly upstreams?: readonly (string | UpstreamOptions)[]
  /** Where further upstreams are found: DNS, SRV, a file or a function. */
  readonly discover?: DiscoverOptions
  /** Who gets the next exchange. @default 'peak-ewma' */
  readonly policy?: PolicyName
  /** What ring-hash, maglev and rendezvous hash. @default 'client' */
  readonly hashKey?: HashKey
  /** Hash policies: no upstream carries more than this times its fair share, such as 1.5. @default false */
  readonly boundedLoad?: number | false
  /** Keeps a client at its upstream by a signed cookie. @default false */
  readonly sticky?: StickyOptions | false
  /** Active checks; text is the path to ask for. @default false */
  readonly health?: string | HealthOptions | false
  /** Takes out upstreams whose answers fail or are far slower than the others'. @default true */
  readonly outlier?: OutlierOptions | boolean
  /** Circuit breaker of each upstream. @default false */
  readonly breaker?: BreakerOptions | boolean
  /** How the share of an upstream grows when it came, or came back. @default '30s' */
  readonly slowStart?: SlowStartOptions | number | string | false
  /** What is tried again at another upstream. */
  readonly retry?: RetryOptions | false
  /** Where exchanges wait when every upstream is full. @default false: 503 at once */
  readonly queue?: QueueOptions | boolean
  /** Percent of healthy upstreams of a level under which all of it serve: too few cannot carry the load. 0 is never. @default 50 */
  readonly panicThreshold?: number
  /** How much health a level may lose before the next one gets traffic: 1.4 is nearly a third. @default 1.4 */
  readonly overprovisioning?: number
  /** Weights of localities by name. @default 1 each */
  readonly localities?: Readonly<Record<string, number>>
  /** Exchanges at a time for each upstream. @default no limit */
  readonly maxRequests?: number
  /** Connections at a time to each upstream. @default 4096 */
  readonly maxConnections?: number
  /** Speak HTTP/2 to the upstreams. @default false */
  readonly http2?: boolean
  /** TLS settings for the upstreams. */
  readonly tls?: UpstreamTls
}

export interface PoolSettings {
  /** Where these options stand, for errors that come to light later. */
  readonly option: string
  readonly upstreams: readonly UpstreamOptions[]
  readonly discover: DiscoverySettings | undefined
  readonly policy: PolicyName
  readonly hashKey: HashKeyReader
  readonly boundedLoad: number | undefined
  readonly sticky: StickySettings | undefined
  readonly health: HealthSettings | undefined
  readonly outlier: OutlierSettings | undefined
  readonly breaker: BreakerSettings | undefined
  readonly slowStart: SlowStart | undefined
  readonly retry: RetrySettings
  readonly queue: QueueSettings | undefined
  readonly panicThreshold: number
  readonly overprovisioning: number
  readonly localities: ReadonlyMap<string, number>
  /** For upstreams that say nothing of their own. */
  readonly maxRequests: number
  readonly maxConnections: number
  readonly http2: boolean
  readonly tls: UpstreamTls | undefined
}

export const poolOptionKeys = [
  'upstreams',
  'discover',
  'policy',
  'hashKey',
  'boundedLoad',
  'sticky',
  'health',
  'outlier',
  'breaker',
  'slowStart',
  'retry',
  'queue',
  'panicThreshold',
  'overprovisioning',
  'localities',
  'maxRequests',
  'maxConnections',
  'http2',
  'tls',
] as const

/** @throws OptionError for anything that cannot work */
export function readPool(option: string, given: PoolOptions): PoolSettings {
  knownKeys(option, given, poolOptionKeys)
  const { upstreams, discover } = given
  if (upstreams === undefined && discover === undefined) {
    throw new OptionError(`${option}.upstreams`, undefined, "give a list of URLs, or 'discover'")
  }
  const fixed = upstreams === undefined ? [] : readUpstreamList(`${option}.upstreams`, upstreams)
  if (fixed.length === 0 && discover === undefined) {
    throw new OptionError(`${option}.upstreams`, upstreams, 'give at least one URL')
  }
  const policy = oneOf(`${option}.policy`, given.policy, policyNames[0], policyNames)
  checkHashOptions(option, given, policy)
  return Object.freeze({
    option,
    upstreams: fixed,
    discover: discover === undefined ? undefined : readDiscovery(`${option}.discover`, discover),
    policy,
    hashKey: readHashKey(`${option}.hashKey`, given.hashKey ?? 'client'),
    boundedLoad: readBound(`${option}.boundedLoad`, given.boundedLoad),
    sticky:
      given.sticky === undefined || given.sticky === false ? undefined : readSticky(`${option}.sticky`, given.sticky),
    health: readHealth(`${option}.health`, given.health),
    outlier: readOutlier(`${option}.outlier`, given.outlier),
    breaker: readBreaker(`${option}.breaker`, given.breaker),
    slowStart: readSlowStart(`${option}.slowStart`, given.slowStart),
    retry: readRetry(`${option}.retry`, given.retry),
    queue: readQueue(`${option}.queue`, given.queue),
    panicThreshold: between(`${option}.panicThreshold`, given.panicThreshold, 50, 0, 100),
    overprovisioning: between(`${option}.overprovisioning`, given.overprovisioning, 1.4, 1, 100),
    localities: readLocalities(`${option}.localities`, given.localities),
    maxRequests: integer(`${option}.maxRequests`, given.maxRequests, Number.POSITIVE_INFINITY, 1),
    maxConnections: integer(`${option}.maxConnections`, given.maxConnections, 4096, 1),
    http2: flag(`${option}.http2`, given.http2, false),
    tls: readUpstreamTls(`${option}.tls`, given.tls),
  })
}

/** They would do nothing, and nobody would know. */
function checkHashOptions(option: string, given: PoolOptions, policy: PolicyName): void {
  if (hashPolicies.has(policy)) return
  for (const key of ['hashKey', 'boundedLoad'] as const) {
    if (given[key] === undefined || given[key] === false) continue
    const those = [...hashPolicies].map((name) => `'${name}'`).join(', ')
    throw new OptionError(
      `${option}.${key}`,
      given[key],
      `the policy '${policy}' hashes nothing; choose one of ${those}`,
    )
  }
}

function readBound(option: string, given: number | false | undefined): number | undefined {
  return given === undefined || given === false ? undefined : between(option, given, 1.5, 1, 100)
}

function readQueue(option: string, given: QueueOptions | boolean | undefined): QueueSettings | undefined {
  if (given === undefined || given === false) return undefined
  const { size, timeout } = given === true ? {} : section(option, given, ['size', 'timeout'])
  return Object.freeze({
    size: integer(`${option}.size`, size, 1024, 1),
    timeout: time(`${option}.timeout`, timeout, 5000, 'give a time: nobody may wait for ever'),
  })
}

function readLocalities(
  option: string,
  given: Readonly<Record<string, number>> | undefined,
): ReadonlyMap<string, number> {
  if (given === undefined) return new Map()
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OptionError(option, given, "give an object such as { 'eu-1': 2, 'eu-2': 1 }")
  }
  const weights = Object.entries(given)
  for (const [name, weight] of weights) between(`${option}.${name}`, weight, 1, 0, 1_000_000)
  return new Map(weights)
}
