import type { FastifyInstance, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { createAbstractCache, isAbstract } from '../../src/cache/abstract-store.ts'
import { Cache, type CacheStats } from '../../src/cache/cache.ts'
import { cacheLayer } from '../../src/cache/layer.ts'
import type { Listed, PurgeTarget, StoreStats } from '../../src/cache/store.ts'
import { flag, section } from '../../src/contract/options.ts'
import { serializeToken } from '../../src/http/structured-fields.ts'
import kernel, { type ProxyRouteConfig } from '../kernel/index.ts'
import { openControl } from './control.ts'
import { answerHostReplies } from './host-replies.ts'
import { openStores } from './open-stores.ts'
import { type CacheOptions, readCacheOptions } from './options.ts'
import { createPlans } from './plans.ts'
import { readPurgeTargets } from './purge-target.ts'

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
  const plans = createPlans(route)
  const { planOf } = plans
  const { store, bus, close: closeStores } = await openStores(stores, proxy.clock, app.log)
  const engine = new Cache({
    clock: proxy.clock,
    store,
    name: serializeToken(proxy.pseudonym),
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
    async purge(target, options = {}) {
      const { soft } = section('options', options, ['soft'])
      return purgeAll(engine, readPurgeTargets(target, plans.keys()), flag('options.soft', soft, false))
    },
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

async function purgeAll(engine: Cache, targets: readonly PurgeTarget[], soft: boolean): Promise<number> {
  let count = 0
  for (const target of targets) count += await engine.purge(target, soft)
  return count
}

declare module 'fastify' {
  interface FastifyInstance {
    httpCache: HttpCache
  }
}

export default fp(cache, { name: 'sallyport-cache', fastify: '5.x' })
