import type { Exchange } from '../contract/exchange.ts'
import type { Target } from '../contract/target.ts'
import { agreedForwarded } from './agreed-forwarded.ts'
import { isKeyed, type KeyPlan } from './key.ts'
import { isHostOf, isPortOf, isSchemeOf } from './same-target.ts'
import { absent, normalValue } from './vary-values.ts'

/**
 * The fields of a request that may be answered from a store, without those that would have the origin answer for something
 * else than the key says, and so poison what is stored: fields that name another path, method, host or scheme. The same
 * array when there is nothing to drop.
 *
 * Dropped, unless they are keyed: the names below, where the client sent them (a field that a rule of ours sets is the same
 * for all); X-Forwarded-Host, -Proto and -Port, and `host` and `proto` of Forwarded, where they contradict the key and tell
 * what a client or a peer said; and an Accept-Encoding that cannot be read, which the key does not have either.
 */
export function dropUnkeyed(plan: KeyPlan, fields: readonly string[], exchange: Exchange): readonly string[] {
  let kept: string[] | undefined
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    const value = fields[i + 1] as string
    const next = mayMatter(name) ? judge(plan, name, value, fields, exchange) : value
    if (kept !== undefined) {
      if (next !== undefined) kept.push(name, next)
    } else if (next !== value) {
      kept = fields.slice(0, i)
      if (next !== undefined) kept.push(name, next)
    }
  }
  return kept ?? fields
}

/** The value to send, or undefined for none. */
function judge(
  plan: KeyPlan,
  name: string,
  value: string,
  fields: readonly string[],
  exchange: Exchange,
): string | undefined {
  // Many origins read `_` as `-`.
  const lower = name.toLowerCase().replaceAll('_', '-')
  if (isKeyed(plan, name) || (lower !== name && isKeyed(plan, lower))) return value
  if (routing.has(lower)) return came(exchange, lower) ? undefined : value
  switch (lower) {
    case 'x-forwarded-host':
      return told(exchange, lower) && !everyMember(value, exchange.target, isHostOf) ? undefined : value
    case 'x-forwarded-proto':
      return told(exchange, lower) && !everyMember(value, exchange.target, isSchemeOf) ? undefined : value
    case 'x-forwarded-port':
      return told(exchange, lower) && !everyMember(value, exchange.target, isPortOf) ? undefined : value
    case 'forwarded':
      return told(exchange, lower) ? agreedForwarded(value, exchange.target) : value
    case 'accept-encoding':
      return normalValue('accept-encoding', fields) === absent ? undefined : value
    default:
      return value
  }
}

/** Names that begin with a, b, f, p, r, s or x and are long enough: the others are not looked at twice. */
function mayMatter(name: string): boolean {
  if (name.length < 6) return false
  switch (name.charCodeAt(0) | 32) {
    case 0x78:
      return true
    case 0x61:
      return name.length === 15
    case 0x62:
    case 0x66:
    case 0x70:
    case 0x72:
    case 0x73:
      return true
    default:
      return false
  }
}

/** Did the client, or the peer that speaks for it, send a field of this name? */
function came(exchange: Exchange, lower: string): boolean {
  const raw = exchange.rawFields
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    if (name.length === lower.length && name.toLowerCase().replaceAll('_', '-') === lower) return true
  }
  return false
}

/** Does the value go back to what was sent to us? X-Forwarded-Host may be made of Forwarded, and the other way round. */
function told(exchange: Exchange, lower: string): boolean {
  return (
    came(exchange, lower) ||
    came(exchange, lower === 'forwarded' ? 'x-forwarded-host' : 'forwarded') ||
    (lower === 'forwarded' && came(exchange, 'x-forwarded-proto')) ||
    (lower === 'x-forwarded-port' && came(exchange, 'x-forwarded-host'))
  )
}

function everyMember(list: string, target: Target, agrees: (value: string, target: Target) => boolean): boolean {
  for (const member of list.split(',')) if (!agrees(member.trim(), target)) return false
  return true
}

/** Fields by which frameworks and servers take another path, method, host or scheme than the request has. */
const routing: ReadonlySet<string> = new Set([
  'base-url',
  'front-end-https',
  'proxy-host',
  'request-uri',
  'script-name',
  'x-backend-host',
  'x-envoy-original-path',
  'x-forwarded-base-path',
  'x-forwarded-context-path',
  'x-forwarded-method',
  'x-forwarded-path',
  'x-forwarded-prefix',
  'x-forwarded-protocol',
  'x-forwarded-scheme',
  'x-forwarded-server',
  'x-forwarded-ssl',
  'x-forwarded-uri',
  'x-forwarded-url',
  'x-host',
  'x-host-override',
  'x-http-destinationurl',
  'x-http-host-override',
  'x-http-method',
  'x-http-method-override',
  'x-http-path-override',
  'x-method-override',
  'x-original-forwarded-host',
  'x-original-host',
  'x-original-method',
  'x-original-path',
  'x-original-uri',
  'x-original-url',
  'x-override-url',
  'x-path-info',
  'x-proxy-host',
  'x-proxy-url',
  'x-real-host',
  'x-request-uri',
  'x-rewrite-url',
  'x-script-name',
  'x-scheme',
  'x-url-scheme',
])
