import { ProxyError } from '../contract/errors.ts'
import type { Exchange } from '../contract/exchange.ts'
import { OptionError } from '../contract/options.ts'
import type { Upstream } from '../contract/pool.ts'
import { compileFieldRules, type FieldRules, type RuleSet } from './field-rules.ts'
import { addXForwarded, forwardedList, type Seen } from './forwarded.ts'
import { dropNominated, nominated } from './hop-by-hop.ts'
import { withLine } from './list-field.ts'
import * as kind from './request-kind.ts'
import { type ViaMembers, viaMember, viaMembers } from './via.ts'

export interface RequestFieldOptions {
  /** Host for the upstream: the client's, the upstream's own, or a fixed one. */
  readonly host: 'preserve' | 'upstream' | { readonly set: string }
  /** Which identity fields are set. `false` sets none; forged ones are dropped all the same. */
  readonly forwarded: { readonly x: boolean; readonly standard: boolean } | false
  /** Our pseudonym in Via; undefined leaves Via alone. */
  readonly via: string | undefined
  /** Field that carries the exchange's id; undefined for none. */
  readonly requestIdField: string | undefined
  /** Names with an underscore. `refuse` throws SP_BAD_FIELD from `buildRequestFields`. */
  readonly underscores: 'drop' | 'pass' | 'refuse'
  readonly rules: FieldRules | undefined
  /** Request trailers can travel: Trailer goes on. @default false */
  readonly trailers?: boolean
  /** The upstream is HTTP/2: `TE: trailers` of the client goes on, as gRPC needs. @default false */
  readonly te?: boolean
}

/** What is done to the fields of each request, decided at boot. */
export interface RequestFieldPlan {
  /**
   * For what depends on the upstream picked: its Host, rules that read `{upstream}`. Gives a new array. Undefined when
   * nothing depends on it.
   */
  readonly atUpstream: ((fields: readonly string[], upstream: Upstream, exchange: Exchange) => string[]) | undefined
  readonly host: string | undefined
  readonly rehost: boolean
  readonly x: boolean
  readonly standard: boolean
  readonly via: ViaMembers | undefined
  readonly requestIdField: string | undefined
  readonly requestIdLower: string
  readonly underscores: 'drop' | 'pass' | 'refuse'
  readonly trailers: boolean
  readonly te: boolean
  readonly rules: RuleSet | undefined
}

/** Reads the options once. Throws an OptionError for a bad rule. */
export function compileRequestFields(options: RequestFieldOptions): RequestFieldPlan {
  const { forwarded, host } = options
  const rules = compileFieldRules('requestFields', options.rules)
  const late = rules.atUpstream
  const rehost = host === 'upstream'

  function atUpstream(fields: readonly string[], upstream: Upstream, exchange: Exchange): string[] {
    const sent = fields.slice()
    if (rehost) sent[1] = upstream.authority
    late?.apply(sent, exchange)
    return sent
  }

  return {
    atUpstream: rehost || late !== undefined ? atUpstream : undefined,
    host: typeof host === 'object' ? fixedHost(host.set) : undefined,
    rehost,
    x: forwarded !== false && forwarded.x,
    standard: forwarded !== false && forwarded.standard,
    via: options.via === undefined ? undefined : viaMembers(options.via),
    requestIdField: options.requestIdField,
    requestIdLower: options.requestIdField?.toLowerCase() ?? '',
    underscores: options.underscores,
    trailers: options.trailers ?? false,
    te: options.te ?? false,
    rules: rules.now,
  }
}

/**
 * The fields to send upstream, as a flat array: Host first, the client's in their order, case and number, then ours.
 * With `upgrade` the array carries `Connection: Upgrade` and the client's Upgrade, without `h2c` (RFC 9113 3.1).
 * Throws a ProxyError SP_BAD_FIELD for a name with an underscore where those are refused.
 */
