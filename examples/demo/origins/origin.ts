import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

/** A small server. */
export interface Origin {
  readonly name: string
  readonly url: string
  /** Drops every connection, as a crash would. */
  stop(): Promise<void>
}

export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Starts an origin on a port of the loopback interface; 0 is any free one. */
export async function startOrigin(
  name: string,
  answer: RequestListener,
  { upgrade, port = 0 }: { readonly upgrade?: UpgradeListener; readonly port?: number } = {},
): Promise<Origin> {
  const server = createServer(answer)
  const upgraded = new Set<Duplex>()
  if (upgrade !== undefined) {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      upgraded.add(socket)
      socket.once('close', () => upgraded.delete(socket))
      upgrade(request, socket, head)
    })
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    name,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      for (const socket of upgraded) socket.destroy()
      await closed
    },
  }
}
