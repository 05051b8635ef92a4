import { OptionError } from '../../contract/options.ts'
import { isText } from '../../http/chars.ts'

export type Scheme = 'basic' | 'bearer'

/** Proxy-Authenticate fields, one line a scheme (RFC 9110 11.7.1): name, value, name, value. */
export function challengeFields(schemes: readonly Scheme[], realm: string): readonly string[] {
  const quoted = `"${realm.replace(/["\\]/g, '\\$&')}"`
  return Object.freeze(
    schemes.flatMap((scheme) => [
      'Proxy-Authenticate',
      // RFC 7617 2.1: what we read is UTF-8.
      scheme === 'basic' ? `Basic realm=${quoted}, charset="UTF-8"` : `Bearer realm=${quoted}`,
    ]),
  )
}

/** Checks what stands between the quotes of a realm. */
export function readRealm(option: string, given: string | undefined): string {
  if (given === undefined) return 'proxy'
  if (typeof given === 'string' && given !== '' && given.length <= 200 && isText(given)) return given
  throw new OptionError(option, given, 'give up to 200 characters without control characters')
}
