import { isIP } from 'node:net'
import { OptionError } from '../../contract/options.ts'
import type { UpstreamTls } from '../../contract/pool.ts'
import { bracketed, canonicalHost } from '../target/canonical-host.ts'
import { Credentials } from './credentials.ts'

/**
 * `socks5h` and `socks4a` hand the name of the target over; `socks5` and `socks4` resolve it here.
 * `http` and `https` say how we speak to the parent, not what goes through it.
 */
export type ParentScheme = 'http' | 'https' | 'socks4' | 'socks4a' | 'socks5' | 'socks5h'

/** A proxy that we go out through. */
export interface Parent {
  readonly scheme: ParentScheme
  /** Canonical: lower case, without brackets. */
  readonly host: string
  readonly port: number
  /** For logs: `socks5h://proxy.example:1080`. Never with credentials. */
  readonly name: string
  readonly credentials: Credentials | undefined
  /** How to speak TLS to it, with `https`. */
  readonly tls: UpstreamTls | undefined
}

const schemes: Readonly<Record<string, ParentScheme>> = {
  http: 'http',
  https: 'https',
  socks4: 'socks4',
  socks4a: 'socks4a',
  socks5: 'socks5',
  socks5h: 'socks5h',
  // Names are resolved by the parent, unless the user says that they are not: our DNS server is not to learn them.
  socks: 'socks5h',
}

const defaultPorts: Readonly<Record<ParentScheme, number>> = {
  http: 80,
  https: 443,
  socks4: 1080,
  socks4a: 1080,
  socks5: 1080,
  socks5h: 1080,
}

const right = "give a URL such as 'http://proxy.example:3128', 'https://user:password@...' or 'socks5h://...'"

/**
 * Reads the URL of a parent: `[scheme://][user[:password]@]host[:port]`. Without a scheme it is `http`; user and password
 * are percent-decoded.
 * @param option what messages call it
 * @throws OptionError, which never tells the credentials
 */
export function parseParent(option: string, url: string, tls?: UpstreamTls): Parent {
  const fault = (why: string): OptionError => new OptionError(option, hidden(url), `${why}; ${right}`)
  if (typeof url !== 'string') throw new OptionError(option, url, right)
  const parts = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:([^/?#]*)@)?(\[[^\]/?#@]*\]|[^:/?#@[\]]*)(?::(\d{1,5}))?\/?$/i.exec(
    url,
  )
  if (parts === null) throw fault('this is no URL of a proxy')
  const [, scheme = 'http', userinfo, written = '', digits] = parts
  const known = Object.hasOwn(schemes, scheme.toLowerCase()) ? schemes[scheme.toLowerCase()] : undefined
  if (known === undefined) throw fault(`the scheme is none of ${Object.keys(schemes).join(', ')}`)
  const host = canonicalHost(written)
  if (host === undefined) throw fault('the host is none')
  const port = digits === undefined ? defaultPorts[known] : Number(digits)
  if (port < 1 || port > 65_535) throw fault('the port is not from 1 to 65535')
  if (tls !== undefined && known !== 'https')
    throw new OptionError(`${option}.tls`, tls, 'only an https parent speaks TLS')

  return Object.freeze({
    scheme: known,
    host: host.host,
    port,
    name: `${known}://${bracketed(host.host)}:${port}`,
    credentials: userinfo === undefined || userinfo === '' ? undefined : readCredentials(userinfo, known, fault),
    tls,
  })
}

/** Name for SNI: RFC 6066 section 3 knows no addresses. */
export function serverName(parent: Parent): string {
  return parent.tls?.servername ?? (isIP(parent.host) === 0 ? parent.host : '')
}

function readCredentials(userinfo: string, scheme: ParentScheme, fault: (why: string) => OptionError): Credentials {
  const colon = userinfo.indexOf(':')
  let user: string
  let password: string
  try {
    user = decodeURIComponent(colon === -1 ? userinfo : userinfo.slice(0, colon))
    password = colon === -1 ? '' : decodeURIComponent(userinfo.slice(colon + 1))
  } catch {
    throw fault('user and password are not percent-encoded UTF-8')
  }
  if (/[\0-\x1f\x7f]/.test(user + password)) throw fault('user or password have a control character')
  // RFC 7617 section 2: the first colon ends the user.
  if (scheme.startsWith('http') && user.includes(':')) throw fault('a user with a colon cannot be told in Basic')
  if (scheme.startsWith('socks4') && password !== '') throw fault('SOCKS4 has no password')
  // RFC 1929: the lengths are one byte.
  if (scheme.startsWith('socks') && (tooLong(user) || tooLong(password))) {
    throw fault('SOCKS has 255 bytes each for user and password')
  }
  return new Credentials(user, password)
}

const tooLong = (text: string): boolean => Buffer.byteLength(text) > 255

/** Errors go to logs: nothing before the last `@` is told, whatever the text is. */
function hidden(url: string): string {
  if (typeof url !== 'string') return url
  const at = url.lastIndexOf('@')
  return at === -1 ? url : `(hidden)${url.slice(at)}`
}
