import type { KeyPlan } from '../../src/cache/key.ts'
import type { CachePlan } from '../../src/cache/plan.ts'
import { type CacheRouteOptions, compilePlan } from '../../src/cache/plan-options.ts'
import { OptionError } from '../../src/contract/options.ts'

/** What routes say of caching, each read once. */
export interface Plans {
  /** Undefined: not cached. Throws an OptionError for what cannot work. */
  planOf(rule: boolean | object | undefined): CachePlan | undefined
  /** Every way in which URLs are made into keys, the plugin's own first. */
  keys(): readonly KeyPlan[]
}

/** Ways to make keys that a purge goes through. Routes are few; what handlers make up as they go is not remembered beyond. */
const mostKeys = 1000

export function createPlans(shared: CacheRouteOptions): Plans {
  const byDefault = compilePlan('', shared)
  const plans = new WeakMap<object, CachePlan>()
  const keys = [byDefault.key]

  return {
    keys: () => keys,
    planOf(rule) {
      if (rule === undefined || rule === true) return byDefault
      if (rule === false) return undefined
      if (typeof rule !== 'object' || rule === null) {
        throw new OptionError('cache', rule, "give true, false or an object such as { ttl: '1m' }")
      }
      const known = plans.get(rule)
      if (known !== undefined) return known
      const plan = compilePlan('cache', { ...shared, ...rule })
      plans.set(rule, plan)
      if (plan.key.query !== undefined && keys.length < mostKeys) keys.push(plan.key)
      return plan
    },
  }
}
