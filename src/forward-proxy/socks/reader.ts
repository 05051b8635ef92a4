import { isUtf8 } from 'node:buffer'
import { answer4, answer5 } from './answer.ts'
import { addressType, command, longestMessage, method, readAddress, reply, reply4, uint16 } from './wire.ts'

export type SocksVersion = 4 | 5

/** Where a client wants to go, as it said it. */
export interface SocksRequest {
  readonly version: SocksVersion
  /** As in an authority: a name as sent, IPv4 in dotted decimal, IPv6 in brackets. Not yet canonical. */
  readonly host: string
  /** 1 to 65535. */
  readonly port: number
  /** What SOCKS4 calls the user: a claim that nobody has checked. `''` in SOCKS5. */
  readonly userId: string
}

/** One message of a client. */
export type SocksMessage =
  | { readonly kind: 'greeting'; readonly none: boolean; readonly password: boolean }
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'request'; readonly request: SocksRequest }
  | SocksFault

/** What cannot be taken. A value, never thrown. */
export interface SocksFault {
  readonly kind: 'fault'
  /** The bytes that say so to the client; empty when it speaks another language. */
  readonly answer: Buffer
  /** For the log alone. */
  readonly detail: string
}

/**
 * Reads what a client of SOCKS5 (RFC 1928, RFC 1929), SOCKS4 or SOCKS4a says before the tunnel, in pieces of any size.
 * Takes no byte beyond the message, and holds at most 520. The caller says what may come next: after a greeting either
 * `expect('password')` or `expect('request')`, after a password `expect('request')`.
 */
export class SocksReader {
  readonly #bytes = Buffer.alloc(longestMessage)
  #length = 0
  #stage: Stage = 'first'
  #message: SocksMessage | undefined

  /** The message that has come whole; undefined while more is needed. */
  get message(): SocksMessage | undefined {
    return this.#message
  }

  /** @returns where in `chunk` the bytes begin that were not taken */
  take(chunk: Buffer, at = 0): number {
    while (this.#message === undefined) {
      const missing = this.#need() - this.#length
      if (missing <= 0) {
        this.#message = this.#parse()
        break
      }
      const taken = chunk.copy(this.#bytes, this.#length, at, Math.min(at + missing, chunk.length))
      if (taken === 0) break
      this.#length += taken
      at += taken
    }
    return at
  }

  expect(stage: 'password' | 'request'): void {
    // What was said before, a password above all, is not kept.
    this.#bytes.fill(0, 0, this.#length)
    this.#length = 0
    this.#stage = stage
    this.#message = undefined
  }

  /** Bytes that are needed to know more: the whole message, once its lengths are known. */
  #need(): number {
    const bytes = this.#bytes
    const length = this.#length
    if (length === 0) return 1
    if (this.#stage === 'first') {
      if (bytes[0] === 4) return this.#need4()
      if (bytes[0] !== 5) return 1
      return length < 2 ? 2 : 2 + (bytes[1] as number)
    }
    if (this.#stage === 'password') {
      if (length < 2) return 2
      const secret = 2 + (bytes[1] as number)
      return length <= secret ? secret + 1 : secret + 1 + (bytes[secret] as number)
    }
    if (length < 5) return 5
    const type = bytes[3]
    if (type === addressType.ipv4) return 10
    if (type === addressType.ipv6) return 22
    return type === addressType.domain ? 7 + (bytes[4] as number) : 5
  }

