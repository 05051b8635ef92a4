import { METHODS } from 'node:http'
import type { FastifyInstance, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { balance } from '../../src/balance/balance.ts'
import { retry } from '../../src/balance/retry/retry.ts'
import { mirror } from '../../src/balance/shape/mirror.ts'
import { ProxyError } from '../../src/contract/errors.ts'
import { flag, nearest, OptionError, oneOf } from '../../src/contract/options.ts'
import { compilePathPolicy } from '../../src/http/path-policy.ts'
import { dial } from '../../src/upstream/dial.ts'
import { createUpstream } from '../../src/upstream/origin.ts'
import { createTransport } from '../../src/upstream/transport.ts'
import { admission, type RouteChecks } from './admission.ts'
import { allowRawBodies } from './body-shield.ts'
import { ownContinue } from './continue.ts'
import { Drain } from './drain.ts'
import { guardHttp2 } from './http2-guard.ts'
import { type KernelSettings, readKernelOptions } from './options.ts'
import { PoolKeeper } from './pool-keeper.ts'
import { requestIds } from './request-id.ts'
import { createRouteTable } from './route-table.ts'
import { Scope, type Shared } from './scope.ts'
import type { KernelOptions, ProxyRouteConfig } from './types.ts'
import { settleUnread } from './unread.ts'
import { ownUpgrades } from './upgrades.ts'

export { errorTable, ProxyError } from '../../src/contract/errors.ts'
export { type Exchange, requestField } from '../../src/contract/exchange.ts'
export { factTable } from '../../src/contract/facts.ts'
export type { Guard, GuardSlot, Refusal } from '../../src/contract/guard.ts'
export { WrappedHandler } from '../../src/contract/handler.ts'
export type * from '../../src/contract/layer.ts'
export type * from '../../src/contract/pool.ts'
export { serverOptions } from './server-options.ts'
export type * from './types.ts'

/** Decorates `app.proxy` and `request.exchange`: where guards, layers, pools and routes meet. */
async function kernel(app: FastifyInstance, options: KernelOptions): Promise<void> {
  const settings = readKernelOptions(options)
  const transport = createTransport(settings)
  const shared: Shared = {
    clock: settings.clock,
    pseudonym: settings.pseudonym,
    transport,
    version: 0,
    routeKeys: new Set(routeKeys),
    drain: new Drain(settings.clock, settings.drainTimeout),
    settings,
    ids: requestIds(settings.requestIdField),
    log: app.log,
    pools: new PoolKeeper(),
    poolTools: {
      clock: settings.clock,
      random: Math.random,
      createUpstream,
      forget: transport.forget,
      dispatch: transport.dispatch,
      connect: (upstream, timeout, callback) =>
        dial(upstream, { clock: settings.clock, timeout, alpn: ['h2', 'http/1.1'] }, callback),
    },
  }
  const root = new Scope(shared, undefined)
  root.layer('retry', mirror())
  root.layer('retry', retry({ clock: settings.clock }))
  root.layer('balance', balance({ clock: settings.clock }))

  app.decorate('proxy', root)
  app.decorateRequest('exchange', null as never)
  app.addHook('onRegister', (child) => {
    const parent = Object.getPrototypeOf(child) as FastifyInstance
    ;(child as { proxy: unknown }).proxy = new Scope(shared, parent.proxy as Scope)
  })

  for (const method of METHODS) {
    if (method !== 'CONNECT' && !app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: true })
  }
  allowRawBodies(app)

  const routes = createRouteTable(app)
  const checked: [RouteOptions, object][] = []
  app.addHook('onRoute', function onRoute(this: FastifyInstance, route) {
    const config = (route.config as ProxyRouteConfig | undefined)?.proxy
    if (config !== undefined && (typeof config !== 'object' || config === null || Array.isArray(config))) {
      throw new OptionError('config.proxy', config, `${route.url}: give an object such as { upstream: 'http://...' }`)
    }
    if (config === undefined) {
      routes.add(route, false, false)
      return
    }
    allowRawBodies(this)
    checked.push([route, config])
    routes.add(route, true, config.upgrade !== false)
    const admit = admission(settings, shared.ids, this.proxy as Scope, readChecks(config))
    route.onRequest = [admit, ...[route.onRequest ?? []].flat()] as NonNullable<typeof route.onRequest>
  })
  app.addHook('onReady', async () => {
    for (const [route, config] of checked) checkKeys(route, config, shared.routeKeys)
    ownUpgrades(app, routes)
    await shared.pools.start()
  })

  ownContinue(app, routes)
  settleUnread(app, root)
  guardHttp2(app, settings)
  shared.drain.install(app)
  root.onSettle(() => shared.drain.settled(app))
  app.addHook('onClose', async () => {
    shared.pools.close()
    // What the app itself has sent over the dispatcher gets the time that exchanges got.
    const deadline = settings.clock.setTimer(() => {
      transport.destroy(new ProxyError('SP_SHUTDOWN', `not over within ${settings.drainTimeout} ms of the close`))
    }, settings.drainTimeout)
    await transport.close()
    settings.clock.clearTimer(deadline)
  })
  checkServer(app, options, settings)
}

