import type { Exchange } from '../contract/exchange.ts'
import { identity, requestKind } from '../http/request-kind.ts'
import { agreedForwarded } from './agreed-forwarded.ts'
import { isKeyed, type KeyPlan } from './key.ts'
import { isHostOf, isPortOf, isSchemeOf, portOf } from './same-target.ts'
import { absent, normalValue } from './vary-values.ts'

/**
 * The fields of a request that may be answered from a store, without those that would have the origin answer for something
 * else than the key says, and so poison what is stored. The same array when there is nothing to change.
 *
 * Fields that name another path, method, host or scheme are dropped: the list below. X-Forwarded-Host, -Proto and -Port are
 * made to say what the key says; a `host` or `proto` of Forwarded that says something else is taken out. A field that is keyed
 * stays, and so does any X-Forwarded field and Forwarded where the peer is not trusted: then what is there is ours.
 * Whether a field goes never depends on what the client sent under its name, or a client could have one of our own taken out.
 * A name with `_` that many origins take for a keyed one goes too.
 * An Accept-Encoding that cannot be read is dropped, for the variants that are stored do not tell it from none.
 */
export function dropUnkeyed(plan: KeyPlan, fields: readonly string[], exchange: Exchange): readonly string[] {
  let kept: string[] | undefined
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    const value = fields[i + 1] as string
    const next =
      mayMatter(name) || (plan.fields.length > 0 && name.includes('_'))
        ? judge(plan, name, value, fields, exchange)
        : value
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
  { target, client }: Exchange,
): string | undefined {
  if (!client.trusted && requestKind(name) >= identity) return value
  const lower = lowerDashed(name)
  if (lower === 'accept-encoding') return normalValue(lower, fields) === absent ? undefined : value
  if (isKeyed(plan, name)) return value
  if (isKeyed(plan, lower)) return undefined
  switch (lower) {
    case 'x-forwarded-host':
      if (isHostOf(value, target)) return value
      return target.authority === '' ? undefined : target.authority
    case 'x-forwarded-proto':
      return isSchemeOf(value, target) ? value : target.scheme
    case 'x-forwarded-port':
      return isPortOf(value, target) ? value : String(portOf(target))
    case 'forwarded':
      return agreedForwarded(value, target)
    default:
      return routing.has(lower) ? undefined : value
  }
}

/** Many origins read `_` as `-`. */
function lowerDashed(name: string): string {
  const lower = name.toLowerCase()
  return lower.includes('_') ? lower.replaceAll('_', '-') : lower
}

/** The length and first letter of most names say that they are none of these. */
function mayMatter(name: string): boolean {
  if (name.length < 6) return false
  switch (name.charCodeAt(0) | 32) {
    case 0x61:
      return name.length === 15
    case 0x62:
    case 0x66:
    case 0x70:
    case 0x72:
    case 0x73:
    case 0x78:
      return true
    default:
      return false
  }
}

/**
 * Fields by which frameworks and servers take another path, method, host or scheme than the request has; and those by which a
 * framework speaks with itself (CVE-2025-29927, CVE-2023-46298: a page without its guard, or without content, for everybody).
 */
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
  'x-invoke-error',
  'x-invoke-output',
  'x-invoke-path',
  'x-invoke-query',
  'x-invoke-status',
  'x-matched-path',
  'x-method-override',
  'x-middleware-invoke',
  'x-middleware-override-headers',
  'x-middleware-prefetch',
  'x-middleware-rewrite',
  'x-middleware-subrequest',
  'x-now-route-matches',
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
