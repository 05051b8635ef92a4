import { OptionError } from '../../contract/options.ts'

/** They frame the message, or have an option of their own. */
const ours: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

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
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) {
      throw new OptionError(where, undefined, 'a field name is a token: letters, digits and some marks, without spaces')
    }
    if (ours.has(name.toLowerCase())) {
      const better = name.toLowerCase() === 'host' ? "use the option 'host'" : 'the check writes this field itself'
      throw new OptionError(where, undefined, better)
    }
    if (typeof value !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value) || value !== value.trim()) {
      throw new OptionError(where, undefined, 'give text of one line, without spaces around it')
    }
    return [name, value]
  })
}
