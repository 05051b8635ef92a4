import dns from 'node:dns'
import { isIP } from 'node:net'
import { knownKeys, OptionError } from '../../contract/options.ts'
import { readOriginUrl } from '../../http/origin-url.ts'
import {
  type AddressMemory,
  type AddressRecords,
  addressRecords,
  dialable,
  isEmpty,
  type Resolved,
} from './address-records.ts'
import type { DnsDiscoverOptions } from './discover-options.ts'
import type { Discovery, DiscoveryTools } from './discovery.ts'
import { DnsFailure } from './dns-failure.ts'
import { type DnsCommonSettings, dnsKeys, holdsFor, readDnsCommon, retryOf } from './dns-settings.ts'
import { type Found, refreshLoop } from './refresh-loop.ts'

export interface DnsSettings extends DnsCommonSettings {
  readonly kind: 'dns'
  readonly url: string
  /** Host of the URL, without brackets. */
  readonly host: string
}

/** The system's way from a name to addresses; 0 is any family. Rejects when there are none. */
export type Lookup = (host: string, family: 0 | 4 | 6) => Promise<readonly string[]>

export function readDnsDiscovery(option: string, given: DnsDiscoverOptions): DnsSettings {
  knownKeys(option, given, ['dns', ...dnsKeys])
  const where = `${option}.dns`
  const { url } = readOriginUrl(where, given.dns)
  if (url === undefined) {
    throw new OptionError(where, given.dns, "give an http or https URL with a name, such as 'http://api.internal:3000'")
  }
  return Object.freeze({
    ...readDnsCommon(option, given),
    kind: 'dns',
    url: given.dns,
    host: url.hostname.replace(/^\[|\]$/g, ''),
  })
}

/** Seconds for which an answer of the system's lookup holds: it has no TTL. */
const lookupTtl = 30

/** For c-ares: milliseconds for the first try; the next waits longer. */
const patience = { timeout: 2000, tries: 2 }

/** Asks for A and AAAA records. */
export function dnsDiscovery(settings: DnsSettings, tools: DiscoveryTools): Discovery {
  const { host, families, servers } = settings
  const { lookup = systemLookup } = tools
  const memory: AddressMemory = new Map()
  const isLocal = /(?:^|\.)localhost\.?$/.test(host)

  async function look(signal: AbortSignal): Promise<Found> {
    const { addresses, ttl, whole } = await resolve(signal)
    const upstreams = addresses.map((address) => Object.freeze({ url: settings.url, address }))
    return { upstreams, holds: holdsFor(ttl, whole, settings) }
  }

  async function resolve(signal: AbortSignal): Promise<Resolved> {
    if (isIP(host) !== 0) return { addresses: [host], ttl: Number.POSITIVE_INFINITY, whole: true }
    if (isLocal) return lookedUp()
    try {
      return await resolved(signal)
    } catch (error) {
      // DNS knows nothing of /etc/hosts, and does not try search domains.
      if (!isEmpty(error) || servers !== undefined || signal.aborted) throw error
      return lookedUp().catch(() => Promise.reject(error))
    }
  }

  async function resolved(signal: AbortSignal): Promise<Resolved> {
    const resolver = new dns.promises.Resolver(patience)
    resolver.setServers(servers ?? dns.getServers())
    const cancel = (): void => resolver.cancel()
    signal.addEventListener('abort', cancel)
    try {
      return await addressRecords(families, (family) => ask(resolver, host, family), memory)
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }

  async function lookedUp(): Promise<Resolved> {
    const addresses = (await lookup(host, families.length === 1 ? (families[0] as 4 | 6) : 0)).filter(dialable)
    if (addresses.length === 0) throw new DnsFailure('NODATA', 'A', host)
    return { addresses: [...new Set(addresses)].sort(), ttl: lookupTtl, whole: true }
  }

  return refreshLoop(look, retryOf(settings), tools)
}

async function ask(resolver: dns.promises.Resolver, host: string, family: 4 | 6): Promise<AddressRecords> {
  const type = family === 4 ? 'A' : 'AAAA'
  const asked = family === 4 ? resolver.resolve4(host, { ttl: true }) : resolver.resolve6(host, { ttl: true })
  const records = await asked.catch((error: NodeJS.ErrnoException) => {
    throw new DnsFailure(codes[error.code ?? ''] ?? error.code ?? 'unknown', type, host, error)
  })
  const usable = records.filter(({ address }) => dialable(address))
  if (usable.length === 0) throw new DnsFailure('NODATA', type, host)
  return { addresses: usable.map(({ address }) => address), ttl: Math.min(...usable.map(({ ttl }) => ttl)) }
}

/** The codes of c-ares in DNS's own words. */
const codes: Readonly<Record<string, string>> = {
  ENOTFOUND: 'NXDOMAIN',
  ENODATA: 'NODATA',
  ESERVFAIL: 'SERVFAIL',
  EREFUSED: 'REFUSED',
  ETIMEOUT: 'TIMEOUT',
}

const systemLookup: Lookup = async (host, family) => {
  const found = await dns.promises.lookup(host, { all: true, family })
  return found.map(({ address }) => address)
}
