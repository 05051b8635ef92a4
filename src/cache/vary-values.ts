import { isField } from '../http/hop-by-hop.ts'
import { normalEncoding, normalLanguage } from './vary-preferences.ts'

/**
 * The value of a request field that is not there. No field that is there has it: values are trimmed. RFC 9111 4.1: absent
 * matches absent alone.
 */
export const absent = ' '

/**
 * The value of a request field, lines joined, in a form in which what means the same is the same (RFC 9111 4.1). `absent`
 * when it is not there, and for an Accept-Encoding that cannot be read: else any client could get around what is stored
 * with one (CVE-2024-35296).
 * @param name in lower case
 */
export function normalValue(name: string, fields: readonly string[]): string {
  const value = joinedValue(name, fields)
  if (value === undefined) return absent
  switch (name) {
    case 'accept-encoding':
      return normalEncoding(value) ?? absent
    case 'accept-language':
    case 'accept-charset':
      // A space before it: what cannot be read must not look like what has been.
      return normalLanguage(value) ?? ` ${value}`
    case 'accept':
      return normalAccept(value)
    default:
      return exact.has(name) ? value : closedUp(value)
  }
}

/** Every line of a field, trimmed and joined by a comma; undefined when there is none. `name` in lower case. */
export function joinedValue(name: string, fields: readonly string[]): string | undefined {
  let value: string | undefined
  for (let i = 0; i < fields.length; i += 2) {
    const field = fields[i] as string
    if (field.length !== name.length || !isField(field, name)) continue
    const line = (fields[i + 1] as string).trim()
    // An empty line counts: there are origins that take the last one for the value.
    value = value === undefined ? line : `${value}, ${line}`
  }
  return value
}

/** Fields that are no lists: a space more is another value. */
const exact: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'from',
  'host',
  'origin',
  'referer',
  'user-agent',
  'x-forwarded-host',
])

/** Without the spaces around commas. Where text is quoted all is left alone: a comma in it separates nothing. */
function closedUp(value: string): string {
  if (!value.includes(',') || value.includes('"')) return value
  return value.split(',').map(trimmed).join(',')
}

const trimmed = (text: string): string => text.trim()

/** Media ranges without case and spaces; their parameters keep both where they are quoted, and their case always. */
function normalAccept(value: string): string {
  if (value.includes('"')) return value
  return value.split(',').map(normalRange).join(',')
}

function normalRange(range: string): string {
  const [type = '', ...parameters] = range.split(';').map(trimmed)
  return [type.toLowerCase(), ...parameters].join(';')
}
