import { normaliseAddress } from '../../net/address.ts'
import { ipv4Bits, ipv6Groups, writeIpv4 } from '../../net/address-bits.ts'

/** Authentication methods, RFC 1928 section 3. */
export const method = { none: 0x00, password: 0x02, unacceptable: 0xff } as const

/** Commands, RFC 1928 section 4; SOCKS4 has the first two. */
export const command = { connect: 0x01, bind: 0x02, udpAssociate: 0x03 } as const

/** Address types, RFC 1928 section 5. */
export const addressType = { ipv4: 0x01, domain: 0x03, ipv6: 0x04 } as const

/** Replies, RFC 1928 section 6. */
export const reply = {
  granted: 0x00,
  failed: 0x01,
  notAllowed: 0x02,
  networkUnreachable: 0x03,
  hostUnreachable: 0x04,
  refused: 0x05,
  expired: 0x06,
  noSuchCommand: 0x07,
  noSuchAddressType: 0x08,
} as const

/** Replies of SOCKS4. */
export const reply4 = { granted: 0x5a, rejected: 0x5b } as const

/** Bytes of the longest message: the password message of RFC 1929; a SOCKS4a request with a user and a host as long. */
export const longestMessage = 520

/** The address in the message at `from`, in the form that an authority has: IPv6 in brackets. */
export function readAddress(
  bytes: Uint8Array,
  from: number,
  type: typeof addressType.ipv4 | typeof addressType.ipv6,
): string {
  if (type === addressType.ipv4) return writeIpv4(uint16(bytes, from) * 65_536 + uint16(bytes, from + 2))
  const groups: string[] = []
  for (let i = 0; i < 16; i += 2) groups.push(uint16(bytes, from + i).toString(16))
  return `[${normaliseAddress(groups.join(':'))}]`
}

/**
 * Address type, address and port, as SOCKS5 writes them. A host that is no address goes as a name.
 * @param host without brackets
 * @returns undefined when the name has no place: it is empty or longer than 255 bytes
 */
export function writeAddress(host: string, port: number): Buffer | undefined {
  const ports = [port >>> 8, port & 0xff]
  const bits = ipv4Bits(host)
  if (bits !== -1) return Buffer.from([addressType.ipv4, ...ipv4Bytes(bits), ...ports])
  const groups = new Uint16Array(8)
  if (host.includes(':')) {
    if (!ipv6Groups(host, groups)) return undefined
    return Buffer.from([addressType.ipv6, ...[...groups].flatMap((group) => [group >>> 8, group & 0xff]), ...ports])
  }
  const name = Buffer.from(host)
  if (name.length === 0 || name.length > 255) return undefined
  return Buffer.from([addressType.domain, name.length, ...name, ...ports])
}

/** @param bits of an IPv4 address, as `ipv4Bits` has them */
export const ipv4Bytes = (bits: number): readonly number[] => [
  (bits >>> 24) & 0xff,
  (bits >>> 16) & 0xff,
  (bits >>> 8) & 0xff,
  bits & 0xff,
]

export const uint16 = (bytes: Uint8Array, at: number): number => (bytes[at] as number) * 256 + (bytes[at + 1] as number)
