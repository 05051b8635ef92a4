import type { Exchange } from '../contract/exchange.ts'

/** What a trusted peer has said of the client: field values, the lines of a list joined. */
export interface Seen {
  readonly forwarded: string | undefined
  readonly xFor: string | undefined
  readonly xHost: string | undefined
  readonly xProto: string | undefined
  readonly hasPort: boolean
}

/**
 * Adds X-Forwarded-For, -Host, -Proto and -Port. Without `seen` they tell of the peer; with it the list grows by the peer,
 * and of the others those are added that the peer did not send (they are in `fields` already).
 */
export function addXForwarded(fields: string[], exchange: Exchange, seen: Seen | undefined): void {
  const { authority, scheme, port } = exchange.target
  const { peer } = exchange.client
  if (seen === undefined) {
    fields.push('X-Forwarded-For', peer === '' ? 'unknown' : withoutZone(peer))
    if (authority !== '') fields.push('X-Forwarded-Host', authority)
    fields.push('X-Forwarded-Proto', scheme, 'X-Forwarded-Port', port === undefined ? schemePort(scheme) : String(port))
    return
  }
  // A peer that speaks Forwarded alone has said it all there: the two must not contradict each other.
  const told = seen.forwarded ?? ''
  const before = seen.xFor ?? (told === '' ? undefined : clientBefore(exchange))
  fields.push('X-Forwarded-For', joined(before, peer))
  const host = seen.xHost ?? hostIn(told) ?? authority
  if (seen.xHost === undefined && host !== '') fields.push('X-Forwarded-Host', host)
  // The scheme and so its port are the client's already: the target of the exchange has them from the trusted peer.
  if (seen.xProto === undefined) fields.push('X-Forwarded-Proto', scheme)
  if (!seen.hasPort) fields.push('X-Forwarded-Port', /:(\d+)$/.exec(host)?.[1] ?? schemePort(scheme))
}

/**
 * The value of Forwarded: what a trusted peer sent, and one element more that tells of the peer itself. A peer that speaks
 * X-Forwarded-For alone has its list converted (RFC 7239 7.4): many origins read Forwarded first, and would take the peer
 * for the client.
 */
export function forwardedList(exchange: Exchange, seen: Seen | undefined): string {
  const element = forwardedElement(exchange)
  if (seen === undefined) return element
  if (seen.forwarded !== undefined) return `${seen.forwarded}, ${element}`
  return seen.xFor === undefined ? element : `${converted(seen.xFor, seen)}, ${element}`
}

/**
 * The element of Forwarded that tells of the peer: `for=192.0.2.1;host="a.test:8080";proto=http`. RFC 7239 sections 4 to
 * 6; `by` is left out, for it would tell how we are laid out (section 8.3).
 */
export function forwardedElement(exchange: Exchange): string {
  const { authority, scheme } = exchange.target
  const host = authority === '' ? '' : `;host=${parameterValue(authority)}`
  return `for=${forwardedNode(exchange.client.peer)}${host};proto=${scheme}`
}

/** An address as a node of RFC 7239 section 6: IPv6 in brackets and quotes, `unknown` for a Unix socket. */
function forwardedNode(address: string): string {
  if (address === '') return 'unknown'
  return address.includes(':') ? `"[${withoutZone(address)}]"` : address
}

function converted(xFor: string, seen: Seen): string {
  const nodes = xFor.split(',').map((entry) => `for=${nodeOf(entry.trim())}`)
  if (seen.xHost !== undefined) nodes[0] += `;host=${parameterValue(seen.xHost)}`
  if (seen.xProto !== undefined) nodes[0] += `;proto=${parameterValue(seen.xProto)}`
  return nodes.join(', ')
}

/** An entry of X-Forwarded-For, which anybody may have written: an address, or `unknown`. A port is left out. */
function nodeOf(entry: string): string {
  if (entry.length > longestAddress) return 'unknown'
  const v4 = /^(\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?$/.exec(entry)
  if (v4 !== null) return v4[1] as string
  const v6 = /^\[?([0-9a-f:.]*:[0-9a-f:.]*)(?:%[^\]]*)?(?:\](?::\d+)?)?$/i.exec(entry)
  return v6 === null ? 'unknown' : forwardedNode(v6[1] as string)
}

/** An IPv6 address with brackets, zone and port; more is no address, and not worth the search. */
const longestAddress = 80

function clientBefore(exchange: Exchange): string | undefined {
  const { ip, peer } = exchange.client
  return ip === peer ? undefined : ip
}

function joined(before: string | undefined, peer: string): string {
  if (peer === '') return before ?? 'unknown'
  return before === undefined ? withoutZone(peer) : `${before}, ${withoutZone(peer)}`
}

/** The first host in Forwarded: what the client asked for, as the first proxy saw it. */
function hostIn(forwarded: string): string | undefined {
  for (const pair of forwarded.split(/[;,]/)) {
    const text = pair.trim()
    if (text.slice(0, 5).toLowerCase() !== 'host=') continue
    const value = text.slice(5).replaceAll('"', '')
    return /^[\w.:[\]-]+$/.test(value) ? value : undefined
  }
  return undefined
}

// The zone of a link-local address means something on our machine alone.
function withoutZone(address: string): string {
  const at = address.indexOf('%')
  return at === -1 ? address : address.slice(0, at)
}

function schemePort(scheme: 'http' | 'https'): string {
  return scheme === 'https' ? '443' : '80'
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
  // Nearly always; replacing costs three times as much.
  if (!text.includes('"') && !text.includes('\\')) return `"${text}"`
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
