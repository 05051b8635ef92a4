import type { SrvAnswer } from 'dns-packet'
import { knownKeys, OptionError, oneOf } from '../../contract/options.ts'
import type { UpstreamOptions } from '../options.ts'
import {
  type AddressMemory,
  type AddressRecords,
  addressRecords,
  dialable,
  isEmpty,
  type Resolved,
} from './address-records.ts'
import type { SrvDiscoverOptions } from './discover-options.ts'
import type { Discovery, DiscoveryTools } from './discovery.ts'
import { canonicalName } from './dns-exchange.ts'
import { DnsFailure } from './dns-failure.ts'
import { type DnsAnswer, dnsQuery, ttlOf } from './dns-query.ts'
import { type DnsCommonSettings, dnsKeys, holdsFor, readDnsCommon, retryOf } from './dns-settings.ts'
import { type Found, refreshLoop } from './refresh-loop.ts'
import { readTargets, type SrvTarget, weighTargets } from './srv-targets.ts'

export interface SrvSettings extends DnsCommonSettings {
  readonly kind: 'srv'
  readonly name: string
  readonly scheme: 'http' | 'https'
}

export function readSrvDiscovery(option: string, given: SrvDiscoverOptions): SrvSettings {
  knownKeys(option, given, ['srv', 'scheme', ...dnsKeys])
  const { srv } = given
  if (typeof srv !== 'string' || !/^(?=.{1,254}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+\.?$/i.test(srv)) {
    throw new OptionError(`${option}.srv`, srv, "give a whole service name such as '_http._tcp.api.internal'")
  }
  const byName = /^_https\./i.test(srv) ? 'https' : 'http'
  return Object.freeze({
    ...readDnsCommon(option, given),
    kind: 'srv',
    name: srv,
    scheme: oneOf(`${option}.scheme`, given.scheme, byName, ['http', 'https']),
  })
}

/** Targets whose addresses are asked for at a time. */
const atATime = 16

/** Asks for SRV records, and for the addresses of their targets where they did not come along. */
export function srvDiscovery(settings: SrvSettings, tools: DiscoveryTools): Discovery {
  const query = { servers: settings.servers, clock: tools.clock }
  let memories = new Map<string, AddressMemory>()

  async function look(signal: AbortSignal): Promise<Found> {
    const answer = await dnsQuery(settings.name, 'SRV', query, signal)
    const targets = readTargets(settings.name, answer.records as readonly SrvAnswer[])
    const found = await resolveHosts([...new Set(targets.map(({ host }) => host))], answer, signal)

    const ttl = Math.min(answer.ttl, ...Array.from(found.values(), (resolved) => resolved.ttl))
    const whole = Array.from(found.values()).every((resolved) => resolved.whole)
    return { upstreams: listOf(targets, found), holds: holdsFor(ttl, whole, settings) }
  }

  async function resolveHosts(
    hosts: readonly string[],
    answer: DnsAnswer,
    signal: AbortSignal,
  ): Promise<Map<string, Resolved>> {
    const kept = new Map(hosts.map((host) => [host, memories.get(host) ?? new Map()]))
    const beside = addressesBeside(answer)
    const found = new Map<string, Resolved>()
    let failure: unknown
    let answered = false
    const rest = hosts.values()

    async function work(): Promise<void> {
      for (const host of rest) {
        const memory = kept.get(host) as AddressMemory
        const ask = (family: 4 | 6): Promise<AddressRecords> => askFor(host, family, beside, signal)
        try {
          found.set(host, await addressRecords(settings.families, ask, memory))
          answered = true
        } catch (error) {
          failure = error
          const addresses = [...memory.values()].flat()
          // Its last addresses stand in; where there are none, the others do without it.
          if (!isEmpty(error)) found.set(host, { addresses, ttl: Number.POSITIVE_INFINITY, whole: false })
        }
      }
    }

    await Promise.all(Array.from({ length: Math.min(atATime, hosts.length) }, work))
    memories = kept
    if (!answered) throw failure
    return found
  }

  async function askFor(
    host: string,
    family: 4 | 6,
    beside: ReadonlyMap<string, AddressRecords>,
    signal: AbortSignal,
  ): Promise<AddressRecords> {
    const type = family === 4 ? 'A' : 'AAAA'
    const known = beside.get(`${type} ${host}`)
    if (known !== undefined) return known
    const { records, ttl } = await dnsQuery(host, type, query, signal)
    const addresses = records.map((record) => String('data' in record ? record.data : '')).filter(dialable)
    if (addresses.length === 0) throw new DnsFailure('NODATA', type, host)
    return { addresses, ttl }
  }

  function listOf(targets: readonly SrvTarget[], found: ReadonlyMap<string, Resolved>): readonly UpstreamOptions[] {
    return weighTargets(settings.scheme, targets, (host) => found.get(host)?.addresses ?? [])
  }

  return refreshLoop(look, retryOf(settings), tools)
}

/** Addresses that came in the additional section, by type and host. */
function addressesBeside({ additionals }: DnsAnswer): Map<string, AddressRecords> {
  const found = new Map<string, AddressRecords>()
  for (const record of additionals) {
    if ((record.type !== 'A' && record.type !== 'AAAA') || !dialable(record.data)) continue
    const key = `${record.type} ${canonicalName(record.name)}`
    const before = found.get(key)
    found.set(key, {
      addresses: [...(before?.addresses ?? []), record.data],
      ttl: Math.min(before?.ttl ?? Number.POSITIVE_INFINITY, ttlOf(record)),
    })
  }
  return found
}
