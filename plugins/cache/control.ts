import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../src/contract/clock.ts'
import type { ControlSettings } from './control-options.ts'
import { answerControl } from './control-requests.ts'
import { listenAtSocket } from './control-socket.ts'
import type { HttpCache } from './index.ts'

/** A listener of its own: no proxied path leads to it. */
export interface Control {
  /** The path of the socket, or `http://127.0.0.1:8090`. */
  readonly at: string
  close(): Promise<void>
}

/**
 * Listens for `sallyport cache` and for scripts.
 * @throws Error that says why it cannot, and what to do
 */
export async function openControl(settings: ControlSettings, cache: HttpCache, clock: Clock): Promise<Control> {
  const may = 'token' in settings ? bearer(settings.token) : () => true
  const server = createServer(limits, answerControl(cache, clock, may))
  server.maxConnections = 32
  // Such as no file descriptor for one more client: that client's loss alone.
  server.on('error', () => {})
  // A purge is no reason for a process to go on living.
  server.unref()
  if ('path' in settings) {
    const remove = await listenAtSocket(server, settings.path)
    return { at: settings.path, close: () => close(server).then(remove) }
  }
  const { host } = settings
  await listen(server, host, settings.port)
  const { port } = server.address() as AddressInfo
  return { at: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, close: () => close(server) }
}

const limits = { maxHeaderSize: 16 * 1024, headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 1_000 }

/** In a time that tells nothing of where a guess goes wrong, nor of how long the token is. */
function bearer(token: string): (request: IncomingMessage) => boolean {
  const right = digest(token)
  return function hasToken({ headers }) {
    const [, given = ''] = /^bearer +([!-~]+)$/i.exec(headers.authorization ?? '') ?? []
    return timingSafeEqual(digest(given), right)
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const why = code === 'EADDRINUSE' ? 'the port is taken: choose another one' : message
      reject(new Error(`the control of the cache cannot listen on ${host}:${port}: ${why}`))
    })
    server.listen({ host, port, exclusive: true }, resolve)
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
