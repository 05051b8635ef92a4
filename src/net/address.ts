import { isIPv6, SocketAddress } from 'node:net'

const cacheEntries = 1024
const cache = new Map<string, string>()

/**
 * One spelling for one address: IPv4-mapped IPv6 as IPv4, other IPv6 as RFC 5952 says (lower case, shortest), without
 * zone id. What is no IPv6 address comes back as it is.
 */
export function normaliseAddress(ip: string): string {
  if (!ip.includes(':')) return ip
  const known = cache.get(ip)
  if (known !== undefined) return known
  if (!isIPv6(ip)) return ip
  const zone = ip.indexOf('%')
  const address = new SocketAddress({ address: zone === -1 ? ip : ip.slice(0, zone), family: 'ipv6' }).address
  // inet_ntop writes every spelling of an IPv4-mapped address in this one way.
  const normal = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
  if (cache.size >= cacheEntries) cache.clear()
  cache.set(ip, normal)
  return normal
}
