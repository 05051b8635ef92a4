import net from 'node:net'
import type { Upstream } from '../contract/pool.ts'

/** Does anybody accept a TCP connection there? Gives the reason why not, or undefined. */
export function probe(upstream: Upstream, timeout: number): Promise<string | undefined> {
  const { socketPath, hostname, port } = upstream
  return new Promise((resolve) => {
    const socket = socketPath === undefined ? net.connect({ host: hostname, port }) : net.connect(socketPath)
    const end = (reason: string | undefined): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(reason)
    }
    const timer = setTimeout(() => end(`no answer within ${timeout / 1000} s`), timeout)
    socket.once('connect', () => end(undefined))
    // Stays for good: a socket may fail again after the first error.
    socket.on('error', (error: NodeJS.ErrnoException) => end(reasons[error.code ?? ''] ?? error.code ?? error.message))
  })
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'the name is not known',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ENOENT: 'there is no such socket',
}
