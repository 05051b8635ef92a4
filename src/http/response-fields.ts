import type { Exchange } from '../contract/exchange.ts'
import type { Upstream } from '../contract/pool.ts'
import { isText, latin1 } from './chars.ts'
import { compileFieldRules, type FieldRules, type RuleSet } from './field-rules.ts'
import { dropNominated, nominated } from './hop-by-hop.ts'
import { withLine } from './list-field.ts'
import { type PathMapping, rewriteLocation, rewriteRefresh } from './location.ts'
import * as kind from './response-kind.ts'
import { type CookieRewrite, type CookieRewriter, compileCookieRewrite } from './set-cookie.ts'
import { type ViaMembers, viaMember, viaMembers } from './via.ts'

export interface ResponseFieldOptions {
  /** Our pseudonym in Via; undefined leaves Via alone. */
  readonly via: string | undefined
  readonly rules: FieldRules | undefined
  /** Turn Location, Content-Location and Refresh that point at the upstream into ours. */
  readonly rewriteLocation: boolean
  readonly rewriteCookies: CookieRewrite | undefined
}

/** What is done to the fields of each response, decided at boot. */
export interface ResponseFieldPlan {
  readonly via: ViaMembers | undefined
  readonly rewriteLocation: boolean
  readonly rewriteCookie: CookieRewriter | undefined
  readonly rules: RuleSet | undefined
  readonly lateRules: RuleSet | undefined
}

/** Reads the options once. Throws an OptionError for a bad rule. */
export function compileResponseFields(options: ResponseFieldOptions): ResponseFieldPlan {
  const rules = compileFieldRules('responseFields', options.rules)
  const { rewriteCookies } = options
  return {
    via: options.via === undefined ? undefined : viaMembers(options.via),
    rewriteLocation: options.rewriteLocation,
    rewriteCookie: rewriteCookies === undefined ? undefined : compileCookieRewrite('rewriteCookies', rewriteCookies),
    // The upstream is known by now; the two halves are applied one after the other.
    rules: rules.now,
    lateRules: rules.atUpstream,
  }
}

/**
 * The fields to send to the client, as a flat array, from the raw list of the upstream's: order, case and duplicates kept, without what
 * is for one connection alone. `trailers` says that trailers can be passed on, so that Trailer may announce them.
 *
 * Undefined when the response has another transfer coding than one `chunked`: what comes is then not the content, and
 * the client is to get 502 (RFC 9112 6.1).
 */
export function buildResponseFields(
  plan: ResponseFieldPlan,
  exchange: Exchange,
  raw: readonly (Buffer | string)[],
  upstream: Upstream,
  mapping: PathMapping,
  trailers: boolean,
): string[] | undefined {
  const fields: string[] = []
  let names: Set<string> | undefined
  let via: string | undefined
  let isCoded = false

  for (let i = 0; i + 1 < raw.length; i += 2) {
    const known = kind.fieldName(raw[i] as Buffer | string)
    if (known.kind === kind.ours) continue
    const rawValue = raw[i + 1] as Buffer | string
    let value = typeof rawValue === 'string' ? rawValue : latin1(rawValue)
    // No parser lets one through. Should one ever, the line is lost and not the client.
    if (!isText(value)) continue
    switch (known.kind) {
      case kind.plain:
        break
      case kind.connection: {
        const more = nominated(value)
        if (more !== undefined) names = names === undefined ? more : names.union(more)
        continue
      }
      case kind.transferEncoding:
        if (isCoded || !isChunked(value)) return undefined
        isCoded = true
        continue
      case kind.trailer:
        if (!trailers) continue
        break
      case kind.via:
        if (plan.via === undefined) break
        via = withLine(via, value)
        continue
      case kind.location:
        if (plan.rewriteLocation) value = rewriteLocation(value, exchange, upstream, mapping)
        break
      case kind.refresh:
        if (plan.rewriteLocation) value = rewriteRefresh(value, exchange, upstream, mapping)
        break
      case kind.setCookie:
        if (plan.rewriteCookie !== undefined) value = plan.rewriteCookie(value)
        break
    }
    fields.push(known.name, value)
  }

  if (names !== undefined) dropNominated(fields, 0, names)
  if (plan.via !== undefined) {
    const member = viaMember(plan.via, exchange.facts.upstreamProtocol)
    fields.push('Via', withLine(via, member) as string)
  }
  plan.rules?.apply(fields, exchange)
  plan.lateRules?.apply(fields, exchange)
  return fields
}

/** Has a response another transfer coding than one `chunked`? RFC 9112 6.1: it cannot be passed on, so 502. */
export function hasUnknownCoding(raw: readonly (Buffer | string)[]): boolean {
  let isCoded = false
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (kind.fieldName(raw[i] as Buffer | string).kind !== kind.transferEncoding) continue
    const value = raw[i + 1] as Buffer | string
    if (isCoded || !isChunked(typeof value === 'string' ? value : latin1(value))) return true
    isCoded = true
  }
  return false
}

function isChunked(value: string): boolean {
  return value === 'chunked' || value.trim().toLowerCase() === 'chunked'
}
