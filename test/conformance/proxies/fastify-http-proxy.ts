import httpProxy, { type FastifyHttpProxyOptions } from '@fastify/http-proxy'
import Fastify, { type FastifyInstance } from 'fastify'
import type { ProxyUnderTest, RunningProxy, Setup } from '../harness/case.ts'
import { certificate, privateKey } from '../harness/certificate.ts'
import { clientTimeouts, has, listenFastify } from './listening.ts'

/** https://github.com/fastify/fastify-http-proxy, with `websocket: true`. */
export const fastifyHttpProxy: ProxyUnderTest = { name: '@fastify/http-proxy', start }

const things = [
  'inbound',
  'mounts',
  'timeouts',
  'clientTimeouts',
  'trustLoopback',
  'hostRules',
  'chosenByHost',
  'upstreamHttp2',
  'requestFields',
  'responseFields',
  'besideWebsocketPlugin',
  'afterBodyParser',
  'port',
] as const

async function start(upstreams: readonly string[], setup: Setup): Promise<RunningProxy> {
  has('@fastify/http-proxy', setup, things)
  const app = Fastify(serverFor(setup)) as unknown as FastifyInstance
  if (setup.besideWebsocketPlugin === true) await addWebsocketEcho(app)
  const options = proxyOptions(setup)
  if (setup.hostRules !== undefined) {
    for (const [host, upstream] of Object.entries(setup.hostRules)) {
      await app.register(httpProxy, { ...options, upstream, constraints: { host } })
    }
    return listenFastify(app, setup)
  }
  for (const { prefix, to } of setup.mounts ?? [{ prefix: '/' }]) {
    const base = new URL(upstreams[0] ?? '')
    // The README: paths in `upstream` are ignored, rewritePrefix is the place for them; without it the prefix goes.
    const rewritePrefix = to ?? (base.pathname === '/' ? prefix : `${base.pathname}/`)
    const rewrite = rewritePrefix === '/' ? {} : { rewritePrefix }
    const upstream = setup.chosenByHost === undefined ? base.origin : ''
    await app.register(httpProxy, { ...options, upstream, prefix, ...rewrite })
  }
  return listenFastify(app, setup)
}

function serverFor(setup: Setup): object {
  const { connectionsCheckingInterval, headersTimeout, requestTimeout } = clientTimeouts(setup)
  return {
    ...(setup.trustLoopback === true ? { trustProxy: '127.0.0.1' } : {}),
    ...(requestTimeout === undefined ? {} : { requestTimeout, http: { headersTimeout, connectionsCheckingInterval } }),
    ...(setup.inbound === 'http2' ? { http2: true } : {}),
    ...(setup.inbound === 'tls'
      ? { http2: true, https: { key: privateKey, cert: certificate, allowHTTP1: true } }
      : {}),
  }
}

function proxyOptions(setup: Setup): Omit<FastifyHttpProxyOptions, 'upstream'> {
  const { connect, firstByte, betweenBytes } = setup.timeouts ?? {}
  const undici = {
    ...(connect === undefined ? {} : { connect: { timeout: connect } }),
    ...(firstByte === undefined ? {} : { headersTimeout: firstByte }),
    ...(betweenBytes === undefined ? {} : { bodyTimeout: betweenBytes }),
  }
  return {
    ...(setup.inbound === undefined || setup.inbound === 'http1' ? { websocket: true } : {}),
    ...(setup.timeouts === undefined ? {} : { undici }),
    ...(setup.upstreamHttp2 === true ? { http2: true } : {}),
    ...(setup.afterBodyParser === true ? { proxyPayloads: false } : {}),
    replyOptions: replyOptions(setup),
  } as unknown as Omit<FastifyHttpProxyOptions, 'upstream'>
}

function replyOptions(setup: Setup): NonNullable<FastifyHttpProxyOptions['replyOptions']> {
  const table = setup.chosenByHost
  return {
    ...(table === undefined ? {} : { getUpstream: (request) => table[request.headers.host ?? ''] ?? '' }),
    ...(setup.requestFields === undefined
      ? {}
      : { rewriteRequestHeaders: (_request, headers) => ({ ...headers, ...setup.requestFields }) }),
    ...(setup.responseFields === undefined
      ? {}
      : { rewriteHeaders: (headers) => ({ ...headers, ...setup.responseFields }) }),
  }
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
