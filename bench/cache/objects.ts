import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'

const LEAST = 1024
const MOST = 16 * 1024

/** Bytes of object `n`: 1 to 16 KB, the same each time, 8.5 KB in the mean. */
export function sizeOf(n: number): number {
  // A multiplier without a factor in common with the range takes each size in turn.
  return LEAST + ((n * 7919) % (MOST - LEAST + 1))
}

/** Content that no other object has. */
function contentOf(n: number): Buffer {
  const content = Buffer.alloc(sizeOf(n), `${n} `)
  return content
}

export interface ObjectOrigin {
  readonly port: number
  /** Requests so far. */
  readonly asked: () => number
  close(): Promise<void>
}

/** `/object/N` is fresh for a day, `/private/N` the same and never stored. */
export async function objectOrigin(): Promise<ObjectOrigin> {
  let asked = 0
  const server = http.createServer((req, res) => {
    asked++
    const [, kind, n] = req.url!.split('/')
    const content = contentOf(Number(n))
    res.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': content.length,
      'cache-control': kind === 'object' ? 'public, max-age=86400' : 'no-store',
      etag: `"${n}"`,
    })
    res.end(content)
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    asked: () => asked,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** How one request for an object went. */
export interface Outcome {
  /** `performance.now()` at its begin. */
  readonly began: number
  /** Until the last byte. */
  readonly milliseconds: number
  /** Undefined when the answer was right. */
  readonly fault: string | undefined
}

/** Asks for `next()` again and again, `connections` at a time, until it gives undefined. Compares each byte. */
export async function askFor(
  port: number,
  kind: 'object' | 'private',
  connections: number,
  next: () => number | undefined,
  tell: (outcome: Outcome) => void,
): Promise<void> {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: 1, bodyTimeout: 20_000 })
  await Promise.all(Array.from({ length: connections }, loop))
  await pool.close()

  async function loop(): Promise<void> {
    for (let n = next(); n !== undefined; n = next()) {
      const began = performance.now()
      const fault = await faultOf(n)
      tell({ began, milliseconds: performance.now() - began, fault })
    }
  }

  async function faultOf(n: number): Promise<string | undefined> {
    try {
      const { statusCode, body } = await pool.request({ path: `/${kind}/${n}`, method: 'GET' })
      const content = Buffer.from(await body.arrayBuffer())
      if (statusCode !== 200) return `answered ${statusCode}`
      return content.equals(contentOf(n)) ? undefined : `${content.length} bytes that are not those of the origin`
    } catch (error) {
      return (error as Error).message
    }
  }
}
