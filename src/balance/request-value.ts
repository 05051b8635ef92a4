import { type Exchange, requestField } from '../contract/exchange.ts'
import { OptionError } from '../contract/options.ts'
import { isToken } from '../http/chars.ts'
import { requestCookie } from '../http/cookie.ts'

/** A request field, of which the first line counts, or a cookie, of which the first of that name does. */
export interface RequestValue {
  readonly field?: string | undefined
  readonly cookie?: string | undefined
}

/**
 * Reads one of the two from exchanges.
 * @param right what to give where it is none of them, or both
 * @throws OptionError for that, and for what is no name
 */
export function readRequestValue(
  option: string,
  given: RequestValue,
  right: string,
): (exchange: Exchange) => string | undefined {
  const { field, cookie } = given
  if ((field === undefined) === (cookie === undefined)) throw new OptionError(option, given, right)
  if (field === undefined) {
    const name = nameOf(`${option}.cookie`, cookie, 'a cookie')
    return (exchange) => requestCookie(exchange, name)
  }
  const name = nameOf(`${option}.field`, field, 'a field').toLowerCase()
  return (exchange) => requestField(exchange, name)
}

function nameOf(option: string, given: unknown, what: string): string {
  if (typeof given === 'string' && isToken(given)) return given
  throw new OptionError(option, given, `give the name of ${what}: letters, digits and some marks, without spaces`)
}
