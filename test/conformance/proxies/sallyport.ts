import Fastify, { type FastifyInstance } from 'fastify'
import kernel, { serverOptions } from '../../../plugins/kernel/index.ts'
import reverseProxy from '../../../plugins/reverse-proxy/index.ts'
import type { ProxyRouteOptions } from '../../../plugins/reverse-proxy/options.ts'
import type { ProxyUnderTest, RunningProxy, Setup } from '../harness/case.ts'
import { certificate, privateKey } from '../harness/certificate.ts'
import { listenFastify } from './listening.ts'

/** This project. */
export const sallyport: ProxyUnderTest = { name: 'sallyport', start }

async function start(upstreams: readonly string[], setup: Setup): Promise<RunningProxy> {
  const app = Fastify(serverFor(setup)) as unknown as FastifyInstance
  await app.register(kernel, {
    drainTimeout: 1000,
    ...(setup.trustLoopback === true ? { trustedProxies: ['127.0.0.1'] } : {}),
    ...(setup.pseudonym === undefined ? {} : { pseudonym: setup.pseudonym }),
  })
  if (setup.besideWebsocketPlugin === true) await addWebsocketEcho(app)
  const route = routeOptions(setup)
  if (setup.afterBodyParser === true) {
    await app.register(reverseProxy, { ...route, upstream: upstreams, prefix: '/proxied' })
    app.post('/*', (_request, reply) => reply.proxy({ ...route, upstream: upstreams }))
  } else if (setup.hostRules !== undefined) {
    for (const [host, upstream] of Object.entries(setup.hostRules)) {
      await app.register(reverseProxy, { ...route, upstream, prefix: '/', constraints: { host } })
    }
  } else {
    for (const { prefix, to } of setup.mounts ?? [{ prefix: '/' }]) {
      const rewrite = to === undefined ? {} : { rewritePrefix: to }
      await app.register(reverseProxy, { ...route, upstream: chooser(setup) ?? upstreams, prefix, ...rewrite })
    }
  }
  return listenFastify(app, setup)
}

function serverFor(setup: Setup): object {
  const { head } = setup.clientTimeouts ?? {}
  const http = head === undefined ? {} : { http: { headersTimeout: head, connectionsCheckingInterval: 50 } }
  if (setup.inbound === 'http2') return serverOptions({ http2: true })
  if (setup.inbound !== 'tls') return serverOptions(http)
  return serverOptions({ http2: true, https: { key: privateKey, cert: certificate, allowHTTP1: true } })
}

function routeOptions(setup: Setup): ProxyRouteOptions {
  const { body } = setup.clientTimeouts ?? {}
  return {
    ...(setup.timeouts === undefined ? {} : { timeouts: setup.timeouts }),
    ...(body === undefined ? {} : { minUploadRate: { bytesPerSecond: 500, grace: body } }),
    ...(setup.upstreamHttp2 === true ? { http2: true } : {}),
    ...(setup.requestFields === undefined ? {} : { requestFields: { set: setup.requestFields } }),
    ...(setup.responseFields === undefined ? {} : { responseFields: { set: setup.responseFields } }),
    ...(setup.upgradeIdle === undefined ? {} : { upgrade: { idleTimeout: setup.upgradeIdle } }),
  }
}

function chooser(setup: Setup): ProxyRouteOptions['upstream'] {
  const table = setup.chosenByHost
  if (table === undefined) return undefined
  return async (request) => table[request.headers.host ?? ''] ?? Promise.reject(new Error('unknown tenant'))
}

async function addWebsocketEcho(app: FastifyInstance): Promise<void> {
  const { default: websocket } = await import('@fastify/websocket')
  await app.register(websocket)
  await app.register(async (scope) => {
    scope.get('/local', { websocket: true }, (socket) => {
      socket.on('message', (text) => socket.send(String(text)))
    })
  })
}
