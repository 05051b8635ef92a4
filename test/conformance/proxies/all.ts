import type { ProxyUnderTest } from '../harness/case.ts'

/** Every proxy by name, loaded when asked for. The first is ours. */
export const proxies: Readonly<Record<string, () => Promise<ProxyUnderTest>>> = {
  sallyport: async () => (await import('./sallyport.ts')).sallyport,
  '@fastify/http-proxy': async () => (await import('./fastify-http-proxy.ts')).fastifyHttpProxy,
  'http-proxy-3': async () => (await import('./http-proxy-3.ts')).httpProxy3,
  httpxy: async () => (await import('./httpxy.ts')).httpxy,
  'http-proxy-middleware': async () => (await import('./http-proxy-middleware.ts')).httpProxyMiddleware,
}
