import type { Exchange } from '../contract/exchange.ts'
import type { Upstream } from '../contract/pool.ts'

/** A path prefix on our side, and what it became at the upstream: `{ prefix: '/api', upstreamPrefix: '/base/v1' }`. */
export interface PathMapping {
  readonly prefix: string
  readonly upstreamPrefix: string
}

/**
 * Turns a Location or Content-Location that points at the upstream into ours; what points elsewhere, and a relative path,
 * stays as it is. RFC 9110 10.2.2 and 8.7.
 */
export function rewriteLocation(value: string, exchange: Exchange, upstream: Upstream, mapping: PathMapping): string {
  const first = value.charCodeAt(0)
  if (first === 47 /* / */ && value.charCodeAt(1) !== 47 && value.charCodeAt(1) !== 92) return mapPath(value, mapping)
  const parts = /^(?:(https?):)?\/\/([^/?#\\]*)(.*)$/is.exec(value)
  if (parts === null) return value
  const given = parts[1]?.toLowerCase()
  const authority = (parts[2] as string).toLowerCase()
  const path = parts[3] as string
  if (path.startsWith('\\')) return value
  const { target } = exchange
  const scheme = given ?? target.scheme
  if (isUpstream(authority, scheme, upstream)) {
    const mapped = mapPath(path, mapping)
    // Without an authority of ours (HTTP/1.0), a path is all that can be said.
    if (target.authority === '') return mapped === '' ? '/' : mapped
    return given === undefined ? `//${target.authority}${mapped}` : `${target.scheme}://${target.authority}${mapped}`
  }
  // Host was preserved, and the upstream answers as us: the scheme is its own choice, its path is not ours.
  if (authority !== '' && isOurs(authority, scheme, exchange)) {
    return value.slice(0, value.length - path.length) + mapPath(path, mapping)
  }
  return value
}

/** The same for the URL in a Refresh: `5; url=http://...`, quoted or not. */
export function rewriteRefresh(value: string, exchange: Exchange, upstream: Upstream, mapping: PathMapping): string {
  const parts = /^([\d.]*\s*[;,]\s*url\s*=\s*)(?:"([^"]*)("?.*)|'([^']*)('?.*)|(.*))$/is.exec(value)
  if (parts === null) return value
  const lead = parts[1] as string
  if (parts[2] !== undefined) return `${lead}"${rewriteLocation(parts[2], exchange, upstream, mapping)}${parts[3]}`
  if (parts[4] !== undefined) return `${lead}'${rewriteLocation(parts[4], exchange, upstream, mapping)}${parts[5]}`
  return lead + rewriteLocation(parts[6] as string, exchange, upstream, mapping)
}

/** A path of the upstream's, with query and fragment, as it is called on our side. On a segment boundary only. */
function mapPath(path: string, mapping: PathMapping): string {
  const prefix = withoutSlash(mapping.prefix)
  const upstreamPrefix = withoutSlash(mapping.upstreamPrefix)
  if (prefix === upstreamPrefix || !path.startsWith(upstreamPrefix)) return path
  const next = path.charCodeAt(upstreamPrefix.length)
  // The end, `/`, `?` or `#`: else it is another segment that begins alike.
  if (!Number.isNaN(next) && next !== 47 && next !== 63 && next !== 35) return path
  const mapped = prefix + path.slice(upstreamPrefix.length)
  return mapped.startsWith('/') ? mapped : `/${mapped}`
}

function withoutSlash(prefix: string): string {
  return prefix.endsWith('/') ? prefix.slice(0, -1) : prefix
}

function isUpstream(authority: string, scheme: string, upstream: Upstream): boolean {
  if (authority === upstream.authority.toLowerCase()) return true
  const [host, port] = split(authority, scheme)
  return port === upstream.port && host === upstream.hostname.toLowerCase()
}

function isOurs(authority: string, scheme: string, exchange: Exchange): boolean {
  const { target } = exchange
  if (authority === target.authority.toLowerCase()) return true
  const [host, port] = split(authority, scheme)
  const bare = target.host.startsWith('[') ? target.host.slice(1, -1) : target.host
  return host === bare && port === (target.port ?? defaultPort(target.scheme))
}

/** Host without brackets, and the port. An authority with userinfo is nobody's. */
function split(authority: string, scheme: string): [string, number] {
  const parts = /^(?:\[([0-9a-f:.]+)\]|([^:@[\]]+))(?::(\d*))?$/.exec(authority)
  if (parts === null) return ['', -1]
  const port = parts[3]
  return [parts[1] ?? (parts[2] as string), port === undefined || port === '' ? defaultPort(scheme) : Number(port)]
}

function defaultPort(scheme: string): number {
  return scheme === 'https' ? 443 : 80
}
