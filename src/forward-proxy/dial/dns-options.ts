import dns from 'node:dns'
import { isIP } from 'node:net'
import type { Clock } from '../../contract/clock.ts'
import { duration, knownKeys, OptionError, time } from '../../contract/options.ts'
import type { UpstreamTls } from '../../contract/pool.ts'
import { type HttpsServer, httpsSource } from './https-source.ts'
import { createResolver, type Resolver } from './resolver.ts'
import { serverSource } from './server-source.ts'
import { systemSource } from './system-source.ts'

/** How names are looked up. Times are milliseconds, or text such as `'5s'`. */
export interface ResolverOptions {
  /** DNS servers, such as `'10.0.0.2'`, `'[::1]:5353'`. /etc/hosts is then not read. @default as the system does */
  readonly servers?: readonly string[]
  /** A server of DNS over HTTPS, such as `'https://9.9.9.9/dns-query'`: nobody on the way sees the names. */
  readonly https?: string | DnsOverHttpsOptions
  /** `4` or `6` asks for that family alone. @default 'both' */
  readonly family?: 4 | 6 | 'both'
  /** For a whole look-up. @default '5s' */
  readonly timeout?: number | string
  /** An answer that lives shorter is kept so long; false keeps none of TTL 0. @default '1s' */
  readonly minTtl?: number | string | false
  /** An answer that lives longer is kept so long. @default '5m' */
  readonly maxTtl?: number | string
  /** That a name does not exist is kept so long at most; false keeps it not at all. @default '10s' */
  readonly negativeTtl?: number | string | false
}

export interface DnsOverHttpsOptions {
  readonly url: string
  /** Addresses of the server. Needed where the URL has a name: to ask for it in the clear would tell everyone. */
  readonly addresses?: readonly string[]
  readonly tls?: UpstreamTls
}

const keys: readonly (keyof ResolverOptions)[] = [
  'servers',
  'https',
  'family',
  'timeout',
  'minTtl',
  'maxTtl',
  'negativeTtl',
]
const httpsKeys: readonly (keyof DnsOverHttpsOptions)[] = ['url', 'addresses', 'tls']

/**
 * A resolver from options. Whoever makes it closes it.
 * @throws OptionError
 */
export function resolverFrom(clock: Clock, options: ResolverOptions = {}, option = 'dns'): Resolver {
  knownKeys(option, options, keys)
  const { family = 'both', servers, https } = options
  if (family !== 4 && family !== 6 && family !== 'both') {
    throw new OptionError(`${option}.family`, family, "give 4, 6 or 'both'")
  }
  const minTtl = duration(`${option}.minTtl`, options.minTtl, 1000)
  const maxTtl = time(`${option}.maxTtl`, options.maxTtl, Math.max(minTtl, 300_000))
  if (maxTtl < minTtl) throw new OptionError(`${option}.maxTtl`, options.maxTtl, 'give at least as much as minTtl')
  if (servers !== undefined && https !== undefined) {
    throw new OptionError(`${option}.https`, https, `give either ${option}.servers or ${option}.https`)
  }
  const settings = {
    timeout: time(`${option}.timeout`, options.timeout, 5000),
    minTtl,
    maxTtl,
    negativeTtl: duration(`${option}.negativeTtl`, options.negativeTtl, 10_000),
  }
  const families = family === 'both' ? ([6, 4] as const) : ([family] as const)
  const source =
    https !== undefined
      ? httpsSource(clock, families, readHttps(`${option}.https`, https))
      : servers !== undefined
        ? serverSource(clock, families, readServers(`${option}.servers`, servers))
        : systemSource(families)
  return createResolver({ clock, source, settings })
}

function readServers(option: string, servers: readonly string[]): readonly string[] {
  if (!Array.isArray(servers) || servers.length === 0) {
    throw new OptionError(option, servers, "give a list of DNS servers, such as ['10.0.0.2']")
  }
  for (const [i, server] of servers.entries()) {
    try {
      new dns.Resolver().setServers([server])
    } catch {
      throw new OptionError(`${option}[${i}]`, server, "give an address: '10.0.0.2', '10.0.0.2:5353', '[::1]:5353'")
    }
  }
  return servers
}

function readHttps(option: string, given: string | DnsOverHttpsOptions): HttpsServer {
  const options = typeof given === 'string' ? { url: given } : given
  knownKeys(option, options, httpsKeys)
  const url = typeof options.url === 'string' ? URL.parse(options.url) : null
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new OptionError(option, options.url, "give an https URL such as 'https://9.9.9.9/dns-query'")
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const addresses = options.addresses ?? (isIP(host) === 0 ? [] : [host])
  if (!Array.isArray(addresses) || addresses.length === 0 || addresses.some((address) => isIP(address) === 0)) {
    throw new OptionError(
      `${option}.addresses`,
      options.addresses,
      `give the addresses of ${host}, such as ['9.9.9.9']`,
    )
  }
  return { url, addresses, tls: options.tls }
}
