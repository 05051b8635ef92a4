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

export function createRouteTable(app: FastifyInstance): RouteTable {
  const given = (app.initialConfig as { routerOptions?: object }).routerOptions ?? {}
  const router = findMyWay({ ...given, defaultRoute: () => {} } as findMyWay.Config<HTTPVersion.V1>)

  return {
    add(route, proxied, upgrade) {
      for (const method of [route.method].flat() as HTTPMethod[]) {
        const constraints = known(route.constraints)
        if (router.hasRoute(method, route.url, constraints)) continue
        router.on(method, route.url, { constraints }, () => {}, { proxied, upgrade } satisfies RouteMark)
      }
    },
    find(request) {
      const constraints = { host: request.headers.host, version: request.headers['accept-version'] } as object
      const found = router.find(request.method as HTTPMethod, request.url as string, constraints)
      return (found?.store as RouteMark | undefined) ?? undefined
    },
  }
}

/** The constraints that find-my-way knows by itself. One of the app's own cannot be asked before routing. */
function known(constraints: RouteOptions['constraints']): Record<string, unknown> {
  const { host, version } = (constraints ?? {}) as Record<string, unknown>
  return { ...(host === undefined ? {} : { host }), ...(version === undefined ? {} : { version }) }
}
