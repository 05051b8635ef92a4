import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface TestOrigin {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly port: number
  readonly server: Server
  /** What has come so far, oldest first. */
  readonly requests: readonly IncomingMessage[]
  /** Ends every connection. */
  close(): Promise<void>
}

/** A real server on a free port. Without `answer` it tells in JSON what came: method, url, headers, body. */
export async function startOrigin(answer: RequestListener = mirror): Promise<TestOrigin> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    requests,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

const mirror: RequestListener = async function mirror(request, response) {
  const { method, url, headers } = request
  const body = await text(request)
  response.writeHead(200, { 'content-type': 'application/json', server: 'mirror' })
  response.end(JSON.stringify({ method, url, headers, body }))
}
