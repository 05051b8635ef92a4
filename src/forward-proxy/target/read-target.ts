import { RequestFault } from '../../http/target.ts'
import { bracketed, type CanonicalHost, canonicalHost } from './canonical-host.ts'

/** Where a client wants to go, read once and frozen: the rules, the dial, the rewritten Host and the log use this alone. */
export interface ForwardTarget {
  /** Lower case, ASCII, no trailing dot, no brackets. */
  readonly host: string
  readonly port: number
  /** Set when the host is a literal address: it is then the host. */
  readonly address: string | undefined
  /**
   * For the rewritten Host field: with brackets; the port is left out where it is the scheme's own, never for CONNECT
   * (RFC 9110 7.2, RFC 9112 3.2.3).
   */
  readonly authority: string
}

/** A request in absolute-form. */
export interface AbsoluteTarget extends ForwardTarget {
  readonly scheme: 'http' | 'https'
  /** What to send: the origin-form with the query, raw, or `*` for OPTIONS without a path (RFC 9112 3.2.4). */
  readonly path: string
}

const defaultPorts = { http: 80, https: 443 } as const

/** Schemes of absolute-form. Some clients ask for WebSockets by theirs. */
const schemes: ReadonlyMap<string, 'http' | 'https'> = new Map([
  ['http', 'http'],
  ['https', 'https'],
  ['ws', 'http'],
  ['wss', 'https'],
])

/**
 * Reads the authority-form of CONNECT, of HTTP/1 or HTTP/2 (RFC 9110 9.3.6): host and port, nothing else.
 * @param authority one character a byte, or `:authority`
 */
export function readConnectTarget(authority: string): ForwardTarget | RequestFault {
  return readAuthority(authority, undefined)
}

/**
 * Reads an absolute-form target (RFC 9112 3.2.2). What the Host field says does not matter.
 * @param url one character a byte
 */
export function readAbsoluteTarget(url: string, method: string): AbsoluteTarget | RequestFault {
  const colon = url.indexOf('://')
  const scheme = colon === -1 || colon > 5 ? undefined : schemes.get(url.slice(0, colon).toLowerCase())
  if (scheme === undefined) return faults.scheme
  if (url.includes('#')) return faults.fragment
  const start = colon + 3
  const end = authorityEnd(url, start)
  const target = readAuthority(url.slice(start, end), scheme)
  if (target instanceof RequestFault) return target
  if (!isVisible(url, end)) return faults.path
  return Object.freeze({ ...target, scheme, path: pathOf(url.slice(end), method) })
}

/** From its parts, as SOCKS and options have them. */
export function targetOf(host: CanonicalHost, port: number, scheme?: 'http' | 'https'): ForwardTarget {
  const written = bracketed(host.host)
  const bare = scheme !== undefined && port === defaultPorts[scheme]
  return Object.freeze({ ...host, port, authority: bare ? written : `${written}:${port}` })
}

function readAuthority(authority: string, scheme: 'http' | 'https' | undefined): ForwardTarget | RequestFault {
  if (authority.includes('@')) return faults.userinfo
  const close = authority.charCodeAt(0) === 0x5b ? authority.indexOf(']') : 0
  const colon = authority.indexOf(':', close)
  const port = portOf(colon === -1 ? '' : authority.slice(colon + 1), scheme)
  if (port === undefined) return faults.port
  const text = fromUtf8(colon === -1 ? authority : authority.slice(0, colon))
  const host = text === undefined ? undefined : canonicalHost(text)
  return host === undefined ? faults.host : targetOf(host, port, scheme)
}

/** Digits, 1 to 65535. None is the scheme's own, where there is a scheme. */
function portOf(digits: string, scheme: 'http' | 'https' | undefined): number | undefined {
  if (digits === '') return scheme === undefined ? undefined : defaultPorts[scheme]
  if (!/^\d{1,5}$/.test(digits)) return undefined
  const port = Number(digits)
  return port >= 1 && port <= 65_535 ? port : undefined
}

/** Bytes above 7F in a host can only be UTF-8. Undefined when they are not. */
function fromUtf8(bytes: string): string | undefined {
  let high = false
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes.charCodeAt(i)
    // A character of HTTP/2's decoder, or of a caller that has text.
    if (c > 0xff) return bytes
    if (c > 0x7f) high = true
  }
  if (!high) return bytes
  try {
    return utf8.decode(Buffer.from(bytes, 'latin1'))
  } catch {
    return undefined
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function authorityEnd(url: string, start: number): number {
  for (let i = start; i < url.length; i++) {
    const c = url.charCodeAt(i)
    if (c === 0x2f || c === 0x3f) return i
  }
  return url.length
}

/** No space, no control character, no byte above 7E. */
function isVisible(text: string, from: number): boolean {
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 0x21 || c > 0x7e) return false
  }
  return true
}

function pathOf(rest: string, method: string): string {
  if (rest === '') return method === 'OPTIONS' ? '*' : '/'
  return rest.charCodeAt(0) === 0x2f ? rest : `/${rest}`
}

const bad = (detail: string): RequestFault => new RequestFault('SP_BAD_TARGET', detail)

const faults = {
  scheme: bad('the target is no http or https URL'),
  fragment: bad('the target has a fragment'),
  userinfo: bad('the target has credentials, or an @'),
  port: bad('the target has no port from 1 to 65535'),
  host: bad('the host of the target is none'),
  path: bad('the path has a space, a control character or a byte above 7E'),
}
