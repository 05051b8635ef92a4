import { createHash } from 'node:crypto'
import { knownKeys, OptionError } from '../../src/contract/options.ts'
import type { UpstreamTls } from '../../src/contract/pool.ts'
import type { Scope } from '../kernel/scope.ts'
import type { ProxyRouteOptions, ReplyProxyOptions } from './options.ts'
import { compileRoute, type RoutePlan, routeOptionKeys } from './route-plan.ts'

/** Plans for `reply.proxy()`, so that options written in a handler are read once and not for each request. */
export interface PlanCache {
  /** @throws OptionError */
  get(scope: Scope, options: ReplyProxyOptions): RoutePlan
}

const most = 500

/**
 * Plain options are known by their content, certificates too. With a function in them they are known by identity: such an
 * object is better made once, outside of the handler. Either way they share the connections of their upstreams.
 */
export function createPlanCache(): PlanCache {
  const byIdentity = new WeakMap<Scope, WeakMap<object, RoutePlan>>()
  const byContent = new WeakMap<Scope, Map<string, RoutePlan>>()
  const sharedTls = createSharedTls()

  return {
    get(scope, options) {
      checkPath(options.path)
      const known = byIdentity.get(scope)?.get(options)
      if (known !== undefined) return known
      const { path: _, ...plain } = options
      const tls = plain.tls === undefined ? undefined : sharedTls(plain.tls)
      const route = tls === undefined ? plain : { ...plain, tls: tls.value }
      if (typeof options.upstream === 'function') {
        const plan = compile(scope, route)
        const plans = byIdentity.get(scope) ?? new WeakMap<object, RoutePlan>()
        byIdentity.set(scope, plans.set(options, plan))
        return plan
      }
      const content = JSON.stringify(tls === undefined ? plain : { ...plain, tls: tls.key })
      const plans = byContent.get(scope) ?? new Map<string, RoutePlan>()
      byContent.set(scope, plans)
      const same = plans.get(content)
      if (same !== undefined) return same
      if (plans.size >= most) plans.clear()
      const plan = compile(scope, route)
      plans.set(content, plan)
      return plan
    },
  }
}

function compile(scope: Scope, route: ProxyRouteOptions): RoutePlan {
  knownKeys('reply.proxy', route, routeOptionKeys)
  // These live as long as a route does; a plan made for a request is forgotten some day.
  for (const key of ['pool', 'mirror'] as const) {
    if (typeof route[key] !== 'object') continue
    const right = 'it belongs to a route: declare the pool with sallyport/balance and name it, or use config.proxy'
    throw new OptionError(`reply.proxy.${key}`, route[key], right)
  }
  return compileRoute(scope, '', route)
}

/** Not part of the plan, so looked at each time. */
function checkPath(path: string | undefined): void {
  if (path === undefined || (typeof path === 'string' && /^\/[\x21-\x7e]*$/.test(path))) return
  throw new OptionError('reply.proxy.path', path, "give a path that begins with '/', percent-encoded where it must be")
}

/** One object for the same TLS settings: upstreams, and so connections, are told apart by it. */
function createSharedTls(): (tls: UpstreamTls) => { readonly key: string; readonly value: UpstreamTls } {
  const keys = new WeakMap<UpstreamTls, string>()
  const values = new Map<string, UpstreamTls>()

  return (tls) => {
    const key = keys.get(tls) ?? digest(tls)
    keys.set(tls, key)
    const value = values.get(key) ?? tls
    if (values.size >= most && !values.has(key)) values.clear()
    values.set(key, value)
    return { key, value }
  }
}

function digest(tls: UpstreamTls): string {
  const hash = createHash('sha256')
  for (const [name, value] of Object.entries(tls).sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const part of [value].flat()) {
      const bytes = Buffer.isBuffer(part) ? part : Buffer.from(String(part))
      hash.update(`${name} ${typeof part} ${bytes.length} `).update(bytes)
    }
  }
  return hash.digest('base64')
}
