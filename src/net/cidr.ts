import { BlockList, isIP } from 'node:net'
import { OptionError } from '../contract/options.ts'
import { normaliseAddress } from './address.ts'

/** A set of addresses. */
export interface CidrSet {
  /** `''` stands for the peer on a Unix socket. */
  has(ip: string): boolean
}

const loopback = ['127.0.0.0/8', '::1']
const words: Readonly<Record<string, readonly string[]>> = {
  loopback,
  private: [...loopback, '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', 'fe80::/10'],
}
const right =
  "give addresses or CIDR blocks such as '10.0.0.0/8', '2001:db8::/32', or the words loopback, private, unix"
const cacheEntries = 1024

/**
 * A set from addresses, CIDR blocks, and the words `loopback`, `private` (RFC 1918, RFC 4193, link-local, loopback) and
 * `unix`.
 * @throws OptionError that names the bad entry
 */
export function compileCidrs(option: string, list: readonly string[]): CidrSet {
  if (typeof list === 'number') throw hopCount(option, list)
  if (!Array.isArray(list)) throw new OptionError(option, list, `give a list; ${right}`)
  const ranges = new BlockList()
  let unix = false
  for (const entry of list) {
    if (entry === 'unix') unix = true
    else for (const range of Object.hasOwn(words, entry) ? (words[entry] ?? []) : [entry]) add(ranges, option, range)
  }

  const answers = new Map<string, boolean>()
  return {
    has(ip) {
      if (ip === '') return unix
      const known = answers.get(ip)
      if (known !== undefined) return known
      const family = isIP(ip)
      if (family === 0) return false
      const answer = ranges.check(ip, family === 4 ? 'ipv4' : 'ipv6')
      if (answers.size >= cacheEntries) answers.clear()
      answers.set(ip, answer)
      return answer
    },
  }
}

function add(ranges: BlockList, option: string, entry: string): void {
  if (typeof entry === 'number' || /^\d+$/.test(entry)) throw hopCount(option, entry)
  const parts = typeof entry === 'string' ? /^([0-9A-Fa-f:.]+)(?:\/(\d{1,3}))?$/.exec(entry) : null
  const written = parts?.[1] ?? ''
  const address = normaliseAddress(written)
  const family = isIP(address)
  const bits = family === 4 ? 32 : 128
  // A block within ::ffff:0:0/96 is a block of IPv4 addresses.
  const mapped = family === 4 && isIP(written) === 6 ? 96 : 0
  const prefix = parts?.[2] === undefined ? bits : Number(parts[2]) - mapped
  if (family === 0 || prefix < 0 || prefix > bits) throw new OptionError(option, entry, right)
  ranges.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
}

// GHSA-3m5p-2c4r-xxw2: with a hop count, whoever connects directly chooses the address that is believed.
function hopCount(option: string, given: unknown): OptionError {
  return new OptionError(option, given, `a number of hops can be forged by whoever connects directly; ${right}`)
}
