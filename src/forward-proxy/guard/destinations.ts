import { isIP } from 'node:net'
import { OptionError } from '../../contract/options.ts'
import { type CidrSet, compileCidrs } from '../../net/cidr.ts'
import { canonicalHost } from '../target/canonical-host.ts'

/** A set of destinations, from an option. */
export interface Destinations {
  /** @param host canonical: lower case, no brackets, no trailing dot */
  hasHost(host: string, port: number): boolean
  /** @param address RFC 5952, or dotted decimal */
  hasAddress(address: string, port: number): boolean
  /** It has entries that only an address can meet. */
  readonly byAddress: boolean
}

const right =
  "give domains ('example.com'; '.example.com' with all below it), addresses or CIDR blocks ('10.0.0.0/8'), each with a port if wanted ('[::1]:8080')"

/**
 * Compiles domains, `.domains`, addresses and CIDR blocks, each with `:port` where it is for one port alone. Names are
 * brought into their one spelling first, so that `EXAMPLE.com.` and `0x7f.1` mean what they say.
 * @throws OptionError that names the bad entry
 */
export function compileDestinations(option: string, list: readonly string[] | undefined): Destinations {
  if (list !== undefined && !Array.isArray(list)) throw new OptionError(option, list, `give a list; ${right}`)
  const drafts = new Map<number, Draft>()
  for (const [i, entry] of (list ?? []).entries()) add(drafts, `${option}[${i}]`, entry)
  const sets = new Map([...drafts].map(([port, draft]) => [port, finish(option, draft)]))
  const anyPort = sets.get(0)

  return {
    hasHost: (host, port) => inNames(anyPort, host) || inNames(sets.get(port), host),
    hasAddress(address, port) {
      return anyPort?.addresses?.has(address) === true || sets.get(port)?.addresses?.has(address) === true
    },
    byAddress: [...sets.values()].some(({ addresses }) => addresses !== undefined),
  }
}

interface Draft {
  readonly names: Set<string>
  readonly suffixes: Set<string>
  readonly blocks: string[]
}

interface PortSet {
  readonly names: ReadonlySet<string>
  /** Without the leading dot; the domain itself belongs to it. */
  readonly suffixes: ReadonlySet<string>
  readonly addresses: CidrSet | undefined
}

function finish(option: string, { names, suffixes, blocks }: Draft): PortSet {
  return { names, suffixes, addresses: blocks.length === 0 ? undefined : compileCidrs(option, blocks) }
}

function add(drafts: Map<number, Draft>, option: string, entry: unknown): void {
  if (typeof entry !== 'string') throw new OptionError(option, entry, right)
  const { subject, port } = split(option, entry)
  const draft = drafts.get(port) ?? { names: new Set(), suffixes: new Set(), blocks: [] }
  drafts.set(port, draft)

  if (subject.includes('/')) {
    compileCidrs(option, [subject])
    draft.blocks.push(subject)
    return
  }
  const below = subject.startsWith('.')
  const host = canonicalHost(isIP(subject) === 6 ? `[${subject}]` : below ? subject.slice(1) : subject)
  if (host === undefined || (below && host.address !== undefined)) throw new OptionError(option, entry, right)
  if (host.address !== undefined) draft.blocks.push(host.address)
  else (below ? draft.suffixes : draft.names).add(host.host)
}

/** Port 0 is every port. */
function split(option: string, entry: string): { subject: string; port: number } {
  if (isIP(entry) !== 0) return { subject: entry, port: 0 }
  const parts = /^(\[[^\]]*\](?:\/\d+)?|[^:]*)(?::(\d{1,5}))?$/.exec(entry)
  const port = parts?.[2] === undefined ? 0 : Number(parts[2])
  if (parts === null) {
    // An IPv6 block has colons and no brackets.
    if (entry.includes('/')) return { subject: entry, port: 0 }
    throw new OptionError(option, entry, right)
  }
  if (parts[2] !== undefined && (port < 1 || port > 65_535)) throw new OptionError(option, entry, right)
  const subject = (parts[1] as string).replace(/^\[([^\]]*)\]\//, '$1/')
  return { subject, port }
}

function inNames(set: PortSet | undefined, host: string): boolean {
  if (set === undefined) return false
  if (set.names.has(host)) return true
  if (set.suffixes.size === 0) return false
  for (let at = 0; ; ) {
    if (set.suffixes.has(host.slice(at))) return true
    at = host.indexOf('.', at) + 1
    if (at === 0) return false
  }
}
