import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

/** A small server that can be stopped and started again on the same port. */
export interface Origin {
  readonly name: string
  readonly url: string
  readonly running: boolean
  start(): Promise<void>
  /** Drops every connection, as a crash would. */
  stop(): Promise<void>
}

export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Starts an origin on a free port of the loopback interface. */
export async function startOrigin(name: string, answer: RequestListener, upgrade?: UpgradeListener): Promise<Origin> {
  const server = createServer(answer)
  const upgraded = new Set<Duplex>()
  if (upgrade !== undefined) {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      upgraded.add(socket)
      socket.once('close', () => upgraded.delete(socket))
      upgrade(request, socket, head)
    })
  }

  let port = 0
  const origin = {
    name,
    get url() {
      return `http://127.0.0.1:${port}`
    },
    get running() {
      return server.listening
    },
    async start() {
      if (server.listening) return
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, '127.0.0.1', () => {
          server.off('error', reject)
          resolve()
        })
      })
      port = (server.address() as AddressInfo).port
    },
    async stop() {
      if (!server.listening) return
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      for (const socket of upgraded) socket.destroy()
      await closed
    },
  }
  await origin.start()
  return origin
}
