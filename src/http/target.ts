import type { ErrorCode } from '../contract/errors.ts'
import type { Target } from '../contract/target.ts'
import { type Authority, parseAuthority } from './authority.ts'
import { canonicalPath, type PathPolicy } from './path-policy.ts'

/** The head of a request, as Node gives it. */
export interface RequestHead {
  readonly method: string
  /** The request target; `:path` in HTTP/2. */
  readonly url: string
  /** name, value, name, value; in HTTP/2 the pseudo fields too. */
  readonly rawFields: readonly string[]
  readonly httpVersionMajor: number
  readonly httpVersionMinor: number
  /** Came as frames. Not read from the version: an HTTP/1 request line may claim `HTTP/2.0`. */
  readonly h2: boolean
  /** The client speaks TLS, with us or with a trusted proxy that says so. Decides the scheme, whatever the target says. */
  readonly encrypted: boolean
  /** The peer is a proxy that is believed: it may have ended TLS for us. */
  readonly trusted: boolean
}

export interface TargetLimits {
  readonly uriBytes: number
}

/** Why a request is not taken. A value, never thrown. */
export class RequestFault {
  readonly code: ErrorCode
  /** For the log alone. */
  readonly detail: string

  constructor(code: ErrorCode, detail: string) {
    this.code = code
    this.detail = detail
    Object.freeze(this)
  }
}

/**
 * Reads what a request asks for: origin-form, absolute-form and asterisk-form (RFC 9112 3.2), or the pseudo fields of
 * HTTP/2 (RFC 9113 8.3.1). CONNECT is not for here.
 */
export function readTarget(head: RequestHead, policy: PathPolicy, limits: TargetLimits): Target | RequestFault {
  const { url } = head
  if (!head.h2 && (head.httpVersionMajor !== 1 || head.httpVersionMinor > 1)) return faults.version
  // HTTP/2 CONNECT has no :path.
  if (typeof url !== 'string' || url === '') return faults.target
  if (url.length > limits.uriBytes) return faults.uriTooLong
  if (url.includes('#')) return faults.fragment

  const named = namedAuthority(head)
  if (named instanceof RequestFault) return named

  if (isMisdirected(head)) return faults.misdirected

  const first = url.charCodeAt(0)
  if (first === 0x2f) return build(head, policy, named, url)
  if (first === 0x2a)
    return url === '*' && head.method === 'OPTIONS' ? build(head, policy, named, url) : faults.asterisk
  if (head.h2) return faults.target

  // RFC 9112 3.2.2: the authority of an absolute target wins over Host.
  const start = authorityStart(url)
  if (start === -1) return faults.target
  const end = authorityEnd(url, start)
  const authority = url.slice(start, end)
  if (parseAuthority(authority) === undefined) return faults.authority
  if (url.charCodeAt(end) === 0x2f) return build(head, policy, authority, url.slice(end))
  // RFC 9112 3.2.4: OPTIONS for an empty path without a query asks about the server as a whole.
  if (end === url.length) return build(head, policy, authority, head.method === 'OPTIONS' ? '*' : '/')
  return build(head, policy, authority, `/${url.slice(end)}`)
}

function build(head: RequestHead, policy: PathPolicy, authority: string, pathAndQuery: string): Target | RequestFault {
  const mark = pathAndQuery.indexOf('?')
  const path = mark === -1 ? pathAndQuery : pathAndQuery.slice(0, mark)
  const query = mark === -1 ? '' : pathAndQuery.slice(mark)
  if (!isVisible(query)) return faults.query
  const canonical = canonicalPath(policy, path)
  if (typeof canonical !== 'string') return new RequestFault('SP_BAD_PATH', canonical.text)
  // Checked by now, and most likely still in the cache; empty only in HTTP/1.0.
  const parsed = authority === '' ? noAuthority : (parseAuthority(authority) as Authority)
  return Object.freeze({
    method: head.method,
    scheme: head.encrypted ? 'https' : 'http',
    authority,
    host: parsed.host,
    port: parsed.port,
    path,
    query,
    canonicalPath: canonical,
  })
}

