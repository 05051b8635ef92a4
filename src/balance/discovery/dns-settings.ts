import { isIP } from 'node:net'
import { OptionError, time } from '../../contract/options.ts'
import type { DnsOptions } from './discover-options.ts'

/** A DNS server to ask. */
export interface DnsServer {
  readonly address: string
  readonly port: number
}

export interface DnsCommonSettings {
  /** In the order of asking: 4, 6 or both. */
  readonly families: readonly (4 | 6)[]
  /** Undefined: the system's. */
  readonly servers: readonly string[] | undefined
  readonly minTtl: number
  readonly maxTtl: number
  readonly retry: number
}

/** The longest pause after failures. */
const mostRetry = 30_000

export const dnsKeys: readonly (keyof DnsOptions)[] = ['family', 'servers', 'minTtl', 'maxTtl', 'retry']

export function readDnsCommon(option: string, given: DnsOptions): DnsCommonSettings {
  const { family = 'both', servers } = given
  if (family !== 4 && family !== 6 && family !== 'both') {
    throw new OptionError(`${option}.family`, family, "give 4, 6 or 'both'")
  }
  if (servers !== undefined && (!Array.isArray(servers) || servers.length === 0)) {
    throw new OptionError(`${option}.servers`, servers, "give a list of DNS servers, such as ['10.0.0.2']")
  }
  servers?.forEach((server, i) => {
    if (parseServer(server) !== undefined) return
    throw new OptionError(
      `${option}.servers[${i}]`,
      server,
      "give an address: '10.0.0.2', '10.0.0.2:5353', '[::1]:5353'",
    )
  })
  const minTtl = time(`${option}.minTtl`, given.minTtl, 1000)
  const maxTtl = time(`${option}.maxTtl`, given.maxTtl, Math.max(minTtl, 300_000))
  if (maxTtl < minTtl) throw new OptionError(`${option}.maxTtl`, given.maxTtl, 'give at least as much as minTtl')
  return {
    families: family === 'both' ? [4, 6] : [family],
    servers: servers === undefined ? undefined : Object.freeze([...servers]),
    minTtl,
    maxTtl,
    retry: time(`${option}.retry`, given.retry, 1000),
  }
}

/** How the loop waits after failures. */
export function retryOf({ retry }: DnsCommonSettings): { readonly retry: number; readonly maxRetry: number } {
  return { retry, maxRetry: Math.max(retry, mostRetry) }
}

/** Milliseconds that an answer holds. One with something missing is soon asked for again. */
export function holdsFor(ttlSeconds: number, whole: boolean, { minTtl, maxTtl }: DnsCommonSettings): number {
  const ttl = Math.min(Math.max(ttlSeconds * 1000, minTtl), maxTtl)
  return whole ? ttl : Math.min(ttl, Math.max(minTtl, mostRetry))
}

/** `10.0.0.2`, `10.0.0.2:5353`, `::1`, `[::1]:5353`, as `dns.getServers()` writes them too. */
export function parseServer(text: unknown): DnsServer | undefined {
  if (typeof text !== 'string') return undefined
  if (isIP(text) !== 0) return { address: text, port: 53 }
  const parts = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text)
  const address = parts?.[1] ?? parts?.[2]
  const port = Number(parts?.[3] ?? 53)
  if (address === undefined || isIP(address) === 0 || port < 1 || port > 65_535) return undefined
  return { address, port }
}
