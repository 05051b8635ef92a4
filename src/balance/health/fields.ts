import { OptionError } from '../../contract/options.ts'
import { isText, isToken } from '../../http/chars.ts'
import { framing } from '../../http/field-rules.ts'

/**
 * The fields of a check as a flat array. Values are never told in an error: they may be secrets.
 * @throws OptionError for what is no field (RFC 9110 5.1, 5.5), and for fields that frame the message
 */
export function readCheckFields(option: string, given: Readonly<Record<string, string>> | undefined): string[] {
  if (given === undefined) return []
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OptionError(option, given, "give names and values, such as { accept: 'text/plain' }")
  }
  return Object.entries(given).flatMap(([name, value]) => {
    const where = `${option}.${name}`
    if (!isToken(name)) {
      throw new OptionError(where, undefined, 'a field name is a token: letters, digits and some marks, without spaces')
    }
    const lower = name.toLowerCase()
    // A check has no content.
    if (framing.has(lower) || lower === 'content-type') {
      const better = lower === 'host' ? "use the option 'host'" : 'the check writes this field itself'
      throw new OptionError(where, undefined, better)
    }
    if (typeof value !== 'string' || !isText(value) || value !== value.trim()) {
      throw new OptionError(where, undefined, 'give text of one line, without spaces around it')
    }
    return [name, value]
  })
}

/** Is this field among them? `name` in lower case. */
export function hasField(fields: readonly string[], name: string): boolean {
  return fields.some((one, i) => i % 2 === 0 && one.toLowerCase() === name)
}
