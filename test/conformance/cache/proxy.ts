import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import sallyport, { serverOptions } from '../../../plugins/suite/index.ts'

export interface CachingProxy {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  close(): Promise<void>
}

/** What is not as it is without options, for the page: each a sentence in Markdown. */
export const proxySettings: readonly string[] = [
  '`storeSetCookie: true`: the suite wants Set-Cookie to be stored; by default we do not.',
  "`surrogate: 'sallyport'`: Surrogate-Control is honoured; by default it is left alone.",
]

/** The whole proxy before `originUrl`: Fastify, the suite of plugins, the cache. */
export async function startCachingProxy(originUrl: string): Promise<CachingProxy> {
  const app = Fastify(serverOptions()) as unknown as FastifyInstance
  await app.register(sallyport, {
    observe: false,
    cache: { storeSetCookie: true, surrogate: 'sallyport' },
    reverse: { upstream: originUrl },
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close: () => app.close() }
}
