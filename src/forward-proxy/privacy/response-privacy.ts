import type { Clock } from '../../contract/clock.ts'
import type { Exchange } from '../../contract/exchange.ts'
import type { Upstream } from '../../contract/pool.ts'
import { isField } from '../../http/hop-by-hop.ts'
import { buildResponseFields, compileResponseFields, type ResponseFieldPlan } from '../../http/response-fields.ts'
import type { PrivacySettings } from './privacy-options.ts'

/**
 * Gives the fields of a response to send to the client, in their order and case, without what is for one connection alone
 * and what the level drops. Undefined when it has a transfer coding that cannot be passed on: the client is to get 502.
 */
export type ResponsePrivacy = (
  exchange: Exchange,
  raw: readonly (Buffer | string)[],
  upstream: Upstream,
  trailers: boolean,
) => string[] | undefined

/** Decides at boot what is done to the fields of each response. */
export function responsePrivacy(settings: PrivacySettings, clock: Clock): ResponsePrivacy {
  const { level, cookies } = settings
  const hides = level === 'elite' || level === 'paranoid'
  const lower = [...(hides ? ['via', 'x-cache'] : []), ...(cookies === 'drop' ? ['set-cookie', 'set-cookie2'] : [])]
  const compiled = compileResponseFields({
    via: hides ? undefined : settings.pseudonym,
    rules: undefined,
    rewriteLocation: false,
    rewriteCookies: undefined,
  })
  const forSession = (value: string): string => sessionCookie(value, clock.wall())
  const plan: ResponseFieldPlan = cookies === 'session' ? { ...compiled, rewriteCookie: forSession } : compiled

  return function privateFields(exchange, raw, upstream, trailers) {
    const fields = buildResponseFields(plan, exchange, raw, upstream, nothingMapped, trailers)
    if (fields !== undefined && lower.length > 0) dropNamed(fields, lower)
    return fields
  }
}

/** No target of ours stands for another one here. */
const nothingMapped = { prefix: '', upstreamPrefix: '' }

function dropNamed(fields: string[], names: readonly string[]): void {
  let end = 0
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (names.some((one) => one.length === name.length && isField(name, one))) continue
    fields[end++] = name
    fields[end++] = fields[i + 1] as string
  }
  fields.length = end
}

/**
 * A Set-Cookie without Expires and Max-Age, so that the cookie goes when the client's session does (RFC 6265 5.3). One that
 * takes a cookie away is left as it is: without its date it would set it.
 */
export function sessionCookie(value: string, now: number): string {
  const [pair, ...attributes] = value.split(';')
  if (attributes.some((attribute) => isRemoval(attribute, now))) return value
  return [pair, ...attributes.filter((attribute) => !lasting.test(attribute))].join(';')
}

const lasting = /^\s*(?:expires|max-age)\s*(?:=|$)/i

function isRemoval(attribute: string, now: number): boolean {
  if (/^\s*max-age\s*=\s*(?:0+|-\d+)\s*$/i.test(attribute)) return true
  const date = /^\s*expires\s*=(.*)$/is.exec(attribute)?.[1]
  return date !== undefined && Date.parse(date) <= now
}
