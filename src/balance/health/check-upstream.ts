import { isIPv6 } from 'node:net'
import { OptionError } from '../../contract/options.ts'
import type { Upstream } from '../../contract/pool.ts'
import type { HealthSettings } from './options.ts'

/** One check at a time, and a few that are on their way out. */
const maxConnections = 8

/**
 * Where the checks of an upstream go. Always an upstream of its own, so that checks neither wait for a connection behind
 * traffic nor take one from it: an upstream that is busy is not one that is down.
 * @throws OptionError for a port of a Unix socket
 */
export function checkUpstream(upstream: Upstream, settings: HealthSettings): Upstream {
  const { kind, tls = upstream.tls, http2 = upstream.http2, port, option } = settings
  // The path of a gRPC method stands for itself.
  const basePath = kind === 'grpc' ? '' : upstream.basePath
  const own = { ...upstream, tls, http2, basePath, maxConnections }
  if (port === undefined || port === upstream.port) return Object.freeze(own)
  if (upstream.socketPath !== undefined) {
    throw new OptionError(`${option}.port`, port, `'${upstream.name}' is a Unix socket, which has no port`)
  }
  const { protocol, hostname, address = hostname } = upstream
  const authority = port === (protocol === 'https:' ? 443 : 80) ? inUrl(hostname) : `${inUrl(hostname)}:${port}`
  return Object.freeze({
    ...own,
    port,
    authority,
    name: `${inUrl(address)}:${port}`,
    origin: `${protocol}//${authority}`,
  })
}

function inUrl(host: string): string {
  return isIPv6(host) ? `[${host}]` : host
}
