import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, RouteOptions } from 'fastify'
import findMyWay, { type HTTPMethod, type HTTPVersion } from 'find-my-way'

/**
 * Which requests belong to a proxied route, told before Fastify's own router has run: for upgrades and for
 * `Expect: 100-continue`, where Node asks before there is a request to route. Fastify's router with Fastify's settings,
 * over the same routes, so that both see the same thing.
 */
export interface RouteTable {
  add(route: RouteOptions, proxied: boolean, upgrade: boolean): void
  /** What Fastify would find for this request; undefined when nothing. */
  find(request: IncomingMessage): RouteMark | undefined
}

export interface RouteMark {
  readonly proxied: boolean
  readonly upgrade: boolean
}

const tables = new WeakMap<object, RouteTable>()

/** The table of the app's server: kernels in sibling scopes share it, as they share the server's events. */
export function createRouteTable(app: FastifyInstance): RouteTable {
  const known = tables.get(app.server)
  if (known !== undefined) return known
  const table = emptyTable(app)
  tables.set(app.server, table)
  return table
}

function emptyTable(app: FastifyInstance): RouteTable {
  const router = findMyWay({ ...routerOptions(app), defaultRoute: () => {} } as findMyWay.Config<HTTPVersion.V1>)

  return {
    add(route, proxied, upgrade) {
      for (const method of [route.method].flat() as HTTPMethod[]) {
        const constraints = knownConstraints(route.constraints)
        if (router.hasRoute(method, route.url, constraints)) continue
        router.on(method, route.url, { constraints }, () => {}, { proxied, upgrade } satisfies RouteMark)
      }
    },
    find(request) {
      const constraints = { host: request.headers.host, version: request.headers['accept-version'] } as object
      const method = request.method as HTTPMethod
      const url = request.url as string
      const found = router.find(method, url, constraints)
      // A plain route that was there before the kernel is not in the table, and is nearer than a wildcard of ours.
      const path = url.split('?', 1)[0] as string
      if (!router.hasRoute(method, path) && app.hasRoute({ method, url: path } as never)) return undefined
      return (found?.store as RouteMark | undefined) ?? undefined
    },
  }
}

/** Given in `routerOptions`, or as Fastify 5 still allows beside it. */
function routerOptions(app: FastifyInstance): object {
  const { routerOptions: given, ...beside } = app.initialConfig as Record<string, unknown>
  const old = routerOptionNames.filter((name) => beside[name] !== undefined).map((name) => [name, beside[name]])
  return { ...Object.fromEntries(old), ...(given as object | undefined) }
}

const routerOptionNames = [
  'allowUnsafeRegex',
  'caseSensitive',
  'ignoreDuplicateSlashes',
  'ignoreTrailingSlash',
  'maxParamLength',
  'useSemicolonDelimiter',
]

/** The constraints that find-my-way knows by itself. One of the app's own cannot be asked before routing. */
function knownConstraints(constraints: RouteOptions['constraints']): Record<string, unknown> {
  const { host, version } = (constraints ?? {}) as Record<string, unknown>
  return { ...(host === undefined ? {} : { host }), ...(version === undefined ? {} : { version }) }
}
