import { OptionError } from '../contract/options.ts'

/** What stands in the place of a secret. */
const REDACTED = '[redacted]'

/** Names of query parameters whose values are secrets. */
const secretNames: readonly string[] = [
  'token',
  'access_token',
  'api_key',
  'apikey',
  'key',
  'password',
  'passwd',
  'secret',
  'signature',
  'sig',
  'auth',
  'code',
  'session',
  'sessionid',
  'jwt',
]

export interface Redactor {
  /** A text in which URLs may stand: values of secret parameters and the userinfo of URLs are hidden. */
  text(text: string): string
  /** A request target, path, query or authority: as `text`, and userinfo at its beginning. */
  target(text: string): string
  /** A request field. `name` in lower case. */
  field(name: string, value: string): string
}

const secretFields: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization', 'set-cookie'])
const userinfo = /(:\/\/|%3a%2f%2f)[^/?#\s]*@/gi
const leadingUserinfo = /^[^/?#\s]*@/

/**
 * Hides secrets. Names are compared without case, `-`, `_` and `.`, percent-decoded; of `user[password]` the last part
 * counts. A name of five letters or more is also found at the end of a longer one: `token` hides `refresh_token`.
 * `false` or an empty list hides no parameters; credential fields and userinfo are hidden all the same.
 */
export function createRedactor(names: readonly string[] | false = secretNames): Redactor {
  const isSecret = secretTest('redactQuery', names === false ? [] : names)
  const isSecretField = secretTest('redactQuery', secretNames)

  function text(given: string): string {
    const hidden = hideParameters(given, isSecret)
    return hidden.includes('@') ? hidden.replace(userinfo, `$1${REDACTED}@`) : hidden
  }

  return {
    text,
    target(given) {
      const hidden = text(given)
      return hidden.includes('@') ? hidden.replace(leadingUserinfo, `${REDACTED}@`) : hidden
    },
    field: (name, value) => (secretFields.has(name) || isSecretField(name) ? REDACTED : text(value)),
  }
}

function secretTest(option: string, names: readonly string[]): (name: string) => boolean {
  if (!Array.isArray(names) || names.some((name) => typeof name !== 'string' || bare(name) === '')) {
    throw new OptionError(option, names, "give a list of parameter names such as ['token', 'key'], or false")
  }
  const exact = new Set(names.map(bare))
  const endings = [...exact].filter((name) => name.length >= 5)
  return function isSecret(name) {
    const its = bare(name)
    return exact.has(its) || endings.some((ending) => its.endsWith(ending))
  }
}

function bare(name: string): string {
  // Decoded for this decision alone: `%74oken` reaches the origin as `token`.
  const decoded = name.includes('%') ? name.replace(/%([0-9a-f]{2})/gi, (_, digits) => fromHex(digits)) : name
  // `token[0]` and `token[]` are of a list `token`; `user[password]` is the `password` of a `user`.
  const whole = decoded.replace(/(?:\[\d*\])+$/, '')
  const last = /\[([^\][]+)\]$/.exec(whole)?.[1] ?? whole
  return last.toLowerCase().replace(/[-_.]/g, '')
}

const fromHex = (digits: string): string => String.fromCharCode(Number.parseInt(digits, 16))

// The encoded forms too: a URL inside a parameter (`?next=%2Fin%3Ftoken%3Dx`) carries its secrets along.
const equals = /=|%3d/gi
const nameStart = /[?&;#/\s"',(]|%(?:3f|26|3b|23|2f)/i
const valueEnd = /[&;#\s"']/g
const encodedValueEnd = /[&;#\s"']|%(?:26|3b|23)/gi

function hideParameters(text: string, isSecret: (name: string) => boolean): string {
  let hidden = ''
  let copied = 0
  let searched = 0
  for (;;) {
    equals.lastIndex = searched
    const sign = equals.exec(text)
    if (sign === null) return copied === 0 ? text : hidden + text.slice(copied)
    const name = text.slice(searched, sign.index).split(nameStart).at(-1) as string
    searched = equals.lastIndex
    if (!isSecret(name)) continue
    const end = sign[0] === '=' ? valueEnd : encodedValueEnd
    end.lastIndex = searched
    hidden += text.slice(copied, searched) + REDACTED
    copied = searched = end.exec(text)?.index ?? text.length
  }
}
