import { isField } from './hop-by-hop.ts'

/** What a request field is to a gateway. Small integers, so that one switch on them is one jump. */
export const plain = 0
/** For this connection alone, or answered here: never goes on. */
export const ours = 1
export const connection = 2
export const te = 3
export const trailer = 4
export const upgradeField = 5
export const contentLength = 6
export const cookie = 7
export const via = 8
export const maxForwards = 9
/** The kinds from here on say who the client is: believed from trusted peers alone. */
export const identity = 10
export const forwarded = 11
export const xForwardedFor = 12
export const xForwardedHost = 13
export const xForwardedProto = 14
export const xForwardedPort = 15

/** The kind of a request field by its name, in any case: by length first, for most names are settled by that. */
export function requestKind(name: string): number {
  switch (name.length) {
    case 2:
      return isField(name, 'te') ? te : plain
    case 3:
      return isField(name, 'via') ? via : plain
    case 4:
      return isField(name, 'host') ? ours : plain
    case 5:
      // `Proxy` would become HTTP_PROXY in the environment of a CGI program: CVE-2016-5385.
      return isField(name, 'proxy') ? ours : plain
    case 6:
      return isField(name, 'cookie') ? cookie : isField(name, 'expect') ? ours : plain
    case 7:
      return isField(name, 'upgrade') ? upgradeField : isField(name, 'trailer') ? trailer : plain
    case 9:
      return isField(name, 'forwarded') ? forwarded : isField(name, 'x-real-ip') ? identity : plain
    case 10:
      return isField(name, 'connection') ? connection : isField(name, 'keep-alive') ? ours : plain
    case 12:
      return isField(name, 'max-forwards') ? maxForwards : beginsForwarded(name)
    case 14:
      if (isField(name, 'content-length')) return contentLength
      return isField(name, 'http2-settings') ? ours : beginsForwarded(name)
    case 15:
      return isField(name, 'x-forwarded-for') ? xForwardedFor : beginsForwarded(name)
    case 16:
      if (isField(name, 'x-forwarded-host')) return xForwardedHost
      if (isField(name, 'x-forwarded-port')) return xForwardedPort
      return isField(name, 'proxy-connection') ? ours : beginsForwarded(name)
    case 17:
      if (isField(name, 'x-forwarded-proto')) return xForwardedProto
      return isField(name, 'transfer-encoding') ? ours : beginsForwarded(name)
    case 18:
      return isField(name, 'proxy-authenticate') ? ours : beginsForwarded(name)
    case 19:
      return isField(name, 'proxy-authorization') ? ours : beginsForwarded(name)
    case 25:
      return isField(name, 'proxy-authentication-info') ? ours : beginsForwarded(name)
    default:
      return beginsForwarded(name)
  }
}

function beginsForwarded(name: string): number {
  const mayBegin = name.length > 11 && (name.charCodeAt(0) | 32) === 120 && name.charCodeAt(1) === 45
  return mayBegin && name.toLowerCase().startsWith('x-forwarded-') ? identity : plain
}
