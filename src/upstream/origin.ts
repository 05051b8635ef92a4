import net from 'node:net'
import type { Upstream, UpstreamSettings } from '../contract/pool.ts'
import { readOriginUrl } from '../http/origin-url.ts'

/**
 * Reads the URL of an upstream. A path in the URL goes before every path that is sent there.
 * @throws OptionError for what is none; see readOriginUrl
 */
export function createUpstream(option: string, url: string, settings: UpstreamSettings = {}): Upstream {
  const common = {
    http2: settings.http2 ?? false,
    tls: settings.tls,
    address: settings.address,
    maxConnections: settings.maxConnections ?? 4096,
  }

  const { socketPath, url: parsed } = readOriginUrl(option, url)
  if (socketPath !== undefined) {
    return Object.freeze({
      ...common,
      name: `unix:${socketPath}`,
      origin: 'http://localhost',
      protocol: 'http:',
      hostname: 'localhost',
      port: 80,
      authority: 'localhost',
      basePath: '',
      socketPath,
    })
  }

  const { protocol } = parsed as { protocol: 'http:' | 'https:' }
  const hostname = parsed.hostname.startsWith('[') ? parsed.hostname.slice(1, -1) : parsed.hostname
  const port = parsed.port === '' ? (protocol === 'https:' ? 443 : 80) : Number(parsed.port)
  const { address = hostname } = settings
  return Object.freeze({
    ...common,
    name: `${net.isIPv6(address) ? `[${address}]` : address}:${port}`,
    origin: parsed.origin,
    protocol,
    hostname,
    port,
    authority: parsed.host,
    basePath: parsed.pathname.replace(/\/+$/, ''),
    socketPath: undefined,
  })
}
