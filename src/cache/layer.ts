import type { Exchange } from '../contract/exchange.ts'
import type { Dispatch, DispatchHandler, DispatchOptions, Layer } from '../contract/layer.ts'
import type { Cache } from './cache.ts'
import { type Forward, tellPassed } from './cache-status.ts'
import { Invalidation } from './invalidation.ts'
import type { CachePlan } from './plan.ts'

/**
 * The cache as a layer: a GET or HEAD goes to it, what may change something is watched, the rest passes.
 * @param planOf what a route says, read; undefined: it is not cached
 */
export function cacheLayer(cache: Cache, planOf: (rule: boolean | object | undefined) => CachePlan | undefined): Layer {
  return function cacheLayer(dispatch) {
    return function cacheDispatch(options, handler) {
      const { exchange, method, body } = options
      const plan = planOf(options.cache)
      if (exchange === undefined || plan === undefined || options.upgrade || exchange.target.authority === '') {
        return dispatch(options, handler)
      }
      // Fields in another form than ours (reply.from) are not read, and whose the answer is stands in them.
      if ((method === 'GET' || method === 'HEAD') && !Array.isArray(options.headers)) {
        return pass(cache, dispatch, options, handler, exchange, plan, 'bypass', 'fields')
      }
      if (method === 'GET' || method === 'HEAD') {
        if (body === null || body === undefined) return cache.take(dispatch, options, handler, exchange, plan)
        // Content of a GET means nothing to a cache, and may mean something to an origin (CVE-2025-4366).
        return pass(cache, dispatch, options, handler, exchange, plan, 'bypass', 'body')
      }
      if (safe.has(method)) return pass(cache, dispatch, options, handler, exchange, plan, 'method')
      tellPassed(exchange, plan, cache.name, 'method', undefined)
      return dispatch(options, new Invalidation(cache, options, exchange, plan, handler))
    }
  }
}

function pass(
  cache: Cache,
  dispatch: Dispatch,
  options: DispatchOptions,
  handler: DispatchHandler,
  exchange: Exchange,
  plan: CachePlan,
  forward: Forward,
  detail?: string,
): boolean {
  tellPassed(exchange, plan, cache.name, forward, detail)
  return dispatch(options, handler)
}

/** RFC 9110 9.2.1 and 18.2. What is not known is not safe. */
const safe: ReadonlySet<string> = new Set(['OPTIONS', 'TRACE', 'PROPFIND', 'REPORT', 'SEARCH', 'QUERY'])
