import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { normaliseAddress } from '../../net/address.ts'
import { writeIpv4 } from '../../net/address-bits.ts'

/** A host in its one spelling. Every rule, the dial and the Host field use this, and nothing else. */
export interface CanonicalHost {
  /** Lower case, ASCII, no trailing dot, no brackets. */
  readonly host: string
  /** The host is this address: RFC 5952, or dotted decimal for IPv4 and IPv4-mapped IPv6. */
  readonly address: string | undefined
}

/** RFC 1035 2.3.4. */
const longestName = 253
const longestLabel = 63

/**
 * Reads a host as the URL Standard does for http (WHATWG URL 3.5): IDNA, every number form of IPv4 (`127.1`, `0x7f.1`,
 * `2130706433`, `017700000001`), IPv6 in brackets. Stricter in that percent-encoding, zone ids, empty labels and all
 * characters but letters, digits, hyphen and underscore are refused. Trailing dots are dropped.
 * @param text characters, not bytes
 * @returns undefined for what is no host
 */
export function canonicalHost(text: string): CanonicalHost | undefined {
  if (text.length > 4 * longestName) return undefined
  if (text.charCodeAt(0) === 0x5b) return ipv6(text)
  let name = text
  if (!isAscii(name)) {
    // What ends the host in a URL must not be cut off by the reader of URLs.
    if (/[\0-,/:-@[-^`{-\x7f]/.test(name)) return undefined
    name = domainToASCII(name)
  }
  name = withoutDots(name).toLowerCase()
  if (!isName(name)) return undefined
  if (!endsInNumber(name)) return Object.freeze({ host: name, address: undefined })
  const bits = ipv4Number(name)
  return bits === -1 ? undefined : literal(writeIpv4(bits))
}

/** For an IPv6 host its brackets, for others none. */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function ipv6(text: string): CanonicalHost | undefined {
  if (text.charCodeAt(text.length - 1) !== 0x5d) return undefined
  const address = text.slice(1, -1)
  // A zone id means something on one machine only (RFC 9844), yet isIP takes it.
  return isIP(address) !== 6 || address.includes('%') ? undefined : literal(normaliseAddress(address))
}

function literal(address: string): CanonicalHost {
  return Object.freeze({ host: address, address })
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

function withoutDots(name: string): string {
  let end = name.length
  while (end > 0 && name.charCodeAt(end - 1) === 0x2e) end--
  return name.slice(0, end)
}

/** Labels of 1 to 63 letters, digits, hyphens, underscores. The underscore is no host name in DNS, but in use. */
function isName(name: string): boolean {
  if (name === '' || name.length > longestName) return false
  let label = 0
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i)
    if (c === 0x2e) {
      if (label === 0) return false
      label = 0
    } else {
      const letter = (c >= 0x61 && c <= 0x7a) || (c >= 0x30 && c <= 0x39) || c === 0x2d || c === 0x5f
      if (!letter || ++label > longestLabel) return false
    }
  }
  return true
}

/** URL Standard, "ends in a number checker": then it is an IPv4 address or nothing. */
function endsInNumber(name: string): boolean {
  return /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(name)
}

/** URL Standard, "IPv4 parser": one to four numbers, the last one fills what is left. -1 when it is none. */
function ipv4Number(name: string): number {
  const parts = name.split('.')
  if (parts.length > 4) return -1
  let bits = 0
  for (const [i, part] of parts.entries()) {
    const number = numberOf(part)
    const last = i === parts.length - 1
    const most = last ? 256 ** (5 - parts.length) : 256
    if (!(number < most)) return -1
    bits += last ? number : number * 256 ** (3 - i)
  }
  return bits
}

/** Decimal, hexadecimal after `0x`, octal after `0`; NaN for others. */
function numberOf(part: string): number {
  if (/^0x[0-9a-f]*$/.test(part)) return part.length === 2 ? 0 : Number(part)
  if (/^0[0-7]+$/.test(part)) return Number(`0o${part}`)
  return /^(?:0|[1-9]\d*)$/.test(part) ? Number(part) : Number.NaN
}
