import type { AddressInfo, Socket } from 'node:net'
import type { TestContext } from 'node:test'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import kernel from '../../../plugins/kernel/index.ts'
import { serverOptions } from '../../../plugins/kernel/server-options.ts'
import type { KernelOptions } from '../../../plugins/kernel/types.ts'
import reverseProxy, { type ReverseProxyOptions } from '../../../plugins/reverse-proxy/index.ts'
import type { Exchange } from '../../../src/contract/exchange.ts'

export interface Gate {
  readonly app: FastifyInstance
  readonly port: number
  readonly url: string
  /** Exchanges that are over, oldest first. */
  readonly settled: readonly Exchange[]
}

export interface GateOptions {
  readonly kernel?: KernelOptions
  readonly server?: object
  /** Adds an onSend hook, so that answers take the way through Fastify's reply. */
  readonly hooks?: boolean
}

/** A Fastify server with the kernel, whatever `build` adds, and a free port. Closed with the test. */
export async function openGate(
  t: TestContext,
  build: (app: FastifyInstance) => unknown,
  options: GateOptions = {},
): Promise<Gate> {
  const app = Fastify(serverOptions({ ...options.server }) as FastifyServerOptions) as unknown as FastifyInstance
  const sockets = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    await app.close()
  })
  await app.register(kernel, { pseudonym: 'gate', drainTimeout: 200, ...options.kernel })
  const settled: Exchange[] = []
  app.proxy.onSettle((exchange) => settled.push(exchange))
  if (options.hooks === true) app.addHook('onSend', async (_request, _reply, payload) => payload)
  await build(app)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return { app, port, url: `http://127.0.0.1:${port}`, settled }
}

/** A gate with one reverse proxy in it. */
export function proxyTo(t: TestContext, options: ReverseProxyOptions, rest: GateOptions = {}): Promise<Gate> {
  return openGate(t, (app) => app.register(reverseProxy, options), rest)
}
