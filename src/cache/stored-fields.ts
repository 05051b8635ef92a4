import { isText, latin1 } from '../http/chars.ts'
import { dropNominated, isField, nominated } from '../http/hop-by-hop.ts'
import * as kind from '../http/response-kind.ts'
import { SharedText } from '../http/shared-text.ts'

const shared = new SharedText()

/**
 * The fields of a response that are stored, as a flat array, from the raw list of the upstream's: case, order and duplicates
 * kept. Without what is for one connection alone, what Connection nominates, Proxy-* fields (RFC 9111 3.1), and Age, which is
 * counted anew.
 */
export function storedFields(raw: readonly (Buffer | string)[]): string[] {
  const fields: string[] = []
  let names: Set<string> | undefined
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const known = kind.fieldName(raw[i] as Buffer | string)
    const { name } = known
    if (known.kind === kind.ours || known.kind === kind.transferEncoding || known.kind === kind.trailer) continue
    const rawValue = raw[i + 1] as Buffer | string
    const value = typeof rawValue === 'string' ? rawValue : latin1(rawValue)
    if (known.kind === kind.connection) {
      const more = nominated(value)
      if (more !== undefined) names = names === undefined ? more : names.union(more)
      continue
    }
    if ((name.length === 3 && isField(name, 'age')) || !isText(value)) continue
    fields.push(name, shared.of(value))
  }
  if (names !== undefined) dropNominated(fields, 0, names)
  return fields
}
