import { knownKeys, OptionError } from '../../src/contract/options.ts'
import type { Scope } from '../kernel/scope.ts'
import type { ReplyProxyOptions } from './options.ts'
import { compileRoute, type RoutePlan, routeOptionKeys } from './route-plan.ts'

/** Plans for `reply.proxy()`, so that options written in a handler are read once and not for each request. */
export interface PlanCache {
  /** @throws OptionError */
  get(scope: Scope, options: ReplyProxyOptions): RoutePlan
}

const most = 500
const keys = [...routeOptionKeys, 'path']

/**
 * Plain options are known by their content. With a function or a key file in them they are known by identity: such an
 * object is better made once, outside of the handler.
 */
export function createPlanCache(): PlanCache {
  const byIdentity = new WeakMap<object, RoutePlan>()
  const byContent = new WeakMap<Scope, Map<string, RoutePlan>>()

  function compile(scope: Scope, options: ReplyProxyOptions): RoutePlan {
    knownKeys('reply.proxy', options, keys)
    const { path, ...route } = options
    if (path !== undefined && !(typeof path === 'string' && path.startsWith('/'))) {
      throw new OptionError('reply.proxy.path', path, "give a path that begins with '/'")
    }
    return compileRoute(scope, '', route)
  }

  return {
    get(scope, options) {
      const known = byIdentity.get(options)
      if (known !== undefined) return known
      const content =
        options.tls === undefined && typeof options.upstream !== 'function' ? contentOf(options) : undefined
      if (content === undefined) {
        const plan = compile(scope, options)
        byIdentity.set(options, plan)
        return plan
      }
      const plans = byContent.get(scope) ?? new Map<string, RoutePlan>()
      byContent.set(scope, plans)
      const plan = plans.get(content) ?? compile(scope, options)
      if (plans.size >= most) plans.clear()
      plans.set(content, plan)
      return plan
    },
  }
}

function contentOf({ path: _, ...options }: ReplyProxyOptions): string {
  return JSON.stringify(options)
}