  /** SOCKS4 ends its texts with NUL: byte by byte. */
  #need4(): number {
    const bytes = this.#bytes
    const length = this.#length
    if (length < 9) return 9
    // What has not come is NUL as well.
    const user = bytes.indexOf(0, 8)
    if (user === length) return length - 8 > longestText ? length : length + 1
    if (!isNamed4(bytes)) return user + 1
    const host = bytes.indexOf(0, user + 1)
    if (host !== -1 && host < length) return host + 1
    return length - user - 1 > longestText ? length : length + 1
  }

  #parse(): SocksMessage {
    const bytes = this.#bytes
    if (this.#stage === 'password') return parsePassword(bytes)
    if (this.#stage === 'request') return parseRequest(bytes)
    if (bytes[0] === 4) return parseRequest4(bytes, this.#length)
    return bytes[0] === 5 ? parseGreeting(bytes) : notSocks
  }
}

type Stage = 'first' | 'password' | 'request'

const longestText = 255

function parseGreeting(bytes: Buffer): SocksMessage {
  const methods = bytes.subarray(2, 2 + (bytes[1] as number))
  return { kind: 'greeting', none: methods.includes(method.none), password: methods.includes(method.password) }
}

function parsePassword(bytes: Buffer): SocksMessage {
  const end = 2 + (bytes[1] as number)
  const user = bytes.subarray(2, end)
  const secret = bytes.subarray(end + 1, end + 1 + (bytes[end] as number))
  if (bytes[0] !== 1) return fault(passwordRefused, 'the password message has an unknown version')
  if (!isUtf8(user) || !isUtf8(secret)) return fault(passwordRefused, 'user or password are no UTF-8')
  return { kind: 'password', user: user.toString(), password: secret.toString() }
}

function parseRequest(bytes: Buffer): SocksMessage {
  const type = bytes[3]
  if (bytes[0] !== 5 || bytes[2] !== 0) return fault(answer5(reply.failed), 'the request is malformed')
  if (bytes[1] !== command.connect) return fault(answer5(reply.noSuchCommand), `command ${bytes[1]} is not supported`)
  if (type === addressType.ipv4) return finish(5, readAddress(bytes, 4, type), uint16(bytes, 8), '')
  if (type === addressType.ipv6) return finish(5, readAddress(bytes, 4, type), uint16(bytes, 20), '')
  if (type !== addressType.domain) return fault(answer5(reply.noSuchAddressType), `address type ${type} is unknown`)
  const end = 5 + (bytes[4] as number)
  return finish(5, readName(bytes.subarray(5, end)), uint16(bytes, end), '')
}

function parseRequest4(bytes: Buffer, length: number): SocksMessage {
  if (bytes[length - 1] !== 0) return fault(answer4(reply4.rejected), 'a text is longer than 255 bytes')
  const end = bytes.indexOf(0, 8)
  const userId = bytes.toString('latin1', 8, end)
  if (bytes[1] !== command.connect) return fault(answer4(reply4.rejected), `command ${bytes[1]} is not supported`)
  const host = isNamed4(bytes) ? readName(bytes.subarray(end + 1, length - 1)) : readAddress(bytes, 4, addressType.ipv4)
  return finish(4, host, uint16(bytes, 2), userId)
}

function finish(version: SocksVersion, host: string | undefined, port: number, userId: string): SocksMessage {
  const answer = version === 5 ? answer5(reply.failed) : answer4(reply4.rejected)
  if (host === undefined) return fault(answer, 'the host name is empty, or has what no host name has')
  if (port === 0) return fault(answer, 'the port is 0')
  return { kind: 'request', request: { version, host, port, userId } }
}

/** SOCKS4a: 0.0.0.x with x other than 0 says that a name follows. */
function isNamed4(bytes: Uint8Array): boolean {
  return bytes[4] === 0 && bytes[5] === 0 && bytes[6] === 0 && bytes[7] !== 0
}

/** Neither empty nor with a control character, a space or a broken UTF-8 sequence. */
function readName(bytes: Buffer): string | undefined {
  if (bytes.length === 0 || bytes.length > longestText || !isUtf8(bytes)) return undefined
  for (const byte of bytes) if (byte <= 0x20 || byte === 0x7f) return undefined
  return bytes.toString()
}

const fault = (answer: Buffer, detail: string): SocksFault => ({ kind: 'fault', answer, detail })

const notSocks = fault(Buffer.alloc(0), 'the first byte is that of no SOCKS version')
const passwordRefused = Buffer.from([1, 1])
