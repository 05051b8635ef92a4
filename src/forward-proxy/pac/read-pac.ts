import { isIP } from 'node:net'
import { flag, knownKeys, OptionError } from '../../contract/options.ts'
import { parseAuthority } from '../../http/authority.ts'
import { normaliseAddress } from '../../net/address.ts'
import type { PacOptions } from './pac-options.ts'

export interface PacSettings {
  /** `PROXY a:1; DIRECT`. */
  readonly ways: string
  /** Domains in lower case; `apex` says that the domain itself is meant too. */
  readonly domains: readonly { readonly name: string; readonly apex: boolean }[]
  /** IPv4 blocks as dotted address and mask. */
  readonly v4: readonly { readonly address: string; readonly mask: string }[]
  /** IPv6 blocks as eight groups and a number of bits. */
  readonly v6: readonly { readonly groups: readonly number[]; readonly bits: number }[]
  readonly plain: boolean
  readonly loopback: boolean
  readonly resolve: boolean
}

const keys = ['proxies', 'bypass', 'bypassPlain', 'bypassLoopback', 'resolve']
const rightProxy = "give 'PROXY host:port', 'HTTPS host:port', 'SOCKS5 host:port', 'SOCKS host:port' or 'DIRECT'"
const rightBypass = "give a domain such as 'a.test' or '*.a.test', an address or a CIDR block such as '10.0.0.0/8'"

/** Reads the options once. @throws OptionError that names the entry */
export function readPac(option: string, given: PacOptions): PacSettings {
  knownKeys(option, given, keys)
  const { proxies, bypass = [] } = given
  if (!Array.isArray(proxies) || proxies.length === 0) {
    throw new OptionError(`${option}.proxies`, proxies, `give a list; ${rightProxy}`)
  }
  if (!Array.isArray(bypass)) throw new OptionError(`${option}.bypass`, bypass, `give a list; ${rightBypass}`)
  const domains: { name: string; apex: boolean }[] = []
  const v4: { address: string; mask: string }[] = []
  const v6: { groups: number[]; bits: number }[] = []
  for (const [i, entry] of (bypass as readonly unknown[]).entries()) {
    const at = `${option}.bypass.${i}`
    if (typeof entry !== 'string') throw new OptionError(at, entry, rightBypass)
    const [address = '', prefix, ...more] = entry.replace(/^\[(.*)\]$/, '$1').split('/')
    const family = more.length > 0 ? 0 : isIP(address)
    if (family === 0) domains.push(readDomain(at, entry))
    else if (family === 4) v4.push({ address, mask: maskOf(readBits(at, entry, prefix, 32)) })
    else v6.push({ groups: groupsOf(normaliseAddress(address), at, entry), bits: readBits(at, entry, prefix, 128) })
  }
  return {
    ways: (proxies as readonly unknown[]).map((way, i) => readWay(`${option}.proxies.${i}`, way)).join('; '),
    domains,
    v4,
    v6,
    plain: flag(`${option}.bypassPlain`, given.bypassPlain, true),
    loopback: flag(`${option}.bypassLoopback`, given.bypassLoopback, true),
    resolve: flag(`${option}.resolve`, given.resolve, false),
  }
}

function readWay(option: string, given: unknown): string {
  if (typeof given !== 'string') throw new OptionError(option, given, rightProxy)
  if (given === 'DIRECT') return given
  const [kind = '', place = '', ...more] = given.split(' ')
  const authority = parseAuthority(place)
  const known = ['PROXY', 'HTTP', 'HTTPS', 'SOCKS', 'SOCKS4', 'SOCKS5'].includes(kind)
  if (!known || more.length > 0 || authority?.port === undefined) throw new OptionError(option, given, rightProxy)
  return `${kind} ${authority.host}:${authority.port}`
}

function readDomain(option: string, given: string): { name: string; apex: boolean } {
  const bare = given.replace(/^\*?\./, '')
  const authority = parseAuthority(bare)
  if (authority === undefined || authority.port !== undefined || bare.includes(':')) {
    throw new OptionError(option, given, rightBypass)
  }
  return { name: authority.host, apex: bare === given }
}

function readBits(option: string, given: string, prefix: string | undefined, most: number): number {
  if (prefix === undefined) return most
  if (/^\d{1,3}$/.test(prefix) && Number(prefix) <= most) return Number(prefix)
  throw new OptionError(option, given, rightBypass)
}

function maskOf(bits: number): string {
  const mask = bits === 0 ? 0 : (2 ** 32 - 2 ** (32 - bits)) >>> 0
  return [24, 16, 8, 0].map((shift) => (mask >>> shift) & 255).join('.')
}

function groupsOf(address: string, option: string, given: string): number[] {
  // A block of mapped addresses is one of IPv4 addresses, and to be written as such.
  if (address.includes('.')) throw new OptionError(option, given, rightBypass)
  const [head = '', tail] = address.split('::')
  const parse = (text: string): number[] => (text === '' ? [] : text.split(':').map((g) => Number.parseInt(g, 16)))
  const before = parse(head)
  const after = parse(tail ?? '')
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
}
