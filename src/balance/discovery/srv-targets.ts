import { isIP } from 'node:net'
import type { SrvAnswer } from 'dns-packet'
import type { UpstreamOptions } from '../options.ts'
import { canonicalName } from './dns-exchange.ts'

/** An SRV record that can be used. */
export interface SrvTarget {
  readonly host: string
  readonly port: number
  readonly priority: number
  readonly weight: number
}

/**
 * The records that name a host and a port, by priority.
 * @throws when none does; a target of `.` says that the service is not offered (RFC 2782)
 */
export function readTargets(name: string, records: readonly SrvAnswer[]): readonly SrvTarget[] {
  const targets = records.flatMap(({ data }): readonly SrvTarget[] => {
    const host = canonicalName(data.target)
    const { port, priority = 0, weight = 0 } = data
    return port > 0 && isHostName(host) ? [{ host, port, priority, weight }] : []
  })
  if (targets.length > 0) return targets.sort((a, b) => a.priority - b.priority)
  const offered = records.some(({ data }) => data.target !== '.' && data.target !== '')
  throw new Error(
    offered
      ? `The SRV records of ${name} name no host and port that can be used`
      : `The SRV record of ${name} says that the service is not offered (RFC 2782)`,
  )
}

/** What came from afar goes into a URL: letters, digits and hyphens only, and nothing that reads as an address. */
function isHostName(host: string): boolean {
  if (isIP(host) !== 0 || !/^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/.test(host)) return false
  return URL.parse(`http://${host}`)?.hostname === host
}

/**
 * Upstreams of the targets: priorities in use become 0, 1, 2 ...; the addresses of a target share its weight. RFC 2782 draws
 * from 0 to the sum of the weights, both included, so all targets of weight 0 have as much as one of weight 1.
 */
export function weighTargets(
  scheme: 'http' | 'https',
  targets: readonly SrvTarget[],
  addressesOf: (host: string) => readonly string[],
): readonly UpstreamOptions[] {
  const used = targets.filter(({ host }) => addressesOf(host).length > 0)
  const levels = [...new Set(used.map(({ priority }) => priority))]
  const upstreams = new Map<string, UpstreamOptions>()
  levels.forEach((level, priority) => {
    const peers = used.filter((target) => target.priority === level)
    const zeros = peers.filter(({ weight }) => weight === 0).length
    const ofZero = zeros === peers.length ? 1 : 1 / zeros
    for (const { host, port, weight } of peers) {
      const addresses = addressesOf(host)
      const share = (weight === 0 ? ofZero : weight) / addresses.length
      for (const address of addresses) {
        const url = `${scheme}://${host}:${port}`
        const key = `${url} ${address}`
        // The same target twice counts in its first level.
        if (!upstreams.has(key)) upstreams.set(key, Object.freeze({ url, address, priority, weight: share }))
      }
    }
  })
  return [...upstreams.values()]
}
