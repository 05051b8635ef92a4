import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'

/** How a process of this bench was asked to run: `node proxies/x.ts ORIGIN [--http2] [--access-log]`. */
export interface Entry {
  /** `http://127.0.0.1:PORT` of the origin. */
  readonly origin: string
  /** Speak cleartext HTTP/2 to clients. */
  readonly http2: boolean
  readonly accessLog: boolean
}

/** What a process answers to the message `'memory'`, after a garbage collection where `--expose-gc` allows one. */
export interface MemoryReport {
  readonly collected: boolean
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
}

export function readEntry(): Entry {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { http2: { type: 'boolean', default: false }, 'access-log': { type: 'boolean', default: false } },
  })
  const origin = positionals[0]
  if (origin === undefined) throw new Error('the URL of the origin is missing')
  return { origin, http2: values.http2, accessLog: values['access-log'] }
}

/** Tells the parent the port, answers its questions, and ends with it: no process outlives the run. */
export function ready(server: { address(): AddressInfo | string | null }): void {
  process.on('disconnect', () => process.exit(0))
  process.on('message', (message) => {
    if (message === 'exit') process.exit(0)
    if (message === 'memory') process.send?.({ memory: memory() })
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  process.send?.({ port: address.port })
}

function memory(): MemoryReport {
  const collect = (globalThis as { gc?: () => void }).gc
  // Twice: what a finalizer lets go in the first is freed in the second.
  collect?.()
  collect?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  return { collected: collect !== undefined, rss, heapUsed, external }
}