export function buildRequestFields(plan: RequestFieldPlan, exchange: Exchange, upgrade: boolean): string[] {
  const raw = exchange.rawFields
  const { trusted } = exchange.client
  const host = plan.host ?? exchange.target.authority
  // An HTTP/1.0 request may come without Host: the transport then names the upstream.
  const fields = host === '' && !plan.rehost ? [] : ['Host', host]
  const start = fields.length
  const idLength = plan.requestIdLower.length
  let names: Set<string> | undefined
  let hasLength = false
  let upgrades = false
  let cookieAt = 0
  let via: string | undefined
  let forwarded: string | undefined
  let xFor: string | undefined
  let xHost: string | undefined
  let xProto: string | undefined
  let hasPort = false

  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    let value = raw[i + 1] as string
    if (name.charCodeAt(0) === 58) continue
    let is = kind.requestKind(name)
    if (is === kind.plain) {
      if (name.includes('_')) {
        if (plan.underscores === 'drop') continue
        is = underscored(plan, name)
      }
      if (name.length === idLength && name.toLowerCase() === plan.requestIdLower) continue
    }
    // RFC 7239 8.1: anybody can write these. Only a trusted peer's are more than a claim.
    if (is >= kind.identity && !trusted) continue
    switch (is) {
      case kind.ours:
        continue
      case kind.connection: {
        const more = nominated(value)
        if (more !== undefined) names = names === undefined ? more : names.union(more)
        continue
      }
      case kind.te:
        if (!plan.te || !/(?:^|,)[ \t]*trailers[ \t]*(?:,|$)/i.test(value)) continue
        value = 'trailers'
        break
      case kind.trailer:
        if (!plan.trailers) continue
        break
      case kind.upgradeField:
        value = upgrade ? withoutH2c(value) : ''
        if (value === '') continue
        upgrades = true
        break
      case kind.contentLength:
        if (hasLength) continue
        hasLength = true
        break
      case kind.cookie:
        // RFC 9113 8.2.3: crumbs of one Cookie field are joined again before they go on.
        if (exchange.protocol === 'HTTP/2.0') {
          if (cookieAt !== 0) {
            fields[cookieAt] += `; ${value}`
            continue
          }
          cookieAt = fields.length + 1
        }
        break
      case kind.via:
        if (plan.via === undefined) break
        via = withLine(via, value)
        continue
      case kind.maxForwards:
        value = oneLess(exchange.target.method, value)
        break
      case kind.forwarded:
        forwarded = withLine(forwarded, value)
        if (plan.standard) continue
        break
      case kind.xForwardedFor:
        xFor = withLine(xFor, value)
        if (plan.x) continue
        break
      case kind.xForwardedHost:
        xHost ??= value
        break
      case kind.xForwardedProto:
        xProto ??= value
        break
      case kind.xForwardedPort:
        hasPort = true
        break
    }
    fields.push(name, value)
  }

  // RFC 9110 7.6.1: what Connection names goes before ours is added, so that nobody can strip ours with it.
  if (names !== undefined) dropNominated(fields, start, names)
  if (upgrades) fields.push('Connection', 'Upgrade')
  const seen: Seen | undefined = trusted ? { forwarded, xFor, xHost, xProto, hasPort } : undefined
  if (plan.x) addXForwarded(fields, exchange, seen)
  if (plan.standard) fields.push('Forwarded', forwardedList(exchange, seen))
  if (plan.via !== undefined) {
    const member = viaMember(plan.via, exchange.protocol)
    fields.push('Via', withLine(via, member) as string)
  }
  if (plan.requestIdField !== undefined) fields.push(plan.requestIdField, exchange.id)
  plan.rules?.apply(fields, exchange)
  return fields
}

function fixedHost(host: string): string {
  if (typeof host === 'string' && /^[\w.~!$&'()*+;=%:[\]-]+$/.test(host)) return host
  throw new OptionError('host.set', host, "give a host and, where needed, a port: 'app.test' or 'app.test:8080'")
}

function underscored(plan: RequestFieldPlan, name: string): number {
  if (plan.underscores === 'refuse') throw new ProxyError('SP_BAD_FIELD', `field name with an underscore: ${name}`)
  // Many origins read `_` as `-`: X_Forwarded_For is one more way to write a forged X-Forwarded-For.
  return kind.requestKind(name.replaceAll('_', '-')) === kind.plain ? kind.plain : kind.identity
}

/** RFC 9113 3.1: the h2c upgrade is no more, and behind a gateway it opens a tunnel around it. */
export function withoutH2c(value: string): string {
  if (!/h2c/i.test(value)) return value
  const kept = value.split(',').filter((protocol) => !/^h2c?$/i.test(protocol.trim()))
  return kept.join(',').trim()
}

/** RFC 9110 7.6.2: counted down for OPTIONS and TRACE; elsewhere it means nothing. */
export function oneLess(method: string, value: string): string {
  if ((method !== 'OPTIONS' && method !== 'TRACE') || !/^\d{1,9}$/.test(value)) return value
  return String(Math.max(0, Number(value) - 1))
}