const routeKeys = ['paths', 'underscores', 'trace', 'via', 'upgrade'] as const

function readChecks(config: NonNullable<ProxyRouteConfig['proxy']>): RouteChecks {
  return Object.freeze({
    policy: compilePathPolicy(config.paths),
    underscores: oneOf('underscores', config.underscores, 'drop', ['drop', 'refuse', 'pass']),
    trace: flag('trace', config.trace, false),
    via: flag('via', config.via, true),
  })
}

function checkKeys(route: RouteOptions, config: object, known: ReadonlySet<string>): void {
  for (const key of Object.keys(config)) {
    if (known.has(key)) continue
    const near = nearest(key, [...known])
    const hint = near === undefined ? `the keys are ${[...known].sort().join(', ')}` : `did you mean '${near}'?`
    throw new OptionError(
      `config.proxy.${key}`,
      (config as Record<string, unknown>)[key],
      `no registered plugin reads it (route ${String(route.method)} ${route.url}); ${hint}`,
    )
  }
}

/** What only the maker of the server can set. */
function checkServer(app: FastifyInstance, { limits }: KernelOptions, settings: KernelSettings): void {
  const server = app.server as { maxHeaderSize?: number; maxHeadersCount?: number | null }
  const needed = settings.limits.headerBytes + settings.limits.uriBytes
  if (limits !== undefined && server.maxHeaderSize !== undefined && server.maxHeaderSize < needed) {
    throw new OptionError(
      'limits',
      limits,
      `the server reads ${server.maxHeaderSize} bytes of a head; create it with Fastify(serverOptions({ limits }))`,
    )
  }
  // Node drops what is over its own count, or answers 431: ours decides.
  if ('maxHeadersCount' in server) server.maxHeadersCount = Math.max(2000, settings.limits.headerFields + 100)
  if (answers503(app)) {
    app.log.warn(
      'sallyport: this server answers 503 to requests that arrive while it closes; create it with Fastify(serverOptions())',
    )
  }
}

/** Fastify keeps the option to itself; where it is not found, nothing is said. */
function answers503(app: FastifyInstance): boolean {
  for (let at: object | null = app; at !== null; at = Object.getPrototypeOf(at)) {
    const key = Object.getOwnPropertySymbols(at).find(({ description }) => description === 'fastify.options')
    const options = key === undefined ? undefined : (at as Record<symbol, { return503OnClosing?: boolean }>)[key]
    if (options !== undefined) return options.return503OnClosing !== false
  }
  return false
}

export default fp(kernel, { name: 'sallyport-kernel', fastify: '5.x' })
