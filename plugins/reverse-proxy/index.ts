import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { knownKeys, OptionError } from '../../src/contract/options.ts'
import { admitNow } from '../kernel/admission.ts'
import kernel from '../kernel/index.ts'
import type { Scope } from '../kernel/scope.ts'
import { forward } from './forward.ts'
import type { ProxyRouteOptions, ReplyProxyOptions, ReverseProxyOptions } from './options.ts'
import { plainPath } from './plain-path.ts'
import { createPlanCache } from './plan-cache.ts'
import { decorateReplyFrom } from './reply-from.ts'
import { compileRoute, type RoutePlan, routeOptionKeys } from './route-plan.ts'

export type * from './options.ts'

const ownKeys = ['prefix', 'httpMethods', 'constraints', 'preHandler', 'config']

/**
 * Routes to upstreams. Registered with `upstream` or `pool` it proxies everything under `prefix`; registered without, it
 * only makes `config.proxy`, `reply.proxy()` and `reply.from()` work.
 */
async function reverseProxy(app: FastifyInstance, options: ReverseProxyOptions): Promise<void> {
  knownKeys('', options, [...routeOptionKeys, ...ownKeys])
  if (!app.hasDecorator('proxy')) await app.register(kernel)
  if (!app.hasReplyDecorator('proxy')) decorate(app)
  if (!namesTarget(options)) return

  const { prefix = '/', httpMethods, constraints, preHandler, config, ...proxy } = options
  plainPath('prefix', prefix)
  const methods = readMethods(app, httpMethods)
  if (config !== undefined) {
    if (typeof config !== 'object' || config === null) throw new OptionError('config', config, 'give an object')
    if ('proxy' in config) throw new OptionError('config.proxy', config.proxy, 'give its options beside prefix instead')
  }
  if (constraints !== undefined && (typeof constraints !== 'object' || constraints === null)) {
    throw new OptionError('constraints', constraints, "give an object such as { host: 'a.test' }")
  }
  const base = prefix.replace(/\/+$/, '')
  for (const url of base === '' ? ['/*'] : [base, `${base}/*`]) {
    app.route({
      method: methods as RouteOptions['method'],
      url,
      exposeHeadRoute: false,
      config: { ...config, proxy } as never,
      ...(constraints === undefined ? {} : { constraints: anySpelling(constraints) }),
      ...(preHandler === undefined ? {} : { preHandler }),
      handler: app.proxy.handler as RouteOptions['handler'],
    })
  }
}

function decorate(app: FastifyInstance): void {
  const root = app.proxy as Scope
  // What is said of caching is the cache plugin's to read: without it, nobody would.
  root.routeKeys(routeOptionKeys.filter((key) => key !== 'cache'))
  const routePlans = new WeakMap<object, RoutePlan>()
  // Children made later inherit it. Most routes get a handler of their own in its place; where another plugin has wrapped
  // it (@fastify/websocket does), it looks its plan up.
  const handler = function proxyRoute(request: FastifyRequest, reply: FastifyReply): void {
    const plan = routePlans.get(request.routeOptions.config.proxy ?? {})
    if (plan === undefined) {
      throw new OptionError('handler', 'app.proxy.handler', 'the route needs config: { proxy: { upstream: ... } }')
    }
    forward(plan, request, reply)
  }
  root.handler = handler

  const later: (() => void)[] = []
  app.addHook('onRoute', function compile(this: FastifyInstance, route) {
    const given = (route.config as { proxy?: ProxyRouteOptions } | undefined)?.proxy
    const ours = route.handler === (handler as unknown)
    if (given === undefined) {
      if (!ours) return
      throw new OptionError(
        'config.proxy',
        undefined,
        `${route.url}: the route needs config: { proxy: { upstream: ... } }`,
      )
    }
    if (!ours && !namesTarget(given)) return
    // An object of this route's own: one that several routes share could stand for one of them only.
    const options = { ...given }
    route.config = { ...route.config, proxy: options } as NonNullable<typeof route.config>
    const scope = this.proxy as Scope
    let plan: RoutePlan | undefined
    const read = (): void => {
      plan = compileRoute(scope, plainPrefix(route.url), options)
      routePlans.set(options, plan)
    }
    // A pool may be added after the route that names it.
    if (options.pool === undefined && options.split === undefined && !options.mirror) read()
    else later.push(read)
    if (!ours) return
    route.handler = function proxied(request: FastifyRequest, reply: FastifyReply): void {
      forward(plan as RoutePlan, request, reply)
    } as RouteOptions['handler']
  })
  app.addHook('onReady', async () => {
    for (const read of later) read()
  })

  const plans = createPlanCache()
  app.decorateReply('proxy', function proxy(this: FastifyReply, options: ReplyProxyOptions) {
    const { request } = this
    const scope = (request.server.proxy ?? root) as Scope
    const { path } = options
    const plan = plans.get(scope, options)
    const admitted = admitNow(request, this, scope)
    if (admitted === true) forward(plan, request, this, path)
    else if (admitted !== false) {
      admitted.then((yes) => {
        if (yes) forward(plan, request, this, path)
      })
    }
    return this
  } as never)
  decorateReplyFrom(app)
}

function readMethods(app: FastifyInstance, given: readonly string[] | undefined): readonly string[] {
  const known = app.supportedMethods.filter((method) => method !== 'CONNECT')
  if (given === undefined) return known
  const right = `give a list of methods that Node can parse, such as ${known.slice(0, 6).join(', ')}`
  if (!Array.isArray(given) || given.length === 0) throw new OptionError('httpMethods', given, right)
  for (const method of given) {
    if (!known.includes(method)) throw new OptionError('httpMethods', method, right)
  }
  return given
}

/** RFC 9110 4.2.3: a host is the same in upper case, with a port, with the dot of the root. Fastify compares text. */
function anySpelling(constraints: Record<string, unknown>): Record<string, unknown> {
  const { host } = constraints
  if (typeof host !== 'string') return constraints
  const literal = host.replace(/\.$/, '').replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return { ...constraints, host: new RegExp(`^${literal}\\.?${/:\d+$/.test(host) ? '' : '(?::\\d*)?'}$`, 'i') }
}

/** Without one, it is for somebody else to say where a request goes. */
function namesTarget({ upstream, pool, split }: ProxyRouteOptions): boolean {
  return upstream !== undefined || pool !== undefined || split !== undefined
}

/** `/api/*` is mounted at `/api`. */
function plainPrefix(url: string): string {
  return url.endsWith('*') ? url.slice(0, -1).replace(/\/$/, '') : url
}

declare module 'fastify' {
  interface FastifyReply {
    /** Sends this request to an upstream and its answer to the client. Return its value from the handler. */
    proxy(options: ReplyProxyOptions): FastifyReply
  }
  interface FastifyContextConfig {
    /** Makes the route a proxied one; its handler is `app.proxy.handler`. */
    proxy?: ProxyRouteOptions
  }
}

export default fp(reverseProxy, { name: 'sallyport-reverse-proxy', fastify: '5.x' })
