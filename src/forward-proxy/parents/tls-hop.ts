import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { connectError } from '../../upstream/failure.ts'
import type { HandshakeFault } from './converse.ts'
import { type Parent, serverName } from './parent.ts'

/**
 * Speaks TLS with an HTTPS parent over a connection that stands. Its certificate is verified for the host of its URL. On
 * failure and on cancel both sockets are destroyed.
 * @param callback called once, unless cancelled
 */
export function secure(
  socket: Duplex,
  parent: Parent,
  callback: (fault: HandshakeFault | null, secured: Duplex | null) => void,
): () => void {
  const secured = tls.connect(optionsOf(socket, parent))
  let done = false

  function finish(fault: HandshakeFault | null): void {
    if (done) return
    done = true
    secured.off('secureConnect', onSecure)
    secured.off('close', onClose)
    // The error listener stays: what is done with a socket that broke may break once more.
    if (fault === null) {
      callback(null, secured)
    } else {
      secured.destroy()
      socket.destroy()
      callback(fault, null)
    }
  }

  const onSecure = (): void => finish(null)
  const onClose = (): void =>
    finish({ code: 'SP_TLS_PROTOCOL', detail: 'closed during the TLS handshake', parentFailed: true })
  const onError = (error: Error): void => {
    const { code, message, cause } = connectError(error, 'TLS')
    // What breaks off before TLS stands is TLS that failed, whatever the socket calls it.
    finish({
      code: code === 'SP_CONNECT_FAILED' ? 'SP_TLS_PROTOCOL' : code,
      detail: message,
      parentFailed: true,
      cause,
    })
  }

  secured.on('error', onError)
  secured.on('secureConnect', onSecure)
  secured.on('close', onClose)

  return () => {
    if (done) return
    done = true
    secured.destroy()
    socket.destroy()
  }
}

function optionsOf(socket: Duplex, parent: Parent): tls.ConnectionOptions {
  const own = parent.tls
  const options: tls.ConnectionOptions & { allowHalfOpen: boolean } = {
    socket,
    // The certificate of an address is checked against `host`.
    host: parent.host,
    servername: serverName(parent),
    ALPNProtocols: ['http/1.1'],
    allowHalfOpen: true,
    rejectUnauthorized: own?.rejectUnauthorized ?? true,
    ...(own?.ca === undefined ? {} : { ca: own.ca as string }),
    ...(own?.cert === undefined ? {} : { cert: own.cert }),
    ...(own?.key === undefined ? {} : { key: own.key }),
    ...(own?.passphrase === undefined ? {} : { passphrase: own.passphrase }),
    ...(own?.minVersion === undefined ? {} : { minVersion: own.minVersion }),
  }
  return options
}
