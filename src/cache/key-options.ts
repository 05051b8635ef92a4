import type { Exchange } from '../contract/exchange.ts'
import { knownKeys, nearest, OptionError } from '../contract/options.ts'
import { isToken } from '../http/chars.ts'
import { compileQuery, type QueryPlan } from './key-query.ts'

/** Which parameters of the query tell responses apart. Names are compared as sent, with case. */
export interface QueryRules {
  /**
   * Parameters that say nothing of the response. A `*` at the end matches any ending; `'@tracking'` stands for those that
   * campaigns add (`utm_*`, `gclid`, `fbclid`, ...). Danger: an origin that reads one of them can be made to answer wrongly.
   */
  readonly ignore?: readonly string[]
  /** The only parameters that count. Not together with `ignore`. The same danger. */
  readonly keep?: readonly string[]
  /** Parameters in another order ask for the same. @default false */
  readonly sort?: boolean
}

/** What tells stored responses apart, beside scheme, host, port, path and what Vary says. */
export interface KeyOptions {
  /** `'none'` drops the query as a whole. @default 'all' */
  readonly query?: 'all' | 'none' | QueryRules
  /** Request fields, such as `X-Tenant`. One that names another host, path or method goes to the origin only from here. */
  readonly fields?: readonly string[]
  /** Cookies, by name, with case. */
  readonly cookies?: readonly string[]
  /** One more text, of your own making. When it throws, the request goes past the cache. */
  readonly by?: (exchange: Exchange) => string | undefined
}

/** Key options, read at boot. */
export interface KeyPlan {
  /** Undefined: the query as sent. */
  readonly query: QueryPlan | undefined
  /** Lower case. */
  readonly fields: readonly string[]
  readonly cookies: readonly string[]
  readonly by: ((exchange: Exchange) => string | undefined) | undefined
  /** Keys of the places seen, where nothing else is in them. */
  readonly places: Map<string, string>
}

/** Reads the options once. Throws an OptionError that names the option. */
export function compileKey(option: string, given: KeyOptions | undefined): KeyPlan {
  const options = given === undefined ? {} : given
  knownKeys(option, options, ['query', 'fields', 'cookies', 'by'])
  const { query, by } = options
  if (by !== undefined && typeof by !== 'function') {
    throw new OptionError(`${option}.by`, by, 'give a function that makes a text of an exchange')
  }
  return Object.freeze({
    query: readQuery(`${option}.query`, query),
    fields: names(`${option}.fields`, options.fields, 'the name of a field', true),
    cookies: names(`${option}.cookies`, options.cookies, 'the name of a cookie', false),
    by,
    places: new Map(),
  })
}

function readQuery(option: string, query: KeyOptions['query']): QueryPlan | undefined {
  if (query === undefined || query === 'all') return undefined
  if (query === 'none') return 'none'
  if (typeof query !== 'object' || query === null) {
    throw new OptionError(option, query, "give 'all', 'none' or an object with ignore, keep or sort")
  }
  knownKeys(option, query, ['ignore', 'keep', 'sort'])
  const { ignore, keep, sort } = query
  if (sort !== undefined && typeof sort !== 'boolean') {
    throw new OptionError(`${option}.sort`, sort, 'give true or false')
  }
  if (ignore !== undefined && keep !== undefined) {
    throw new OptionError(`${option}.keep`, keep, 'give ignore or keep, not both')
  }
  return compileQuery(
    parameters(`${option}.ignore`, ignore),
    keep === undefined ? undefined : parameters(`${option}.keep`, keep),
    sort ?? false,
  )
}

function parameters(option: string, given: readonly string[] | undefined): readonly string[] {
  const found: string[] = []
  for (const entry of list(option, given)) {
    if (typeof entry === 'string' && entry.startsWith('@')) {
      const preset = presets.get(entry)
      if (preset === undefined) {
        const near = nearest(entry, [...presets.keys()])
        const hint = near === undefined ? `The lists are: ${[...presets.keys()].join(', ')}` : `Did you mean '${near}'?`
        throw new OptionError(option, entry, `there is no such list. ${hint}`)
      }
      found.push(...preset)
    } else if (typeof entry === 'string' && /^[^&=;#*\s]+\*?$/.test(entry)) {
      found.push(entry)
    } else {
      throw new OptionError(option, entry, "give the name of a parameter, or its beginning and a star: 'utm_*'")
    }
  }
  return found
}

function names(
  option: string,
  given: readonly string[] | undefined,
  right: string,
  anyCase: boolean,
): readonly string[] {
  const found = new Set<string>()
  for (const name of list(option, given)) {
    if (typeof name !== 'string' || !isToken(name)) throw new OptionError(option, name, `give ${right}`)
    found.add(anyCase ? name.toLowerCase() : name)
  }
  return Object.freeze([...found])
}

function list(option: string, given: readonly string[] | undefined): readonly string[] {
  if (given === undefined) return []
  if (!Array.isArray(given)) throw new OptionError(option, given, 'give a list of names')
  return given
}

/** Written by advertisers, mailers and analytics onto the links that lead to a site, for scripts in the page to read. */
const presets: ReadonlyMap<string, readonly string[]> = new Map([
  [
    '@tracking',
    [
      'utm_*',
      'mtm_*',
      'pk_*',
      'piwik_*',
      'matomo_*',
      'gclid',
      'gclsrc',
      'dclid',
      'gbraid',
      'wbraid',
      'gad_source',
      'gad_campaignid',
      'srsltid',
      '_ga',
      '_gl',
      'fbclid',
      'igsh',
      'igshid',
      'msclkid',
      'twclid',
      'ttclid',
      'li_fat_id',
      'yclid',
      'epik',
      'ScCid',
      'irclickid',
      'mc_cid',
      'mc_eid',
      'mkt_tok',
      '_hsenc',
      '_hsmi',
      'hsCtaTracking',
      '_kx',
      'vero_id',
      'oly_anon_id',
      'oly_enc_id',
    ],
  ],
])
