import { type Exchange, requestField } from '../../contract/exchange.ts'
import { knownKeys, OptionError } from '../../contract/options.ts'
import { isToken } from '../../http/chars.ts'
import { requestCookie } from '../../http/cookie.ts'
import type { SplitMatch } from './split-options.ts'

const right = "give { field: 'x-canary', value: '1' } or { cookie: 'canary' }"

/**
 * Whether an exchange is what the rule looks for.
 * @throws OptionError for what is not right
 */
export function readMatch(option: string, given: SplitMatch): (exchange: Exchange) => boolean {
  if (given === undefined) throw new OptionError(option, given, right)
  knownKeys(option, given, ['field', 'cookie', 'value'])
  const { field, cookie, value } = given as { field?: string; cookie?: string; value?: string | RegExp }
  if ((field === undefined) === (cookie === undefined)) throw new OptionError(option, given, right)
  const kind = field === undefined ? 'cookie' : 'field'
  const name = field ?? cookie
  if (typeof name !== 'string' || !isToken(name)) {
    throw new OptionError(`${option}.${kind}`, name, `give the name of a ${kind}, without spaces`)
  }
  const matches = readValue(`${option}.value`, value)
  if (kind === 'cookie') return (exchange) => matches(requestCookie(exchange, name))
  const lower = name.toLowerCase()
  return (exchange) => matches(requestField(exchange, lower))
}

function readValue(option: string, given: string | RegExp | undefined): (value: string | undefined) => boolean {
  if (given === undefined) return (value) => value !== undefined
  if (typeof given === 'string') return (value) => value === given
  if (!(given instanceof RegExp)) throw new OptionError(option, given, 'give text, or a regular expression')
  // With g or y a pattern remembers where it stopped, and answers differently the next time.
  const pattern = new RegExp(given.source, given.flags.replace(/[gy]/g, ''))
  return (value) => value !== undefined && pattern.test(value)
}
