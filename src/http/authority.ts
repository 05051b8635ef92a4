import { isIPv6 } from 'node:net'

export interface Authority {
  /** Lower case, without a trailing dot; an IPv6 literal keeps its brackets. */
  readonly host: string
  readonly port: number | undefined
}

// A DNS name has at most 253 characters; a dot, a colon and five digits may follow.
const longest = 260
const cacheEntries = 256
const cache = new Map<string, Authority>()

/**
 * Reads `host[:port]` of a Host field, of `:authority` or of an absolute target (RFC 9110 4.2.3 and 7.2, RFC 3986 3.2.2).
 * Stricter than the grammar: no userinfo, no percent-encoding, no sub-delimiters (a comma above all), no empty label. An
 * empty port counts as none. Undefined for anything else.
 */
export function parseAuthority(text: string): Authority | undefined {
  if (text.length > longest) return undefined
  const known = cache.get(text)
  if (known !== undefined) return known
  const authority = text.charCodeAt(0) === 0x5b ? parseIpv6(text) : parseName(text)
  if (authority === undefined) return undefined
  if (cache.size >= cacheEntries) cache.clear()
  cache.set(text, authority)
  return authority
}

function parseName(text: string): Authority | undefined {
  let end = text.length
  let labelStart = 0
  for (let i = 0; i < end; i++) {
    const c = text.charCodeAt(i)
    if (c === 0x3a) {
      end = i
    } else if (c === 0x2e) {
      if (i === labelStart) return undefined
      labelStart = i + 1
    } else if (!isNameCharacter(c)) {
      return undefined
    }
  }
  // `a.` and `a` are one host: the root label is left out.
  const nameEnd = end > 0 && labelStart === end ? end - 1 : end
  return nameEnd === 0 ? undefined : withPort(text.slice(0, nameEnd).toLowerCase(), text, end)
}

function parseIpv6(text: string): Authority | undefined {
  const close = text.indexOf(']')
  if (close === -1) return undefined
  const address = text.slice(1, close)
  // A zone id means something on one machine only (RFC 9844), yet isIPv6 takes it.
  if (!isIPv6(address) || address.includes('%')) return undefined
  return withPort(text.slice(0, close + 1).toLowerCase(), text, close + 1)
}

/** `end` is where the host ends in `text`: nothing follows, or a colon and a port. */
function withPort(host: string, text: string, end: number): Authority | undefined {
  if (end === text.length) return Object.freeze({ host, port: undefined })
  if (text.charCodeAt(end) !== 0x3a || text.length - end > 6) return undefined
  if (end + 1 === text.length) return Object.freeze({ host, port: undefined })
  let port = 0
  for (let i = end + 1; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return undefined
    port = port * 10 + digit
  }
  return port >= 1 && port <= 65_535 ? Object.freeze({ host, port }) : undefined
}

/** Unreserved characters of RFC 3986 2.3 without the dot. The underscore is no host name in DNS, but in use. */
function isNameCharacter(c: number): boolean {
  return (
    (c >= 0x61 && c <= 0x7a) ||
    (c >= 0x30 && c <= 0x39) ||
    (c >= 0x41 && c <= 0x5a) ||
    c === 0x2d ||
    c === 0x5f ||
    c === 0x7e
  )
}
