import type { Exchange } from '../contract/exchange.ts'

/**
 * The element of Forwarded that tells of the peer: `for=192.0.2.1;host="a.test:8080";proto=http`. RFC 7239 sections 4 to
 * 6; `by` is left out, for it would tell the upstream's side how we are laid out (section 8.3).
 */
export function forwardedElement(exchange: Exchange): string {
  const { authority, scheme } = exchange.target
  const { peer } = exchange.client
  if (peer !== lastPeer || authority !== lastAuthority || scheme !== lastScheme) {
    lastPeer = peer
    lastAuthority = authority
    lastScheme = scheme
    const host = authority === '' ? '' : `;host=${parameterValue(authority)}`
    last = `for=${forwardedNode(peer)}${host};proto=${scheme}`
  }
  return last
}

// A client sends many requests over one connection: the last element is often the next.
let lastPeer: string | undefined
let lastAuthority = ''
let lastScheme = ''
let last = ''

/** An address as a node of RFC 7239 section 6: IPv6 in brackets and quotes, `unknown` for a Unix socket. */
export function forwardedNode(address: string): string {
  if (address === '') return 'unknown'
  return address.includes(':') ? `"[${withoutZone(address)}]"` : address
}

/** An address for X-Forwarded-For: bare, without the zone, which means something on our machine alone. */
export function forwardedFor(peer: string): string {
  return peer === '' ? 'unknown' : withoutZone(peer)
}

function withoutZone(address: string): string {
  const at = address.indexOf('%')
  return at === -1 ? address : address.slice(0, at)
}

/** A token as it is, anything else as a quoted-string (RFC 9110 5.6.4). */
function parameterValue(text: string): string {
  for (let i = 0; i < text.length; i++) if (!isPlain(text.charCodeAt(i))) return quoted(text)
  return text
}

/** Letters, digits, `-` and `.`: the tokens that a host is made of. */
function isPlain(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 45 && code <= 57 && code !== 47) || (code >= 65 && code <= 90)
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
