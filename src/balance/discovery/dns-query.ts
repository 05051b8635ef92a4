import dns from 'node:dns'
import type { Answer, StringAnswer } from 'dns-packet'
import type { Clock } from '../../contract/clock.ts'
import { canonicalName, dnsExchange } from './dns-exchange.ts'
import { DnsFailure, type RecordKind } from './dns-failure.ts'
import { type DnsServer, parseServer } from './dns-settings.ts'

/** What DNS answered: the records asked for, and what came beside them. */
export interface DnsAnswer {
  readonly records: readonly Answer[]
  readonly additionals: readonly Answer[]
  /** Seconds: the shortest of the records and of the aliases that led to them. */
  readonly ttl: number
}

export interface DnsQuerySettings {
  /** Undefined: the system's. */
  readonly servers: readonly string[] | undefined
  readonly clock: Clock
}

const timeout = 2000
const tries = 2

/** Names of response codes (RFC 1035, RFC 2136) by number. */
const rcodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']

/** Aliases that are followed inside of one answer. */
const mostAliases = 8

/**
 * Asks one server after the other, twice, until one knows.
 * @throws DnsFailure
 */
export async function dnsQuery(
  name: string,
  type: RecordKind,
  { servers, clock }: DnsQuerySettings,
  signal: AbortSignal,
): Promise<DnsAnswer> {
  let failure = new DnsFailure('no DNS servers are configured', type, name)
  const known = (servers ?? dns.getServers()).map(parseServer).filter((server) => server !== undefined)
  for (const server of Array.from({ length: tries }, () => known).flat()) {
    if (signal.aborted) throw failure
    try {
      return await askOne(name, type, server, clock, signal)
    } catch (error) {
      failure = error instanceof DnsFailure ? error : new DnsFailure(codeOf(error), type, name, error)
      if (failure.empty) break
    }
  }
  throw failure
}

async function askOne(
  name: string,
  type: RecordKind,
  server: DnsServer,
  clock: Clock,
  signal: AbortSignal,
): Promise<DnsAnswer> {
  const packet = await dnsExchange({ name, type, server, clock, timeout, signal })
  const rcode = (packet.flags ?? 0) & 15
  if (rcode !== 0) throw new DnsFailure(rcodes[rcode] ?? `response code ${rcode}`, type, name)
  const { records, ttl } = follow(name, type, packet.answers ?? [])
  if (records.length === 0) throw new DnsFailure('NODATA', type, name)
  return { records, ttl, additionals: packet.additionals ?? [] }
}

/** The records of a name, by way of its aliases. Records of other names are not ours. */
function follow(name: string, type: RecordKind, answers: readonly Answer[]): Omit<DnsAnswer, 'additionals'> {
  let owner = canonicalName(name)
  let ttl = Number.POSITIVE_INFINITY
  for (let i = 0; i < mostAliases; i++) {
    const own = answers.filter((answer) => canonicalName(answer.name) === owner)
    const records = own.filter((answer) => answer.type === type)
    const alias = own.find((answer): answer is StringAnswer => answer.type === 'CNAME')
    for (const record of records) ttl = Math.min(ttl, ttlOf(record))
    if (records.length > 0 || alias === undefined) return { records, ttl }
    ttl = Math.min(ttl, ttlOf(alias))
    owner = canonicalName(alias.data)
  }
  return { records: [], ttl }
}

export function ttlOf(answer: Answer): number {
  return 'ttl' in answer ? (answer.ttl ?? 0) : 0
}

function codeOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  return code ?? String(error)
}
