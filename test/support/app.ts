import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import kernel, { type KernelOptions, serverOptions } from '../../plugins/kernel/index.ts'
import reverseProxy, { type ReverseProxyOptions } from '../../plugins/reverse-proxy/index.ts'
import type { Exchange } from '../../src/contract/exchange.ts'
import { startOrigin as listenOrigin, type TestOrigin } from './origin.ts'

export interface ProxySetup {
  readonly kernel?: KernelOptions
  /** Mounted at the root of the app, after `setup`. False: none. */
  readonly reverse?: ReverseProxyOptions | false
  /** For `Fastify()`, over serverOptions(). */
  readonly server?: object
  /** Runs between the kernel and the mount. */
  readonly setup?: (app: FastifyInstance) => unknown
}

export interface TestProxy {
  readonly app: FastifyInstance
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly port: number
  /** Exchanges that are over, oldest first; one that is settled twice stands twice. */
  readonly settled: readonly Exchange[]
}

/** A real proxy on a free port, closed with the test. */
export async function startProxy(t: TestContext, setup: ProxySetup = {}): Promise<TestProxy> {
  const settled: Exchange[] = []
  const app = Fastify(serverOptions(setup.server ?? {})) as unknown as FastifyInstance
  t.after(() => app.close())
  await app.register(kernel, { drainTimeout: 5000, pseudonym: 'gate', ...setup.kernel })
  app.proxy.onSettle((exchange) => settled.push(exchange))
  await app.register(reverseProxy)
  await setup.setup?.(app)
  if (setup.reverse !== undefined && setup.reverse !== false) await app.register(reverseProxy, setup.reverse)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return { app, url: `http://127.0.0.1:${port}`, port, settled }
}

/** A real origin on a free port, closed with the test. Without `answer` it tells in JSON what came. */
export async function startOrigin(t: TestContext, answer?: RequestListener): Promise<TestOrigin> {
  const origin = await listenOrigin(answer)
  t.after(() => origin.close())
  return origin
}
