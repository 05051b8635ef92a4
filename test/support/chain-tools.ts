import net from 'node:net'
import type { Duplex } from 'node:stream'
import { systemClock } from '../../src/contract/clock.ts'
import { type ChainTools, type Destination, dialChain } from '../../src/forward-proxy/parents/chain.ts'
import type { HopError } from '../../src/forward-proxy/parents/hop-error.ts'
import { type Parent, parseParent } from '../../src/forward-proxy/parents/parent.ts'
import { connectError } from '../../src/upstream/failure.ts'

/** Dials with no guard; resolves every name as 127.0.0.1. */
export const chainTools: ChainTools = {
  clock: systemClock,
  timeout: 5000,
  dial(host, port, callback) {
    const socket = net.connect({ host, port, allowHalfOpen: true })
    const onError = (error: Error): void => callback(connectError(error, `${host}:${port}`), null)
    socket.once('error', onError)
    socket.once('connect', () => {
      socket.off('error', onError)
      callback(null, socket)
    })
    return () => socket.destroy()
  },
  resolve(_host, _family, callback) {
    let wanted = true
    setImmediate(() => wanted && callback(null, '127.0.0.1'))
    return () => {
      wanted = false
    }
  },
}

/** `dialChain` as a promise. */
export function dialBy(
  urls: readonly (string | Parent)[],
  target: Destination | undefined,
  tools: Partial<ChainTools> = {},
): Promise<{ error: HopError | null; socket: Duplex | null }> {
  const hops = urls.map((url) => (typeof url === 'string' ? parseParent('parent', url) : url))
  return new Promise((resolve) => {
    dialChain(hops, target, { ...chainTools, ...tools }, (error, socket) => resolve({ error, socket }))
  })
}
