import type { FastifyInstance, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { createAbstractCache, isAbstract } from '../../src/cache/abstract-store.ts'
import { Cache, type CacheStats } from '../../src/cache/cache.ts'
import { cacheLayer } from '../../src/cache/layer.ts'
import type { CachePlan } from '../../src/cache/plan.ts'
import { type CacheRouteOptions, compilePlan } from '../../src/cache/plan-options.ts'
import type { Listed, PurgeTarget, StoreStats } from '../../src/cache/store.ts'
import { OptionError } from '../../src/contract/options.ts'
import kernel, { type ProxyRouteConfig } from '../kernel/index.ts'
import { openControl } from './control.ts'
import { answerHostReplies } from './host-replies.ts'
import { openStores } from './open-stores.ts'
import { type CacheOptions, readCacheOptions } from './options.ts'

export type { Listed, PurgeTarget, StoreStats } from '../../src/cache/store.ts'
export type * from './options.ts'

/** `app.httpCache`: the cache of this scope, from outside. */
export interface HttpCache {
  /**
   * Removes what is meant: `{ url }`, `{ prefix }`, `{ tag }` or `{ all: true }`; with `soft` it stays and is stale. Here,
   * and with Redis on all machines. Gives how many entries there were here. A URL is absolute, as clients ask for it.
   */
  purge(target: PurgeTarget, options?: { readonly soft?: boolean }): Promise<number>
  /** What is stored, in no order; values of `app.cache` are the app's own, and not shown. */
  list(): AsyncIterable<Listed>
  /** What became of requests since the start, and how the stores stand. */
  stats(): { readonly requests: CacheStats; readonly store: StoreStats }
}

/** A shared HTTP cache in front of the routes of this scope. */
async function cache(app: FastifyInstance, options: CacheOptions): Promise<void> {
  const { stores, control, hostReplies, route } = readCacheOptions(options)
  if (!app.hasDecorator('proxy')) await app.register(kernel)
  const { proxy } = app
  const planOf = createPlans(route)
  const { store, bus, close: closeStores } = await openStores(stores, proxy.clock, app.log)
  const engine = new Cache({
    clock: proxy.clock,
    store,
    name: proxy.pseudonym,
    shareBytes: stores.memory.maxEntryBytes,
    bus,
  })

  proxy.routeKeys(['cache'])
  proxy.layer('cache', cacheLayer(engine, planOf))
  app.addHook('onRoute', function readRoute(one: RouteOptions) {
    const config = (one.config as ProxyRouteConfig | undefined)?.proxy as { cache?: boolean | object } | undefined
    // Read at boot, so that a slip is told at boot.
    if (typeof config === 'object' && config !== null) planOf(config.cache)
  })
  app.decorate('httpCache', {
    purge: (target, { soft = false } = {}) => engine.purge(readTarget(target), soft),
    list: () => responsesOf(store.list()),
    stats: () => ({ requests: { ...engine.stats }, store: store.stats() }),
  } satisfies HttpCache)
  app.addHook('onClose', closeStores)
  if (hostReplies !== undefined) {
    const values = createAbstractCache({ store, clock: proxy.clock, purge: (target) => engine.purge(target) })
    await answerHostReplies(app, hostReplies, values)
  }
  if (control !== undefined) {
    const { at, close } = await openControl(control, app.httpCache, proxy.clock)
    app.log.info(`sallyport: the cache is controlled at ${at}`)
    app.addHook('onClose', close)
  }
}

async function* responsesOf(all: AsyncIterable<Listed>): AsyncGenerator<Listed> {
  for await (const one of all) if (!isAbstract(one.head)) yield one
}

type Rule = boolean | object | undefined

/** What routes say of caching, each read once. */
function createPlans(shared: CacheRouteOptions): (rule: Rule) => CachePlan | undefined {
  const byDefault = compilePlan('', shared)
  const plans = new WeakMap<object, CachePlan>()
  return function planOf(rule) {
    if (rule === undefined || rule === true) return byDefault
    if (rule === false) return undefined
    if (typeof rule !== 'object' || rule === null) {
      throw new OptionError('cache', rule, "give true, false or an object such as { ttl: '1m' }")
    }
    const known = plans.get(rule)
    if (known !== undefined) return known
    const plan = compilePlan('cache', { ...shared, ...rule })
    plans.set(rule, plan)
    return plan
  }
}

function readTarget(target: PurgeTarget): PurgeTarget {
  const keys = typeof target === 'object' && target !== null ? Object.keys(target) : []
  const [key] = keys
  const value = keys.length === 1 ? (target as Record<string, unknown>)[key as string] : undefined
  const isGood =
    key === 'all' ? value === true : ['url', 'prefix', 'tag'].includes(key as string) && typeof value === 'string'
  if (isGood && value !== '') return target
  throw new OptionError('target', target, 'give { url }, { prefix } or { tag } with a text, or { all: true }')
}

declare module 'fastify' {
  interface FastifyInstance {
    httpCache: HttpCache
  }
}

export default fp(cache, { name: 'sallyport-cache', fastify: '5.x' })
