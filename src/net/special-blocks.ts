/**
 * What an address is for.
 * - `public`: globally reachable.
 * - `loopback`, `private`, `shared` (CGNAT), `link-local`: this machine, and networks around it.
 * - `metadata`: a service of the cloud that hands out credentials to whoever can reach it.
 * - `embedding`: IPv6 that carries an IPv4 address and is not reachable for itself.
 * - `reserved`: everything else that no service on the Internet has, unallocated space too.
 * - `invalid`: no address at all, or one with a zone id.
 */
export type AddressKind =
  | 'public'
  | 'unspecified'
  | 'loopback'
  | 'private'
  | 'shared'
  | 'link-local'
  | 'metadata'
  | 'multicast'
  | 'broadcast'
  | 'documentation'
  | 'benchmarking'
  | 'embedding'
  | 'reserved'
  | 'invalid'

export interface AddressClass {
  readonly kind: AddressKind
  /** The registry's name, or the service's. */
  readonly name: string
  /** CIDR. `''` where there is none. */
  readonly block: string
}

/** Where an IPv6 block carries an IPv4 address: index of the first of two groups, and whether its bits are inverted. */
export interface Embedding {
  readonly group: number
  readonly inverted: boolean
}

type Row = readonly [block: string, kind: AddressKind, name: string, embedding?: Embedding]

const inGroup = (group: number, inverted = false): Embedding => ({ group, inverted })

/** IANA IPv4 Special-Purpose Address Registry (RFC 6890), and multicast (RFC 5771). The most specific row counts. */
export const ipv4Blocks: readonly Row[] = [
  ['0.0.0.0/32', 'unspecified', 'This host on this network'],
  ['0.0.0.0/8', 'reserved', 'This network'],
  ['10.0.0.0/8', 'private', 'Private-Use'],
  ['100.64.0.0/10', 'shared', 'Shared Address Space'],
  ['127.0.0.0/8', 'loopback', 'Loopback'],
  ['169.254.0.0/16', 'link-local', 'Link Local'],
  ['172.16.0.0/12', 'private', 'Private-Use'],
  ['192.0.0.0/24', 'reserved', 'IETF Protocol Assignments'],
  ['192.0.0.0/29', 'reserved', 'IPv4 Service Continuity Prefix'],
  ['192.0.0.8/32', 'reserved', 'IPv4 dummy address'],
  ['192.0.0.9/32', 'public', 'Port Control Protocol Anycast'],
  ['192.0.0.10/32', 'public', 'Traversal Using Relays around NAT Anycast'],
  ['192.0.0.170/32', 'reserved', 'NAT64/DNS64 Discovery'],
  ['192.0.0.171/32', 'reserved', 'NAT64/DNS64 Discovery'],
  ['192.0.2.0/24', 'documentation', 'Documentation (TEST-NET-1)'],
  ['192.31.196.0/24', 'public', 'AS112-v4'],
  ['192.52.193.0/24', 'public', 'AMT'],
  ['192.88.99.0/24', 'reserved', 'Deprecated (6to4 Relay Anycast)'],
  ['192.88.99.2/32', 'reserved', '6a44-relay anycast address'],
  ['192.168.0.0/16', 'private', 'Private-Use'],
  ['192.175.48.0/24', 'public', 'Direct Delegation AS112 Service'],
  ['198.18.0.0/15', 'benchmarking', 'Benchmarking'],
  ['198.51.100.0/24', 'documentation', 'Documentation (TEST-NET-2)'],
  ['203.0.113.0/24', 'documentation', 'Documentation (TEST-NET-3)'],
  ['224.0.0.0/4', 'multicast', 'Multicast'],
  ['240.0.0.0/4', 'reserved', 'Reserved'],
  ['255.255.255.255/32', 'broadcast', 'Limited Broadcast'],
]

