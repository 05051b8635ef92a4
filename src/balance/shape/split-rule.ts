import type { Exchange } from '../../contract/exchange.ts'
import { knownKeys, OptionError } from '../../contract/options.ts'
import { readRequestValue } from '../request-value.ts'
import { stateless } from '../stateless.ts'
import type { SplitMatch } from './split-options.ts'

const right = "give { field: 'x-canary', value: '1' } or { cookie: 'canary' }"

/**
 * Whether an exchange is what the rule looks for.
 * @throws OptionError for what is not right
 */
export function readMatch(option: string, given: SplitMatch): (exchange: Exchange) => boolean {
  if (given === undefined) throw new OptionError(option, given, right)
  knownKeys(option, given, ['field', 'cookie', 'value'])
  const readFrom = readRequestValue(option, given, right)
  const matches = readValue(`${option}.value`, given.value)
  return (exchange) => matches(readFrom(exchange))
}

function readValue(option: string, given: string | RegExp | undefined): (value: string | undefined) => boolean {
  if (given === undefined) return (value) => value !== undefined
  if (typeof given === 'string') return (value) => value === given
  if (!(given instanceof RegExp)) throw new OptionError(option, given, 'give text, or a regular expression')
  const pattern = stateless(given)
  return (value) => value !== undefined && pattern.test(value)
}
