import net from 'node:net'
import { OptionError } from '../contract/options.ts'
import type { Upstream, UpstreamSettings } from '../contract/pool.ts'

const right = "give an http or https URL such as 'http://127.0.0.1:3000', or 'http+unix:/path/to.sock'"
const unix = /^(?:unix|http\+unix|unix\+http):(?:\/\/)?(\/[^?#]*)$/

/**
 * Reads the URL of an upstream. A path in the URL goes before every path that is sent there.
 * @throws OptionError for another scheme, userinfo, a query, a fragment
 */
export function createUpstream(option: string, url: string, settings: UpstreamSettings = {}): Upstream {
  const common = {
    http2: settings.http2 ?? false,
    tls: settings.tls,
    address: settings.address,
    maxConnections: settings.maxConnections ?? 4096,
  }

  const socketPath = typeof url === 'string' ? unix.exec(url)?.[1] : undefined
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

  const parsed = typeof url === 'string' ? URL.parse(url) : null
  if (parsed === null) throw new OptionError(option, url, right)
  const { protocol } = parsed
  if (protocol !== 'http:' && protocol !== 'https:') throw new OptionError(option, url, right)
  if (parsed.username !== '' || parsed.password !== '') {
    throw new OptionError(option, parsed.host, `credentials do not belong in the URL; ${right}`)
  }
  if (parsed.search !== '' || parsed.hash !== '')
    throw new OptionError(option, url, `no query or fragment here; ${right}`)

  const hostname = parsed.hostname.startsWith('[') ? parsed.hostname.slice(1, -1) : parsed.hostname
  const port = parsed.port === '' ? (protocol === 'https:' ? 443 : 80) : Number(parsed.port)
  if (port === 0) throw new OptionError(option, url, `port 0 is no port to connect to; ${right}`)
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