/**
 * IANA IPv6 Special-Purpose Address Registry (RFC 6890), multicast, and what RFCs have withdrawn. Where the registry says
 * N/A (6to4, Teredo), it is not reachable here: nobody serves from there, and an inner address could hide in it.
 * Outside 2000::/3 nothing is allocated that is not listed.
 */
export const ipv6Blocks: readonly Row[] = [
  ['::/0', 'reserved', 'Unallocated'],
  ['2000::/3', 'public', 'Global Unicast'],
  ['::/128', 'unspecified', 'Unspecified Address'],
  ['::1/128', 'loopback', 'Loopback Address'],
  ['::/96', 'embedding', 'Deprecated (IPv4-compatible)', inGroup(6)],
  ['::ffff:0:0:0/96', 'embedding', 'IPv4-translated', inGroup(6)],
  ['64:ff9b::/96', 'public', 'IPv4-IPv6 Translation', inGroup(6)],
  ['64:ff9b:1::/48', 'embedding', 'IPv4-IPv6 Translation (local use)', inGroup(6)],
  ['100::/64', 'reserved', 'Discard-Only Address Block'],
  ['100:0:0:1::/64', 'reserved', 'Dummy IPv6 Prefix'],
  ['2001::/23', 'reserved', 'IETF Protocol Assignments'],
  ['2001::/32', 'embedding', 'Teredo', inGroup(6, true)],
  ['2001:1::1/128', 'public', 'Port Control Protocol Anycast'],
  ['2001:1::2/128', 'public', 'Traversal Using Relays around NAT Anycast'],
  ['2001:1::3/128', 'public', 'DNS-SD Service Registration Protocol Anycast'],
  ['2001:2::/48', 'benchmarking', 'Benchmarking'],
  ['2001:3::/32', 'public', 'AMT'],
  ['2001:4:112::/48', 'public', 'AS112-v6'],
  ['2001:10::/28', 'reserved', 'Deprecated (ORCHID)'],
  ['2001:20::/28', 'public', 'ORCHIDv2'],
  ['2001:30::/28', 'public', 'Drone Remote ID Protocol Entity Tags'],
  ['2001:db8::/32', 'documentation', 'Documentation'],
  ['2002::/16', 'embedding', '6to4', inGroup(1)],
  ['2620:4f:8000::/48', 'public', 'Direct Delegation AS112 Service'],
  ['3fff::/20', 'documentation', 'Documentation'],
  ['5f00::/16', 'reserved', 'Segment Routing (SRv6) SIDs'],
  ['fc00::/7', 'private', 'Unique-Local'],
  ['fe80::/10', 'link-local', 'Link-Local Unicast'],
  ['fec0::/10', 'private', 'Deprecated (Site-Local)'],
  ['ff00::/8', 'multicast', 'Multicast'],
]

/** Addresses at which clouds hand out credentials. One of them, Azure's, is globally reachable by its number. */
export const metadataServices: readonly (readonly [address: string, name: string])[] = [
  ['169.254.169.254', 'Instance metadata'],
  ['169.254.169.253', 'Resolver of the cloud (AWS)'],
  ['169.254.170.2', 'Task metadata (AWS ECS)'],
  ['169.254.170.23', 'Pod identity (AWS EKS)'],
  ['169.254.0.23', 'Instance metadata (Tencent Cloud)'],
  ['169.254.42.42', 'Instance metadata (Scaleway)'],
  ['100.100.100.200', 'Instance metadata (Alibaba Cloud)'],
  ['168.63.129.16', 'Wire server (Azure)'],
  ['192.0.0.192', 'Instance metadata (Oracle Cloud Classic)'],
  ['fd00:ec2::23', 'Pod identity (AWS EKS)'],
  ['fd00:ec2::254', 'Instance metadata (AWS)'],
  ['fd20:ce::254', 'Instance metadata (Google Cloud)'],
  ['fd00:42::42', 'Instance metadata (Scaleway)'],
  ['fe80::a9fe:a9fe', 'Instance metadata (OpenStack)'],
]
