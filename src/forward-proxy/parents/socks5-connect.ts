import type { ErrorCode } from '../../contract/errors.ts'
import { addressType, method, uint16, writeAddress } from '../socks/wire.ts'
import type { Dialogue, HandshakeFault } from './converse.ts'
import type { Credentials } from './credentials.ts'

/** Bytes of the longest message of a SOCKS5 server: a reply with a name of 255 bytes. */
const longestReply = 262

/**
 * CONNECT to a parent over SOCKS5 (RFC 1928, RFC 1929). A name is handed over as it is. At most 262 bytes are held.
 * @param host without brackets
 * @returns undefined when SOCKS5 cannot say that host
 */
export function socks5Connect(host: string, port: number, credentials: Credentials | undefined): Dialogue | undefined {
  const address = writeAddress(host, port)
  if (address === undefined) return undefined
  const request = Buffer.concat([Buffer.from([5, 1, 0]), address])
  const bytes = Buffer.alloc(longestReply)
  let length = 0
  let stage: 'method' | 'password' | 'reply' = 'method'

  function need(): number {
    if (stage !== 'reply') return 2
    if (length < 5) return 5
    if (bytes[3] === addressType.ipv6) return 22
    return bytes[3] === addressType.domain ? 7 + (bytes[4] as number) : 10
  }

  /** Undefined when the next message is to come. */
  function answer(say: (bytes: Buffer) => void): HandshakeFault | 'tunnel' | undefined {
    if (stage === 'reply') return isGood(bytes) ? 'tunnel' : refused(bytes)
    if (stage === 'password') {
      if (bytes[1] !== 0) return fault('SP_PARENT_AUTH', 'it refuses user and password')
    } else if (bytes[0] !== 5) {
      return fault('SP_UPSTREAM_PROTOCOL', 'it does not speak SOCKS5')
    } else if (bytes[1] === method.password && credentials !== undefined) {
      stage = 'password'
      say(passwordMessage(credentials))
      return undefined
    } else if (bytes[1] !== method.none) {
      return fault('SP_PARENT_AUTH', 'it takes no method that we offer')
    }
    stage = 'reply'
    say(request)
    return undefined
  }

  return {
    opening: Buffer.from(credentials === undefined ? [5, 1, method.none] : [5, 2, method.none, method.password]),
    owes: () => stage !== 'reply',
    hear(chunk, say) {
      let at = 0
      while (true) {
        const missing = need() - length
        if (missing > 0) {
          const taken = chunk.copy(bytes, length, at, Math.min(at + missing, chunk.length))
          if (taken === 0) return -1
          length += taken
          at += taken
          continue
        }
        const what = answer(say)
        if (what === 'tunnel') return at
        if (what !== undefined) return what
        length = 0
      }
    },
  }
}

function passwordMessage({ user, password }: Credentials): Buffer {
  const [name, secret] = [Buffer.from(user), Buffer.from(password)]
  return Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([secret.length]), secret])
}

function isGood(bytes: Buffer): boolean {
  return uint16(bytes, 0) === 0x0500 && isAddressType(bytes[3])
}

function isAddressType(type: number | undefined): boolean {
  return type === addressType.ipv4 || type === addressType.domain || type === addressType.ipv6
}

/**
 * RFC 1928 section 6. A parent that replies is alive: were a failure held against it, a client could have it taken out of
 * use by asking for targets that do not exist.
 */
function refused(bytes: Buffer): HandshakeFault {
  const reply = bytes[1] as number
  if (bytes[0] !== 5 || reply === 0) return fault('SP_UPSTREAM_PROTOCOL', 'its reply is no SOCKS5')
  return {
    code: codes[reply] ?? 'SP_CONNECT_FAILED',
    detail: `it answers with SOCKS5 reply ${reply}`,
    parentFailed: false,
  }
}

const codes: { readonly [reply: number]: ErrorCode } = {
  2: 'SP_PARENT_DENIED',
  5: 'SP_CONNECT_REFUSED',
  6: 'SP_CONNECT_TIMEOUT',
}

const fault = (code: ErrorCode, detail: string): HandshakeFault => ({ code, detail, parentFailed: true })
