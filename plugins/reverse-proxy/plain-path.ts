import { OptionError } from '../../src/contract/options.ts'
import { canonicalPath, compilePathPolicy } from '../../src/http/path-policy.ts'

const strict = compilePathPolicy({ encodedSlash: 'refuse', semicolon: 'refuse', emptySegments: 'refuse' })

/** A path that people write in options: what a request may not be, an option may not be either. @throws OptionError */
export function plainPath(option: string, given: unknown): string {
  const right = "give a plain path such as '/api', without query, wildcard, dot segments or percent-encoding"
  if (typeof given !== 'string' || !given.startsWith('/') || !/^[!-~]*$/.test(given) || /[?#*%]/.test(given)) {
    throw new OptionError(option, given, right)
  }
  if (typeof canonicalPath(strict, given) !== 'string') throw new OptionError(option, given, right)
  return given
}
