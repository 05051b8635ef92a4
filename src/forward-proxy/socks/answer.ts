import { type ErrorCode, ProxyError } from '../../contract/errors.ts'
import type { Refusal } from '../../contract/guard.ts'
import type { SocksVersion } from './reader.ts'
import { addressType, reply, reply4 } from './wire.ts'

/** The bytes that tell a client why it gets no tunnel. More than the number it is not told. */
export function refusalAnswer(version: SocksVersion, reason: ProxyError | Refusal): Buffer {
  return version === 5 ? answer5(replyCode(reason)) : answer4(reply4.rejected)
}

/** The bytes that begin the tunnel. */
export function grantedAnswer(version: SocksVersion): Buffer {
  return version === 5 ? answer5(reply.granted) : answer4(reply4.granted)
}

/** A reply of SOCKS5. The address is left blank: no client needs it, and it would tell where we stand. */
export function answer5(code: number): Buffer {
  return Buffer.from([5, code, 0, addressType.ipv4, 0, 0, 0, 0, 0, 0])
}

/** A reply of SOCKS4. */
export function answer4(code: number): Buffer {
  return Buffer.from([0, code, 0, 0, 0, 0, 0, 0])
}

/** Reply of RFC 1928 section 6. Time that ran out is told as a TTL that expired, as Tor does: nothing else comes near. */
export function replyCode(reason: ProxyError | Refusal): number {
  if (!(reason instanceof ProxyError)) return reason.status < 500 ? reply.notAllowed : reply.failed
  if (reason.code === 'SP_CONNECT_FAILED' && isNetworkUnreachable(reason.cause)) return reply.networkUnreachable
  return codes[reason.code] ?? reply.failed
}

const codes: { readonly [code in ErrorCode]?: number } = {
  SP_DENIED: reply.notAllowed,
  SP_LOOP: reply.notAllowed,
  SP_PARENT_DENIED: reply.notAllowed,
  SP_DNS: reply.hostUnreachable,
  SP_CONNECT_FAILED: reply.hostUnreachable,
  SP_CONNECT_REFUSED: reply.refused,
  SP_CONNECT_TIMEOUT: reply.expired,
  SP_TOTAL_TIMEOUT: reply.expired,
}

function isNetworkUnreachable(cause: unknown): boolean {
  return (cause as { code?: unknown } | undefined)?.code === 'ENETUNREACH'
}
