import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { NotApplicable, type RunningProxy, type Setup } from '../harness/case.ts'

/** Starts a Fastify application. */
export async function listenFastify(app: FastifyInstance, setup: Setup): Promise<RunningProxy> {
  try {
    await app.listen({ port: setup.port ?? 0, host: '127.0.0.1' })
  } catch (error) {
    await app.close()
    throw error
  }
  return running((app.server.address() as AddressInfo).port, () => app.close())
}

/** A plain `node:http` server around a proxy library, as their READMEs have it. */
export async function listenPlain(
  setup: Setup,
  web: (request: IncomingMessage, response: ServerResponse) => unknown,
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => unknown,
): Promise<RunningProxy> {
  const server = createServer(clientTimeouts(setup), (request, response) => {
    if (setup.afterBodyParser === true) request.resume().once('end', () => web(request, response))
    else web(request, response)
  })
  server.on('upgrade', upgrade)
  await listening(server, setup.port ?? 0)
  return running((server.address() as AddressInfo).port, async () => {
    await new Promise((resolve) => server.close(resolve))
  })
}

/** Node's own limits for slow clients, which every peer can have. */
export function clientTimeouts(setup: Setup): {
  headersTimeout?: number
  requestTimeout?: number
  connectionsCheckingInterval?: number
} {
  const { head, body } = setup.clientTimeouts ?? {}
  if (head === undefined && body === undefined) return {}
  return {
    connectionsCheckingInterval: 50,
    // Node refuses a head that may take longer than the whole request.
    headersTimeout: head ?? Math.min(body ?? 60_000, 60_000),
    requestTimeout: body ?? 300_000,
  }
}

/** The peer has no such thing: the case says nothing about it. */
export function has(peer: string, setup: Setup, things: readonly (keyof Setup)[]): void {
  for (const thing of Object.keys(setup) as (keyof Setup)[]) {
    if (setup[thing] !== undefined && !things.includes(thing)) throw new NotApplicable(`${peer} has no ${thing}`)
  }
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
}

function running(port: number, close: () => Promise<void>): RunningProxy {
  return { port, close, memory: async () => process.memoryUsage.rss() }
}
