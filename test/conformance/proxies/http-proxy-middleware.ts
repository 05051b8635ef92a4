import type { Socket } from 'node:net'
import { createProxyMiddleware, type Options } from 'http-proxy-middleware'
import type { ProxyUnderTest, RunningProxy, Setup } from '../harness/case.ts'
import { has, listenPlain } from './listening.ts'

/** https://github.com/chimurai/http-proxy-middleware, with `ws: true` and its own error answers. */
export const httpProxyMiddleware: ProxyUnderTest = { name: 'http-proxy-middleware', start }

const things = [
  'mounts',
  'timeouts',
  'clientTimeouts',
  'hostRules',
  'chosenByHost',
  'requestFields',
  'responseFields',
  'afterBodyParser',
  'port',
] as const

async function start(upstreams: readonly string[], setup: Setup): Promise<RunningProxy> {
  has('http-proxy-middleware', setup, things)
  const middlewares = (setup.mounts ?? [{ prefix: '/' }]).map(({ prefix, to }) =>
    createProxyMiddleware({ ...options(upstreams[0] ?? '', setup), ...mount(prefix, to) }),
  )
  return listenPlain(
    setup,
    (request, response) => {
      const next = (rest: typeof middlewares): unknown =>
        rest[0] === undefined ? response.writeHead(404).end() : rest[0](request, response, () => next(rest.slice(1)))
      return next(middlewares)
    },
    (request, socket, head) => {
      const own = middlewares.find((_, i) => request.url?.startsWith(setup.mounts?.[i]?.prefix ?? '/'))
      if (own === undefined) socket.destroy()
      else own.upgrade(request, socket as Socket, head)
    },
  )
}

function mount(prefix: string, to: string | undefined): Options {
  if (prefix === '/') return {}
  return { pathFilter: prefix, ...(to === undefined ? {} : { pathRewrite: { [`^${prefix}`]: to } }) }
}

function options(target: string, setup: Setup): Options {
  const timeout = setup.timeouts?.firstByte ?? setup.timeouts?.betweenBytes ?? setup.timeouts?.connect
  const table = setup.chosenByHost
  return {
    target: setup.hostRules === undefined ? target : 'http://127.0.0.1:1',
    ws: true,
    ...(timeout === undefined ? {} : { proxyTimeout: timeout, upgradeTimeout: timeout }),
    ...(setup.requestFields === undefined ? {} : { headers: setup.requestFields }),
    ...(setup.hostRules === undefined ? {} : { router: setup.hostRules }),
    ...(table === undefined ? {} : { router: async (request) => table[request.headers.host ?? ''] ?? '' }),
    on: {
      proxyRes: (incoming) => {
        for (const [name, value] of Object.entries(setup.responseFields ?? {})) incoming.headers[name] = value
      },
    },
  }
}
