import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline, Readable } from 'node:stream'

const piece = Buffer.alloc(64 * 1024, 'x')

/** An origin for large bodies: GET `/bytes/N` sends N bytes as they are taken, POST counts what it gets. */
export interface BigOrigin {
  readonly port: number
  /** Bytes of bodies handed to the socket, and taken from it. */
  readonly moved: { sent: number; received: number }
  close(): Promise<void>
}

/** `readPause`: milliseconds between two reads of 1 KB of an upload; 0 reads at full speed. */
export async function bigOrigin({ readPause = 0 } = {}): Promise<BigOrigin> {
  const moved = { sent: 0, received: 0 }
  const server = http.createServer((req, res) => {
    if (req.method === 'GET') send(res, Number(req.url?.split('/').at(-1)))
    else void receive(req, res)
  })
  server.requestTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  function send(res: http.ServerResponse, bytes: number): void {
    res.writeHead(200, { 'content-length': bytes, 'content-type': 'application/octet-stream' })
    let left = bytes
    const body = new Readable({
      highWaterMark: piece.length,
      read() {
        const size = Math.min(left, piece.length)
        left -= size
        moved.sent += size
        this.push(size === 0 ? null : piece.subarray(0, size))
      },
    })
    pipeline(body, res, () => {})
  }

  async function receive(req: http.IncomingMessage, res: http.ServerResponse): Promise<void> {
    req.on('error', () => {})
    if (readPause > 0) {
      await readSlowly(req, readPause, (bytes) => {
        moved.received += bytes
      })
    } else {
      for await (const chunk of req) moved.received += (chunk as Buffer).length
    }
    res.end(String(moved.received))
  }

  return {
    port: (server.address() as AddressInfo).port,
    moved,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Takes 1 KB, waits, takes the next, until the stream is closed. */
export async function readSlowly(
  stream: http.IncomingMessage,
  pause: number,
  took: (bytes: number) => void,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const chunk = stream.read(1024) as Buffer | null
      if (chunk !== null) took(chunk.length)
    }, pause)
    // Without a listener the stream would not fetch anything from its socket.
    stream.on('readable', () => {})
    stream.once('close', () => {
      clearInterval(timer)
      resolve()
    })
  })
}