/**
 * RFC 9110 7.4: an https resource is for a connection that has been secured, and 421 for any other; a trusted gateway may
 * have ended TLS before us.
 */
function isMisdirected({ h2, url, rawFields, encrypted, trusted }: RequestHead): boolean {
  if (encrypted || trusted) return false
  if (!h2) return url.charCodeAt(0) !== 0x2f && url.slice(0, 8).toLowerCase() === 'https://'
  for (let i = 0; i < rawFields.length; i += 2) if (rawFields[i] === ':scheme') return rawFields[i + 1] === 'https'
  return false
}

/** What the fields say about the authority: valid, or empty for an HTTP/1.0 request without Host. */
function namedAuthority(head: RequestHead): string | RequestFault {
  const { rawFields } = head
  let pseudo: string | undefined
  let host: string | undefined
  for (let i = 0; i < rawFields.length; i += 2) {
    const name = rawFields[i] as string
    if (name.length === 4) {
      if (!isHost(name)) continue
      if (host !== undefined) return faults.twoHosts
      host = rawFields[i + 1] as string
    } else if (head.h2 && name === ':authority') {
      pseudo = rawFields[i + 1] as string
    }
  }
  const authority = pseudo ?? host
  if (authority === undefined) {
    return !head.h2 && head.httpVersionMinor === 0 ? '' : faults.noHost
  }
  const parsed = parseAuthority(authority)
  if (parsed === undefined) return faults.authority
  if (pseudo !== undefined && host !== undefined && host !== pseudo) {
    // RFC 9113 8.3.1: a host field that says something else than :authority makes the request malformed.
    const other = parseAuthority(host)
    const byDefault = head.encrypted ? 443 : 80
    if (other?.host !== parsed.host || (other.port ?? byDefault) !== (parsed.port ?? byDefault)) return faults.twoHosts
  }
  return authority
}

const isHost = (name: string): boolean => name === 'Host' || name === 'host' || name.toLowerCase() === 'host'

/** Where the authority of an absolute target begins, or -1. */
function authorityStart(url: string): number {
  const scheme = url.slice(0, 8).toLowerCase()
  if (scheme === 'https://') return 8
  return scheme.startsWith('http://') ? 7 : -1
}

function authorityEnd(url: string, start: number): number {
  for (let i = start; i < url.length; i++) {
    const c = url.charCodeAt(i)
    if (c === 0x2f || c === 0x3f) return i
  }
  return url.length
}

/** No space, no control character, no byte above 7E. */
function isVisible(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 0x21 || c > 0x7e) return false
  }
  return true
}

const noAuthority: Authority = Object.freeze({ host: '', port: undefined })

const faults = {
  version: new RequestFault('SP_HTTP_VERSION', 'the request line has a version other than HTTP/1.0 and HTTP/1.1'),
  target: new RequestFault('SP_BAD_TARGET', 'the target is neither a path nor an http or https URL'),
  asterisk: new RequestFault('SP_BAD_TARGET', '* is for OPTIONS alone'),
  misdirected: new RequestFault('SP_MISDIRECTED', 'an https target came over a connection without TLS'),
  fragment: new RequestFault('SP_BAD_TARGET', 'the target has a fragment'),
  query: new RequestFault('SP_BAD_TARGET', 'the query has a space, a control character or a byte above 7E'),
  uriTooLong: new RequestFault('SP_URI_TOO_LONG', 'the target is longer than limits.uriBytes'),
  noHost: new RequestFault('SP_BAD_AUTHORITY', 'the request names no host'),
  twoHosts: new RequestFault('SP_BAD_AUTHORITY', 'the request names two hosts'),
  authority: new RequestFault('SP_BAD_AUTHORITY', 'the authority is not a host with an optional port'),
}
