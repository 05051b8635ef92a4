import net from 'node:net'
import tls from 'node:tls'
import type { Clock } from '../contract/clock.ts'
import { ProxyError } from '../contract/errors.ts'
import type { Exchange } from '../contract/exchange.ts'
import type { DispatchOptions } from '../contract/layer.ts'
import type { Upstream } from '../contract/pool.ts'
import { connectError } from './failure.ts'

export interface DialOptions {
  readonly clock: Clock
  /** Milliseconds until the connection, TLS included, must stand. 0 is no limit. */
  readonly timeout: number
  /** ALPN offers, most wanted first. */
  readonly alpn: readonly string[]
  /** Takes what is read, past the stream that the socket would make of it. */
  readonly onread?: net.OnReadOpts
  /** For whom: when nobody waits any more, the dial ends with SP_CLIENT_GONE. */
  readonly exchange?: Exchange | undefined
}

/** Dials an upstream over TCP, TLS or a Unix socket. Calls back once, with a ProxyError or a connected socket. */
export function dial(
  upstream: Upstream,
  options: DialOptions,
  callback: (error: ProxyError | null, socket: net.Socket | null) => void,
): net.Socket {
  const secure = upstream.protocol === 'https:'
  const where = {
    ...(upstream.socketPath === undefined
      ? { host: upstream.address ?? upstream.hostname, port: upstream.port }
      : { path: upstream.socketPath }),
    ...(options.onread === undefined ? {} : { onread: options.onread }),
  }
  const socket = secure
    ? tls.connect(tlsOptions(upstream, where, options.alpn))
    : net.connect({ ...where, allowHalfOpen: true, noDelay: true } as net.TcpNetConnectOpts)
  socket.setNoDelay(true)
  socket.setKeepAlive(true, 60_000)

  const timer =
    options.timeout > 0
      ? options.clock.setTimer(() => {
          finish(new ProxyError('SP_CONNECT_TIMEOUT', `${upstream.name}: no connection within ${options.timeout} ms`))
        }, options.timeout)
      : undefined
  let done = false

  const onError = (error: Error): void => finish(connectError(error, upstream.name))
  const onClose = (): void => finish(new ProxyError('SP_CONNECT_FAILED', `${upstream.name}: closed while connecting`))
  const onReady = (): void => finish(null)
  const onGone = (): void => finish(new ProxyError('SP_CLIENT_GONE'))

  function finish(error: ProxyError | null): void {
    if (done) return
    done = true
    if (timer !== undefined) options.clock.clearTimer(timer)
    options.exchange?.offGone(onGone)
    socket.off('close', onClose)
    socket.off(secure ? 'secureConnect' : 'connect', onReady)
    if (error === null) {
      socket.off('error', onError)
      callback(null, socket)
    } else {
      socket.destroy()
      callback(error, null)
    }
  }

  // The error listener stays on a failed socket: a late second error must not be unhandled.
  socket.on('error', onError)
  options.exchange?.onGone(onGone)
  socket.once('close', onClose)
  socket.once(secure ? 'secureConnect' : 'connect', onReady)
  return socket
}

/** Milliseconds, 0 for no limit: what the exchange says, or five seconds. */
export function connectTimeoutOf({ connectTimeout = 5000 }: DispatchOptions): number {
  return connectTimeout
}

function tlsOptions(upstream: Upstream, where: object, alpn: readonly string[]): tls.ConnectionOptions {
  const own = upstream.tls
  // tls.connect() hands allowHalfOpen on to the socket; Node's types do not know it.
  const options: tls.ConnectionOptions & { allowHalfOpen: boolean } = {
    ...where,
    ...(own?.ca === undefined ? {} : { ca: own.ca as string }),
    ...(own?.cert === undefined ? {} : { cert: own.cert }),
    ...(own?.key === undefined ? {} : { key: own.key }),
    ...(own?.passphrase === undefined ? {} : { passphrase: own.passphrase }),
    ...(own?.minVersion === undefined ? {} : { minVersion: own.minVersion }),
    ALPNProtocols: [...alpn],
    allowHalfOpen: true,
    // RFC 6066 section 3: a literal address is no server name. The certificate is still checked against it.
    servername: own?.servername ?? (net.isIP(upstream.hostname) === 0 ? upstream.hostname : ''),
    rejectUnauthorized: own?.rejectUnauthorized ?? true,
  }
  return options
}
