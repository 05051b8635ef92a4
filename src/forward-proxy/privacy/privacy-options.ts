import { flag, knownKeys, OptionError, oneOf } from '../../contract/options.ts'
import { isText, isToken } from '../../http/chars.ts'

export const levels = ['transparent', 'anonymous', 'elite', 'paranoid'] as const
export type PrivacyLevel = (typeof levels)[number]

/**
 * What origins learn of clients from fields, and what clients learn of the way back. Inside of CONNECT no field can be
 * changed: there only the address is hidden.
 */
export interface PrivacyOptions {
  /**
   * `transparent`: Via, and the client's address in X-Forwarded-For. `anonymous`: Via, and nothing that tells of the client.
   * `elite`: nothing that tells of a proxy either; order and case of the fields are kept, and nothing is added.
   * `paranoid`: as `elite`, and of the request only those fields are left that it cannot do without.
   * @default 'anonymous'
   */
  readonly level?: PrivacyLevel
  /** `set` takes the place of the client's value; where there was none, none is added. @default 'keep'; 'drop' with `paranoid` */
  readonly userAgent?: 'keep' | 'drop' | { readonly set: string }
  /**
   * `origin` leaves scheme and host. `same-origin` drops it on the way to another origin than its own.
   * @default 'keep'; 'drop' with `paranoid`
   */
  readonly referer?: 'keep' | 'drop' | 'origin' | 'same-origin'
  /** `session`: cookies last no longer than the client's session. @default 'keep'; 'drop' with `paranoid` */
  readonly cookies?: 'keep' | 'drop' | 'session'
  /** DNT and Sec-GPC. `set` adds both as `1`, which `elite` and `paranoid` cannot. @default 'keep'; 'drop' with `paranoid` */
  readonly dnt?: 'keep' | 'drop' | 'set'
  /** Forwarded (RFC 7239) beside X-Forwarded-For; with `transparent` alone. @default false */
  readonly forwarded?: boolean
  /** Our name in Via: a token. @default 'sallyport' */
  readonly pseudonym?: string
}

export interface PrivacySettings {
  readonly level: PrivacyLevel
  readonly userAgent: 'keep' | 'drop' | { readonly set: string }
  readonly referer: 'keep' | 'drop' | 'origin' | 'same-origin'
  readonly cookies: 'keep' | 'drop' | 'session'
  readonly dnt: 'keep' | 'drop' | 'set'
  readonly forwarded: boolean
  readonly pseudonym: string
}

const keys = ['level', 'userAgent', 'referer', 'cookies', 'dnt', 'forwarded', 'pseudonym']

/** Reads the options once. @throws OptionError; for an unknown level it lists the four */
export function readPrivacy(option: string, given: PrivacyOptions = {}): PrivacySettings {
  knownKeys(option, given, keys)
  const level = oneOf(`${option}.level`, given.level, 'anonymous', levels)
  const byDefault = level === 'paranoid' ? 'drop' : 'keep'
  const dnt = oneOf(`${option}.dnt`, given.dnt, byDefault, ['keep', 'drop', 'set'])
  const forwarded = flag(`${option}.forwarded`, given.forwarded, false)
  const { pseudonym = 'sallyport' } = given
  if (dnt === 'set' && (level === 'elite' || level === 'paranoid')) {
    throw new OptionError(`${option}.dnt`, dnt, `the level '${level}' adds no fields; give 'keep' or 'drop'`)
  }
  if (forwarded && level !== 'transparent') {
    throw new OptionError(`${option}.forwarded`, forwarded, `the level '${level}' tells nothing of the client`)
  }
  if (typeof pseudonym !== 'string' || !isToken(pseudonym)) {
    throw new OptionError(`${option}.pseudonym`, pseudonym, 'give a token: letters, digits and some marks')
  }
  return Object.freeze({
    level,
    userAgent: readUserAgent(`${option}.userAgent`, given.userAgent, byDefault),
    referer: oneOf(`${option}.referer`, given.referer, byDefault, ['keep', 'drop', 'origin', 'same-origin']),
    cookies: oneOf(`${option}.cookies`, given.cookies, byDefault, ['keep', 'drop', 'session']),
    dnt,
    forwarded,
    pseudonym,
  })
}

function readUserAgent(
  option: string,
  given: PrivacyOptions['userAgent'],
  byDefault: 'keep' | 'drop',
): PrivacySettings['userAgent'] {
  if (typeof given !== 'object' || given === null)
    return oneOf<'keep' | 'drop'>(option, given, byDefault, ['keep', 'drop'])
  knownKeys(option, given, ['set'])
  const { set } = given
  if (typeof set === 'string' && set.trim() === set && set !== '' && isText(set)) return Object.freeze({ set })
  throw new OptionError(`${option}.set`, set, 'give a text without control characters')
}
