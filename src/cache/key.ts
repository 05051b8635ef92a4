import type { Exchange } from '../contract/exchange.ts'
import type { Target } from '../contract/target.ts'
import { parseAuthority } from '../http/authority.ts'
import { isField } from '../http/hop-by-hop.ts'
import { cookieValues } from './key-cookies.ts'
import { compileKey, type KeyPlan } from './key-options.ts'
import { filterQuery } from './key-query.ts'
import { absent, normalValue } from './vary-values.ts'

export type { KeyOptions, KeyPlan } from './key-options.ts'

/** The parts of a target that a key is made of. */
export type KeyTarget = Pick<Target, 'scheme' | 'host' | 'port' | 'path' | 'query'>

/**
 * What stores find a response by: `scheme://host[:port]/path?query`. The host in lower case, the port where it is not the
 * scheme's own, path and query as sent, never decoded; the query after the rules of the plan.
 */
export function urlOf(plan: KeyPlan, { scheme, host, port, path, query }: KeyTarget): string {
  const rest = plan.query === undefined ? path + query : path + filterQuery(plan.query, query)
  return port === undefined || port === (scheme === 'https' ? 443 : 80)
    ? `${scheme}://${host}${rest}`
    : `${scheme}://${host}:${port}${rest}`
}

/**
 * What else is in the key: the place that it comes from (a pool, an upstream), then the fields, cookies and the text of
 * `by`. Each part has its length before it, so that no two lists of parts make the same key; what is absent is told apart
 * from what is empty. Throws what `by` throws, and a TypeError when it gives something else than a text: such a request
 * has no key, and goes past the cache.
 */
export function extraOf(plan: KeyPlan, exchange: Exchange, place: string): string {
  const { fields, cookies, by, places } = plan
  let extra = places.get(place)
  if (extra === undefined) {
    extra = `${place.length}:${place}`
    if (places.size >= mostPlaces) places.clear()
    places.set(place, extra)
  }
  for (const name of fields) extra += part('f', name) + fieldPart(name, exchange.rawFields)
  for (const name of cookies) {
    extra += part('c', name)
    for (const value of cookieValues(exchange.rawFields, name)) extra += part('', value)
    extra += ';'
  }
  return by === undefined ? extra : extra + byPart(by(exchange))
}

/**
 * The URL that the store knows for an absolute one given as text, such as one to be purged. Undefined for what is no http or
 * https URL without user, of visible ASCII characters. A fragment is left out.
 */
export function normalizeUrl(plan: KeyPlan, url: string): string | undefined {
  const parts = /^(https?):\/\/([^/?#]+)([^?#]*)(\?[^#]*)?(?:#.*)?$/i.exec(url)
  if (parts === null || !/^[!-~]+$/.test(url)) return undefined
  const authority = parseAuthority(parts[2] as string)
  if (authority === undefined) return undefined
  const scheme = (parts[1] as string).toLowerCase() === 'https' ? 'https' : 'http'
  const path = parts[3] as string
  return urlOf(plan, { scheme, ...authority, path: path === '' ? '/' : path, query: parts[4] ?? '' })
}

/**
 * The beginning of URLs as the store knows them: `http://A.test:80/img/` is `http://a.test/img/`. A prefix ends where its
 * text does, in the path or in the query; without a path it is the whole host. Undefined for what does not name a host.
 */
export function normalizePrefix(prefix: string): string | undefined {
  const parts = /^(https?:\/\/[^/?#]+)(\/[!-"$-~]*)?$/i.exec(prefix)
  if (parts === null) return undefined
  const root = normalizeUrl(plainKey, `${parts[1]}/`)
  return root === undefined ? undefined : root.slice(0, -1) + (parts[2] ?? '/')
}

const plainKey = compileKey('key', undefined)

/** Is this field, in any case, part of the key? What `by` reads cannot be told. */
export function isKeyed(plan: KeyPlan, fieldName: string): boolean {
  return plan.fields.length > 0 && plan.fields.includes(fieldName.toLowerCase())
}

/** Pools and upstreams are few; those of functions may be many. */
const mostPlaces = 1000

const part = (kind: string, text: string): string => `${kind}${text.length}:${text}`

function fieldPart(name: string, fields: readonly string[]): string {
  // What negotiates is taken by its meaning. All else is compared to the letter, line by line: an origin may read the first
  // line, the last or all of them.
  if (name.startsWith('accept')) {
    const normal = normalValue(name, fields)
    return normal === absent ? ';' : `${part('', normal)};`
  }
  let lines = ''
  for (let i = 0; i < fields.length; i += 2) {
    const field = fields[i] as string
    if (field.length === name.length && isField(field, name)) lines += part('', fields[i + 1] as string)
  }
  return `${lines};`
}

function byPart(text: unknown): string {
  if (text === undefined) return 'b-'
  if (typeof text !== 'string') throw new TypeError('key.by gives a text or undefined')
  return part('b', text)
}
