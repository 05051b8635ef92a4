import { ipv4Bits } from '../../net/address-bits.ts'
import { ipv4Bytes, reply4 } from '../socks/wire.ts'
import type { Dialogue, HandshakeFault } from './converse.ts'
import type { Credentials } from './credentials.ts'

const replyLength = 8

/**
 * CONNECT to a parent over SOCKS4, or 4a when the host is a name.
 * @param host a name or an IPv4 address
 * @returns undefined when SOCKS4 cannot say that host: IPv6 above all
 */
export function socks4Connect(host: string, port: number, credentials: Credentials | undefined): Dialogue | undefined {
  const opening = writeRequest(host, port, credentials?.user ?? '')
  if (opening === undefined) return undefined
  const bytes = Buffer.alloc(replyLength)
  let length = 0

  return {
    opening,
    owes: () => false,
    hear(chunk) {
      const taken = chunk.copy(bytes, length)
      length += taken
      if (length < replyLength) return -1
      return bytes[0] === 0 && bytes[1] === reply4.granted ? taken : refused(bytes)
    },
  }
}

function writeRequest(host: string, port: number, user: string): Buffer | undefined {
  const bits = ipv4Bits(host)
  if (bits === -1 && (host.includes(':') || host === '' || Buffer.byteLength(host) > 255)) return undefined
  // 0.0.0.x would say that a name follows.
  if (bits > 0 && bits < 256) return undefined
  const address = bits === -1 ? [0, 0, 0, 1] : ipv4Bytes(bits)
  const name = bits === -1 ? `${host}\0` : ''
  return Buffer.concat([Buffer.from([4, 1, port >>> 8, port & 0xff, ...address]), Buffer.from(`${user}\0${name}`)])
}

/** SOCKS4 does not say why; 92 and 93 are about the user. */
function refused(bytes: Buffer): HandshakeFault {
  const code = bytes[1] as number
  const detail = `it answers with SOCKS4 reply ${code}`
  if (bytes[0] !== 0 || code < 0x5b || code > 0x5d) {
    return { code: 'SP_UPSTREAM_PROTOCOL', detail: 'it does not speak SOCKS4', parentFailed: true }
  }
  if (code === reply4.rejected) return { code: 'SP_CONNECT_FAILED', detail, parentFailed: false }
  return { code: 'SP_PARENT_AUTH', detail, parentFailed: true }
}
