import { createSecretKey, type KeyObject } from 'node:crypto'
import { duration, flag, knownKeys, OptionError, oneOf } from '../contract/options.ts'
import { isToken } from '../http/chars.ts'

/** Sticky sessions: a signed cookie takes a client back to the upstream that answered it before. */
export interface StickyOptions {
  /**
   * Name of the cookie. Two sticky pools that one browser meets on the same host and path need two names, or each
   * forgets what the other has set. @default 'sallyport'
   */
  readonly cookie?: string
  /**
   * Signs the cookie: at least 16 characters, random, the same on all machines. In a list the first signs and all are
   * accepted, so that a secret can be changed: put the new one in front, take the old one away later.
   */
  readonly secret: string | readonly string[]
  /**
   * How long the browser keeps the cookie, counted from the answer that set it and not renewed. Milliseconds, or text
   * such as `'12h'`; false is until the browser closes. @default false
   */
  readonly maxAge?: number | string | false
  /** Sent over TLS alone. `'auto'`: when the request came over TLS. @default 'auto' */
  readonly secure?: boolean | 'auto'
  /** Out of reach of scripts. @default true */
  readonly httpOnly?: boolean
  /** `'none'` needs `secure: true`. @default 'lax' */
  readonly sameSite?: 'strict' | 'lax' | 'none'
  /** @default '/' */
  readonly path?: string
  /** Sent to this domain and all below it. @default the host of the request alone */
  readonly domain?: string
}

export interface StickySettings {
  readonly cookie: string
  /** The first signs. Opaque, so that settings can be printed. */
  readonly keys: readonly KeyObject[]
  /** What follows the value, `Secure` apart. */
  readonly attributes: string
  readonly secure: boolean | 'auto'
}

const options = ['cookie', 'secret', 'maxAge', 'secure', 'httpOnly', 'sameSite', 'path', 'domain'] as const
const leastSecret = 16

/** @throws OptionError that names the option and never says a secret */
export function readSticky(option: string, given: StickyOptions): StickySettings {
  knownKeys(option, given, options, true)
  const cookie = given.cookie ?? 'sallyport'
  if (typeof cookie !== 'string' || !isToken(cookie)) {
    throw new OptionError(`${option}.cookie`, cookie, 'give a name of letters, digits and some marks, without spaces')
  }
  const keys = readSecrets(`${option}.secret`, given.secret)
  const maxAge = Math.ceil(duration(`${option}.maxAge`, given.maxAge, 0) / 1000)
  const { secure = 'auto' } = given
  if (secure !== 'auto' && typeof secure !== 'boolean') {
    throw new OptionError(`${option}.secure`, secure, "give true, false or 'auto'")
  }
  const httpOnly = flag(`${option}.httpOnly`, given.httpOnly, true)
  const sameSite = oneOf(`${option}.sameSite`, given.sameSite, 'lax', ['strict', 'lax', 'none'])
  const path = attribute(`${option}.path`, given.path ?? '/', /^\/[^;\x00-\x1f\x7f-\uffff]*$/, "a path such as '/'")
  const domain =
    given.domain === undefined
      ? undefined
      : attribute(`${option}.domain`, given.domain, /^\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/, "a name: 'example.org'")

  // What browsers throw away is better said here: RFC 6265bis 4.1.2.7 and 4.1.3.
  if (sameSite === 'none' && secure !== true) {
    throw new OptionError(`${option}.sameSite`, sameSite, "browsers take it with 'secure: true' alone")
  }
  const prefix = /^__(secure|host)-/i.exec(cookie)?.[1]?.toLowerCase()
  if (prefix !== undefined && secure !== true) {
    throw new OptionError(`${option}.cookie`, cookie, "browsers take that prefix with 'secure: true' alone")
  }
  if (prefix === 'host' && (path !== '/' || domain !== undefined)) {
    throw new OptionError(
      `${option}.cookie`,
      cookie,
      "browsers take that prefix with path '/' and without domain alone",
    )
  }

  const attributes =
    `; Path=${path}` +
    (domain === undefined ? '' : `; Domain=${domain}`) +
    (maxAge === 0 ? '' : `; Max-Age=${maxAge}`) +
    (httpOnly ? '; HttpOnly' : '') +
    `; SameSite=${sameSite.charAt(0).toUpperCase()}${sameSite.slice(1)}`
  return Object.freeze({ cookie, keys, attributes, secure })
}

function readSecrets(option: string, given: unknown): readonly KeyObject[] {
  const right = `give a random text of at least ${leastSecret} characters, or a list of such; it is not shown here`
  if (given === undefined) throw new OptionError(option, given, right)
  const list = Array.isArray(given) ? given : [given]
  if (list.length === 0) throw new OptionError(option, given, right)
  return Object.freeze(
    list.map((secret: unknown, i) => {
      if (typeof secret === 'string' && secret.length >= leastSecret) return createSecretKey(secret, 'utf8')
      throw new OptionError(Array.isArray(given) ? `${option}.${i}` : option, '(hidden)', right)
    }),
  )
}

function attribute(option: string, given: unknown, pattern: RegExp, what: string): string {
  if (typeof given === 'string' && pattern.test(given)) return given
  throw new OptionError(option, given, `give ${what}`)
}
