import { once } from 'node:events'
import net from 'node:net'
import type { TestContext } from 'node:test'
import { systemClock } from '../../src/contract/clock.ts'
import { ProxyError } from '../../src/contract/errors.ts'
import type { SocksRequest } from '../../src/forward-proxy/socks/reader.ts'
import { socksServer } from '../../src/forward-proxy/socks/server.ts'
import { splice } from '../../src/net/splice.ts'

export interface SocksParentOptions {
  /** The port that every request is led to. @default the one that is asked for */
  readonly to?: number
  /** Of every user. @default nobody is asked who it is */
  readonly password?: string | undefined
}

/**
 * Our own SOCKS server; `asked` is what it was asked for. It takes every name for 127.0.0.1, but for `denied.test`, which it
 * denies.
 */
export async function socksParent(
  t: TestContext,
  { to, password }: SocksParentOptions = {},
): Promise<{ port: number; asked: SocksRequest[] }> {
  const asked: SocksRequest[] = []
  const server = net
    .createServer({ allowHalfOpen: true }, (socket) => {
      socksServer<string>(
        socket,
        {
          clock: systemClock,
          handshakeTimeout: 5000,
          ...(password === undefined
            ? {}
            : { authenticate: (user, given, callback) => callback(given === password ? user : undefined) }),
          connect(request, _identity, callback) {
            asked.push(request)
            if (request.host === 'denied.test') {
              callback(new ProxyError('SP_DENIED'), null)
              return () => {}
            }
            const upstream = net.connect({ port: to ?? request.port, host: '127.0.0.1', allowHalfOpen: true })
            upstream.once('error', () => callback(new ProxyError('SP_CONNECT_REFUSED'), null))
            upstream.once('connect', () => callback(null, upstream))
            return () => upstream.destroy()
          },
        },
        (outcome) => {
          if (outcome.reason !== null) return
          splice(socket, outcome.upstream, { clock: systemClock, idleTimeout: 0, maxLifetime: 0, onEnd() {} })
        },
      )
    })
    .listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { port: (server.address() as net.AddressInfo).port, asked }
}
